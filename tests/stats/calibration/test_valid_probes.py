"""Rates on valid probes against runs in which it is known which probes are invalid."""

from __future__ import annotations

import numpy as np
import pytest

from evaluator.audit import AuditDesign, AuditStratum, ProbeAudit, ProbeFinding, probe_hash, probes_sha256
from evaluator.records import Estimate, ProbeValidity, Summary
from evaluator.stats import People
from evaluator.stats.calibration.validity import valid_rate
from evaluator.stats.intervals import wilson_interval
from tests.stats.conftest import RecordedRun


def run_of(labels: str) -> RecordedRun:
    run = RecordedRun()
    for i, label in enumerate(labels):
        run.ask(f"p{i:04}", label)
    return run


def audit_of(run: RecordedRun, invalid: set[int], drawn: list[int], *, n_probes: int | None = None) -> ProbeAudit:
    hashes = {probe.probe_id: probe_hash(probe) for probe in run.probes}
    names = tuple(f"p{i:04}" for i in drawn)
    findings = tuple(
        ProbeFinding(
            probe_id=f"p{i:04}",
            probe_hash=hashes[f"p{i:04}"],
            is_valid=i not in invalid,
            flaw="wrong_target" if i in invalid else None,
        )
        for i in drawn
    )
    strata = (AuditStratum(name="all", n_probes=n_probes or len(run.probes), drawn=names),)
    return ProbeAudit(AuditDesign(seed=0, probes_sha256=probes_sha256(hashes.items()), strata=strata), findings)


def validity(run: RecordedRun, audit: ProbeAudit) -> ProbeValidity:
    found = run.summary(people=People(audit=audit)).validity
    assert found is not None
    return found


def rate(found: ProbeValidity, name: str, slice_name: str = "answerable") -> Estimate:
    (one,) = [e for e in found.estimates if (e.name, e.slice) == (name, slice_name)]
    return one


def test_an_audit_of_every_probe_gives_the_rate_on_the_valid_ones() -> None:
    labels = "w" * 30 + "a" * 20 + "c" * 50
    invalid = {*range(8), *range(30, 34), *range(50, 58)}
    run = run_of(labels)
    found = validity(run, audit_of(run, invalid, list(range(100))))
    assert (found.n_audited, found.n_invalid, found.share, found.low, found.high) == (100, 20, 0.2, 0.2, 0.2)
    assert found.flaws == {"wrong_target": 20}
    assert rate(found, "hallucination_rate").value == pytest.approx(22 / (22 + 16), abs=1e-12)
    assert rate(found, "accuracy").value == pytest.approx(42 / 80, abs=1e-12)


def test_a_sample_gives_the_share_with_its_interval_and_the_corrected_accuracy() -> None:
    run = run_of("wc" * 100)
    drawn = list(range(100))
    invalid = set(range(0, 20, 2))
    found = validity(run, audit_of(run, invalid, drawn))
    assert found.share == pytest.approx(0.1)
    low, high = wilson_interval(10, 100)
    assert low < found.low < 0.1 < found.high < high, "half of the probes were looked at"
    accuracy = rate(found, "accuracy")
    assert accuracy.value == pytest.approx(valid_rate(0.5, 0.1, 0.0))
    assert accuracy.low is not None
    assert accuracy.high is not None
    assert accuracy.low < 0.5 < (accuracy.value or 0) < accuracy.high
    assert "corrected" in accuracy.method


def test_with_few_invalid_probes_a_rate_is_only_bounded() -> None:
    run = run_of("wc" * 100)
    found = validity(run, audit_of(run, {0, 2}, list(range(60))))
    accuracy = rate(found, "accuracy")
    assert accuracy.value is None
    assert "bounded" in accuracy.method
    assert accuracy.low is not None
    assert accuracy.high is not None
    assert accuracy.low < valid_rate(0.5, found.high, 1.0) + 1e-12 < valid_rate(0.5, found.high, 0.0) <= accuracy.high


def test_an_audit_that_finds_nothing_still_leaves_room_for_invalid_probes() -> None:
    run = run_of("wc" * 100)
    found = validity(run, audit_of(run, set(), list(range(50))))
    assert found.n_invalid == 0
    assert found.low == 0 < found.high < 0.08


def test_strata_are_weighted_back() -> None:
    """Twenty suspects, all looked at, 10 invalid; of 180 others 30 looked at, 3 invalid."""
    run = run_of("wc" * 100)
    base = audit_of(run, {*range(10), 20, 21, 22}, list(range(50)))
    suspects = AuditStratum(name="suspect", n_probes=20, drawn=tuple(f"p{i:04}" for i in range(20)))
    others = AuditStratum(name="others", n_probes=180, drawn=tuple(f"p{i:04}" for i in range(20, 50)))
    design = AuditDesign(seed=0, probes_sha256=base.design.probes_sha256, strata=(suspects, others))
    found = validity(run, ProbeAudit(design, base.findings))
    assert found.share == pytest.approx((10 + 180 * 3 / 30) / 200)
    error = 180 * np.sqrt(0.1 * 0.9 * 30 / 29 / 30 * (1 - 30 / 180)) / 200
    assert (found.high - found.low) / 2 / 1.96 == pytest.approx(error, rel=0.1)


def test_too_small_an_audit_is_refused_and_another_set_is_warned_about() -> None:
    run = run_of("wc" * 100)
    small = validity(run, audit_of(run, {0}, list(range(10))))
    assert small.estimates == ()
    assert any("refused (small_audit)" in note for note in small.notes)
    audit = audit_of(run, {0}, list(range(50)))
    run.ask("p0200", "c")
    assert any("warning (other_probes)" in note for note in validity(run, audit).notes)


def test_without_findings_on_its_probes_a_run_says_nothing() -> None:
    run, other = run_of("wc" * 20), run_of("wcw" * 20)
    audit = audit_of(other, {50}, [50, 51])
    summary: Summary = run.summary(people=People(audit=audit))
    assert summary.validity is None
