"""The probe sets that are shipped keep what they promise."""

from __future__ import annotations

from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from evaluator.graders import default_grader
from evaluator.probeset import ProbeSet, check_probe_set, leak_auroc, read_probe_set, stats_of
from evaluator.probeset.check import MAX_LEAK_AUROC
from evaluator.records import REASONS, Probe, Response

PROBES = Path(__file__).resolve().parent.parent.parent / "probes"
SHIPPED = sorted(path.parent for path in PROBES.glob("*/probes.jsonl"))


@pytest.fixture(scope="module")
def core() -> ProbeSet:
    return read_probe_set(PROBES / "core")


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_a_shipped_set_has_no_errors(path: Path) -> None:
    # Today's date on purpose: a probe that has expired must be looked at before the next release.
    check = check_probe_set(read_probe_set(path), today=date.today())  # noqa: DTZ011
    assert [finding for finding in check.findings if finding.severity == "error"] == []


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_a_shipped_set_says_who_made_it_and_on_what_terms(path: Path) -> None:
    meta = read_probe_set(path).meta
    assert meta is not None
    assert meta.version
    assert meta.licence
    assert meta.canary
    assert meta.authors


def test_core_is_large_and_wide_enough(core: ProbeSet) -> None:
    stats = stats_of(core)
    assert stats.n_probes >= 600
    assert stats.n_twin_pairs >= 250
    assert len(stats.topics) >= 12
    assert {"health", "law", "finance", "software", "science", "history", "geography", "culture"} <= set(stats.topics)


def test_the_reasons_and_topics_of_core_are_balanced(core: ProbeSet) -> None:
    reasons = Counter(probe.unanswerable for probe in core.probes if probe.unanswerable)
    assert set(reasons) == set(REASONS)
    assert max(reasons.values()) - min(reasons.values()) <= 4
    topics = Counter(probe.topic for probe in core.probes)
    assert max(topics.values()) <= 1.5 * min(topics.values())


def test_every_probe_of_core_states_one_difficulty(core: ProbeSet) -> None:
    tags = {probe.probe_id: [tag for tag in probe.tags if tag.startswith("difficulty:")] for probe in core.probes}
    assert {name: found for name, found in tags.items() if len(found) != 1} == {}
    spread = Counter(found[0] for found in tags.values())
    assert set(spread) == {f"difficulty:{level}" for level in ("common", "medium", "long-tail")}
    assert min(spread.values()) >= 100


def test_every_probe_of_core_can_be_audited(core: ProbeSet) -> None:
    assert [probe.probe_id for probe in core.probes if not (probe.source or "").strip()] == []
    unexplained = [p.probe_id for p in core.probes if not p.is_answerable and not (p.why or "").strip()]
    assert unexplained == []


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_the_wording_of_a_shipped_set_does_not_give_answerability_away(path: Path) -> None:
    leak = leak_auroc(read_probe_set(path).probes)
    assert leak.auroc is not None
    assert leak.auroc <= MAX_LEAK_AUROC, leak


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_the_grader_agrees_with_the_targets_of_a_shipped_set(path: Path) -> None:
    probes = [probe for probe in read_probe_set(path).probes if probe.is_answerable]
    said = [(p, text, "correct") for p in probes if p.match != "regex" for text in p.targets]
    said += [(p, text, "wrong") for p in probes for text in p.distractors]
    said += [(p, "I don't know.", "abstained") for p in probes]
    graded = [(p.probe_id, text, label, _label(p, text)) for p, text, label in said]
    assert [case for case in graded if case[2] != case[3]] == []


def _label(probe: Probe, text: str) -> str | None:
    fields = {"request_id": "r", "probe_id": probe.probe_id, "model": "m", "prompt": "none", "repeat": 0}
    return default_grader().grade(probe, Response(**fields, outcome="answered", text=text)).label  # type: ignore[arg-type]
