"""A topic has one name in all shipped sets, so that a run over several of them has one row for it."""

from __future__ import annotations

from pathlib import Path

from evaluator.probeset import read_probe_set

SETS = Path(__file__).resolve().parents[2] / "probes"
TOPICS = {
    "culture",
    "everyday",
    "finance",
    "geography",
    "health",
    "history",
    "language",
    "law",
    "mathematics",
    "nature",
    "politics",
    "science",
    "software",
    "sport",
    "technology",
}


def test_topics_have_one_name_each() -> None:
    found = {probe.topic for folder in sorted(SETS.iterdir()) for probe in read_probe_set(folder).probes}
    assert found == TOPICS
