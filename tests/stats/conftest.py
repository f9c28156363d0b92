"""Numbers from outside the package."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import pytest

REFERENCE = Path(__file__).resolve().parents[1] / "reference" / "stats.json"


@pytest.fixture(scope="session")
def case():
    """Give a reference case by the beginning of its id: inputs, expected, tolerance."""
    cases = json.loads(REFERENCE.read_text(encoding="utf-8"))["cases"]

    def find(name: str) -> SimpleNamespace:
        (found,) = [entry for entry in cases if entry["id"].startswith(name)]
        return SimpleNamespace(**found)

    return find
