"""Naming the statistics costs nothing until one is used."""

from __future__ import annotations

import subprocess
import sys

import pytest

from crm_analysis import stats


def test_parts_are_found():
    assert {getattr(stats, name).__name__.rpartition(".")[2] for name in stats.__all__} == set(stats.__all__)
    assert dir(stats) == sorted(stats.__all__)


def test_unknown_part():
    with pytest.raises(AttributeError, match="no attribute 'regression'"):
        _ = stats.regression


def test_import_does_not_load_statsmodels():
    code = "import sys, crm_analysis.stats; sys.exit('statsmodels' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
