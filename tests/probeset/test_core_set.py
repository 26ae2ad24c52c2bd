"""The probe sets that are shipped keep what they promise."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from evaluator.probeset import ProbeSet, check_probe_set, leak_auroc, read_probe_set, stats_of
from evaluator.probeset.check import MAX_LEAK_AUROC
from evaluator.records import REASONS

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
    assert stats.n_probes >= 160
    assert stats.n_twin_pairs >= 60
    assert len(stats.topics) >= 10
    assert set(stats.reasons) == set(REASONS)


def test_every_probe_of_core_can_be_audited(core: ProbeSet) -> None:
    assert [probe.probe_id for probe in core.probes if not (probe.source or "").strip()] == []
    unexplained = [p.probe_id for p in core.probes if not p.is_answerable and not (p.why or "").strip()]
    assert unexplained == []


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_the_wording_of_a_shipped_set_does_not_give_answerability_away(path: Path) -> None:
    leak = leak_auroc(read_probe_set(path).probes)
    assert leak.auroc is not None
    assert leak.auroc <= MAX_LEAK_AUROC, leak
