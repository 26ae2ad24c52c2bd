"""Rates on valid probes: what an audited random sample of the probes says of every headline rate."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
import numpy.typing as npt

from evaluator.audit import ProbeAudit, probes_sha256
from evaluator.records import Estimate, ModelResult, ProbeValidity
from evaluator.stats.calibration.run import ProbeFacts
from evaluator.stats.calibration.validity import valid_rate
from evaluator.stats.clusters import Floats
from evaluator.stats.estimates import NO_INTERVAL, Ints
from evaluator.stats.intervals import Interval, effective_wilson_interval, wilson_interval
from evaluator.stats.metrics import METRICS, Metric

SLICES = ("all", "answerable", "unanswerable")
FEWEST_INVALID = 5
"""Invalid probes with graded answers from which the rate on invalid probes is taken; below, it may be anything."""
FEWEST_AUDITED = 20
CORRECTED = "valid probes only: corrected by an audit"
BOUNDED = "valid probes only: bounded by an audit"


@dataclass(frozen=True, slots=True, eq=False)
class _Sample:
    """The audited probes of the run; arrays of shape (m,)."""

    positions: Ints
    is_invalid: npt.NDArray[np.bool_]
    strata: Ints
    weights: Floats
    """N_h / m_h: how many probes each stands for."""
    left: Floats
    """1 - m_h / N_h: what is left of the sampling error in the probe's stratum."""

    def where(self, is_member: npt.NDArray[np.bool_]) -> _Sample:
        """The sampled probes that are in a slice, given for every probe of the run."""
        kept = is_member[self.positions]
        return _Sample(
            positions=self.positions[kept],
            is_invalid=self.is_invalid[kept],
            strata=self.strata[kept],
            weights=self.weights[kept],
            left=self.left[kept],
        )


def probe_validity(
    audit: ProbeAudit,
    hashes: Mapping[str, str],
    results: Sequence[ModelResult],
    facts: ProbeFacts,
    level: float = 0.95,
) -> ProbeValidity | None:
    """Say what an audit leaves of the headline rates.

    Args:
        audit: Findings of a random sample of the probes.
        hashes: `probe_hash` by probe_id, in the order of the probes' positions.
        results: With estimates and tallies.
        facts: About the probes.
        level: Target coverage, in (0, 1).

    Returns:
        None when no probe of the run was audited.
    """
    found = audit.invalid(dict(hashes))
    if not found:
        return None
    sample, notes = _sample(audit, hashes, found)
    share, limits = invalid_share(sample, level=level)
    is_refused = any(note.startswith("refused") for note in notes)
    estimates = () if is_refused else tuple(_estimates(sample, results, facts, level))
    last = {finding.probe_id: finding for finding in audit.findings}
    flaws = Counter(str(last[name].flaw or "other") for name, is_invalid in found.items() if is_invalid)
    return ProbeValidity(
        n_probes=len(hashes),
        n_audited=len(found),
        n_invalid=sum(found.values()),
        share=share,
        low=limits[0],
        high=limits[1],
        level=level,
        flaws={flaw: flaws[flaw] for flaw in sorted(flaws)},
        estimates=estimates,
        notes=tuple(notes),
    )


def invalid_share(sample: _Sample, *, level: float) -> tuple[float, Interval]:
    """Estimated share of invalid probes, and its interval.

    Wilson's with as many trials as an independent sample of the same error would have: strata and the
    share of the probes that was audited count.

    Source:
        Cochran (1977), Sampling Techniques, sections 5.3 and 6.11; Korn & Graubard (1998).
    """
    m = len(sample.positions)
    total = float(sample.weights.sum())
    share = float(sample.weights[sample.is_invalid].sum()) / total
    if not sample.left.any():
        return share, (share, share)
    variance = 0.0
    for stratum in np.unique(sample.strata).tolist():
        own = sample.strata == stratum
        if own.sum() >= 2:
            moved = sample.weights[own] * (sample.is_invalid[own] - share)
            variance += len(moved) * float(moved.var(ddof=1)) * float(sample.left[own][0])
    spread = share * (1 - share)
    kish = total**2 / float((sample.weights**2).sum()) / max(float(sample.left.mean()), 1e-9)
    n_effective = spread / (variance / total**2) if variance > 0 and spread > 0 else kish
    if math.isclose(n_effective, m, rel_tol=1e-9):
        return share, wilson_interval(round(share * m), m, level=level)
    return share, effective_wilson_interval(share, n_effective, level=level)


def _sample(audit: ProbeAudit, hashes: Mapping[str, str], found: Mapping[str, bool]) -> tuple[_Sample, list[str]]:
    place = {name: i for i, name in enumerate(hashes)}
    positions, invalid, strata, weights, left, notes = [], [], [], [], [], []
    for code, stratum in enumerate(audit.design.strata):
        known = [name for name in stratum.drawn if name in found]
        if stratum.n_probes and not known:
            notes.append(f"refused (no_findings): nothing found of stratum {stratum.name[:40]!a}: audit some of it")
        for name in known:
            positions.append(place[name])
            invalid.append(found[name])
            strata.append(code)
            weights.append(stratum.n_probes / len(known))
            left.append(1 - len(known) / stratum.n_probes)
    n_drawn = sum(len(stratum.drawn) for stratum in audit.design.strata)
    if len(found) < min(FEWEST_AUDITED, len(hashes)):
        notes.append(f"refused (small_audit): {FEWEST_AUDITED} audited probes needed, got {len(found)}")
    if len(found) < n_drawn:
        notes.append(f"warning (unfinished_audit): {len(found)} of {n_drawn} drawn probes have a finding that counts")
    if audit.design.probes_sha256 != probes_sha256(hashes.items()):
        notes.append(
            f"warning (other_probes): the audit was drawn from other {audit.design.n_probes} probes; those of its "
            "sample that were asked are taken as a random sample of all that were asked"
        )
    columns = (np.array(positions), np.array(invalid, dtype=np.bool_), np.array(strata))
    return _Sample(*columns, np.array(weights, dtype=np.float64), np.array(left, dtype=np.float64)), notes


def _estimates(sample: _Sample, results: Sequence[ModelResult], facts: ProbeFacts, level: float) -> Iterator[Estimate]:
    chosen = [metric for metric in METRICS if (metric.low, metric.high) == (0, 1) and metric.is_proportion]
    for result in results:
        tallies = np.array(list(result.tallies.values()), dtype=np.float64).reshape(-1, 4)[:, :3]
        for metric, name in product(chosen, SLICES):
            if metric.covers(name) and not metric.needs_both_kinds:
                base = _base(result, metric.name, name)
                if base is not None:
                    is_member = np.zeros(len(facts.is_answerable), dtype=np.bool_)
                    is_member[facts.slices[name]] = True
                    parts = _Parts.of(metric, tallies, facts.is_answerable)
                    yield _valid_estimate(base, sample.where(is_member), parts, is_member, level)


def _base(result: ModelResult, name: str, slice_name: str) -> Estimate | None:
    """The calibrated estimate where there is one with an interval, else the raw one."""
    known = [e for e in result.estimates if (e.name, e.slice) == (name, slice_name) and e.low is not None]
    return max(known, key=lambda e: e.calibrated, default=None)


@dataclass(frozen=True, slots=True, eq=False)
class _Parts:
    """What every probe adds to numerator and denominator, by its mean answer; shape (n_probes,)."""

    numerators: Floats
    denominators: Floats
    is_graded: npt.NDArray[np.bool_]

    @classmethod
    def of(cls, metric: Metric, tallies: Floats, is_answerable: npt.NDArray[np.bool_]) -> _Parts:
        totals = tallies.sum(axis=1)
        means = tallies / np.maximum(totals, 1)[:, None]
        sides = []
        for weighting in (metric.numerator, metric.denominator):
            known = (means * np.array(weighting.answerable)).sum(axis=1)
            unknown = (means * np.array(weighting.unanswerable)).sum(axis=1)
            sides.append(np.where(is_answerable, known, unknown))
        return cls(sides[0], sides[1], totals > 0)


def _valid_estimate(
    base: Estimate, sample: _Sample, parts: _Parts, is_member: npt.NDArray[np.bool_], level: float
) -> Estimate:
    """H_valid = (H - ρ·H_inv) / (1 - ρ), with ρ the share of the denominator that is on invalid probes."""
    note = f"from {'the calibrated' if base.calibrated else 'the raw'} rate"
    low, high = base.low or 0.0, 1.0 if base.high is None else base.high
    if not len(sample.positions) or base.value is None:
        return _replaced(base, None, None, NO_INTERVAL, (note, "no audited probe in this slice"))
    share, shares = invalid_share(sample, level=level)
    size = float(parts.denominators[is_member & parts.is_graded].mean())
    bad = sample.positions[sample.is_invalid & parts.is_graded[sample.positions]]
    hits, inside = float(parts.numerators[bad].sum()), float(parts.denominators[bad].sum())
    if len(bad) >= FEWEST_INVALID and inside >= FEWEST_INVALID:
        on_invalid, per_probe = hits / inside, inside / len(bad)
        ends = effective_wilson_interval(on_invalid, inside, level=level)
        rho = [min(r * per_probe / size, 1.0) for r in (share, *shares)]
        value = valid_rate(base.value, rho[0], on_invalid) if rho[0] < 1 else None
        method = CORRECTED
    else:
        # Nothing is known of the rate on invalid probes, nor of how often they reach the denominator.
        ends, value, method = (0.0, 1.0), None, BOUNDED
        rho = [min(r / size, 1.0) for r in (share, *shares)]
        note += f"; {len(bad)} invalid probes say too little of the rate on invalid ones: {FEWEST_INVALID} needed"
    if max(rho) >= 1:
        return _replaced(base, None, None, NO_INTERVAL, (note, "the audit allows that all that counts is invalid"))
    corners = [valid_rate(h, r, e) for h, r, e in product((low, high), rho[1:], ends)]
    return _replaced(base, value, (min(corners), max(corners)), method, (note,))


def _replaced(
    base: Estimate, value: float | None, limits: Interval | None, method: str, notes: tuple[str, ...]
) -> Estimate:
    known = {name: getattr(base, name) for name in base.__struct_fields__}
    low, high = limits or (None, None)
    changed = {"value": value, "low": low, "high": high, "method": method, "notes": notes}
    return Estimate(**{**known, **changed, "bound_low": None, "bound_high": None})
