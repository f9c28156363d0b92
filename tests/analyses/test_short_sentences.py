"""No sentence of the process KPIs and the open deals is longer than a reader takes in at once."""

from __future__ import annotations

import re
import shutil

import pytest
from tests.demo_company import demo_result, demo_view

import crm_analysis as crm

MOST_WORDS = 30


def longest(result):
    texts = [finding.sentence for finding in result.findings] + list(result.left_out)
    sentences = [one for text in texts for one in re.split(r"(?<=[.!?])\s+", text)]
    assert len(sentences) > 3
    return max(sentences, key=lambda one: len(one.split()))


@pytest.mark.parametrize("period", ["2024-03", "2025-06", "2026-10"])
def test_open_deals(period):
    sentence = longest(demo_result("open_deals", period))
    assert len(sentence.split()) <= MOST_WORDS, sentence


@pytest.mark.parametrize("period", ["2024-03", "2025-06", "2026-10"])
def test_process_kpis(period):
    sentence = longest(crm.process_kpis.analyze(demo_view(period)))
    assert len(sentence.split()) <= MOST_WORDS, sentence


def test_around_an_event():
    sentence = longest(demo_result("process_kpis"))
    assert len(sentence.split()) <= MOST_WORDS, sentence


@pytest.mark.parametrize(
    ("name", "period"), [("maven-crm", "2017-09"), ("maven-crm", "2017-12"), ("ringostat-deals", "2024-03")]
)
def test_real_sets(root, shared_data, tmp_path, name, period):
    for file in (*(shared_data / name).iterdir(), root / "examples" / name / "crm.toml"):
        shutil.copy(file, tmp_path)
    view = crm.load(tmp_path).view(period)
    for analysis in (crm.process_kpis, crm.open_deals):
        sentence = longest(analysis.analyze(view))
        assert len(sentence.split()) <= MOST_WORDS, sentence
