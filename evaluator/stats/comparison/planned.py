"""Planning a comparison: from an earlier run, or from assumptions, to what can be detected."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from evaluator.detection import Detection, DetectionNeed
from evaluator.records import ModelResult, Probe, Summary
from evaluator.stats.clusters import Floats
from evaluator.stats.comparison.pairing import Ground, Measured, common_ground
from evaluator.stats.comparison.power import POWER, Spread, design_effect, detectable_difference, probes_needed
from evaluator.stats.comparison.scores import label_means
from evaluator.stats.intervals import normal_quantile
from evaluator.stats.metrics import METRICS, Metric
from evaluator.stats.slices import cluster_codes, slice_members

REPEATS = (1, 2, 3, 5, 10)
LABELS = 150
"""Labels of each model that the plan takes when nobody says how many: the recommended set."""
LABELS_PART = 0.25
"""Share of the variance that is left to the labels when their number is chosen."""
ASSUMED_CORRELATION = 0.3
"""Of differences within a cluster of probes, before anybody was asked."""
ASSUMED_LABEL_SPREAD = 0.16
"""Of one model with half of the answers right and a grader right in 9 of 10 of each verdict; see `label_variance`."""
_MOST_PROBES = 10_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is to be planned."""

    metric: Metric
    slice: str
    difference: float | None = None
    n_labels: int = LABELS
    level: float = 0.95
    power: float = POWER


@dataclass(frozen=True, slots=True)
class Observed:
    """The spread of a comparison, as it was observed or is assumed; for one answer per probe and one label."""

    spread: Spread
    label_spread: float
    like: str | None
    assumptions: tuple[str, ...]


def wish_for(metric: str, slice_name: str | None, **fields: float | None) -> Wish:
    """Name what is to be planned.

    Raises:
        ValueError: If the metric is unknown, is not a rate, or is not defined on the slice.
    """
    rates = {each.name: each for each in METRICS if (each.low, each.high) == (0, 1) and not each.needs_both_kinds}
    if metric not in rates:
        msg = f"--metric: need one of {', '.join(rates)}, got {metric[:80]!a}"
        raise ValueError(msg)
    chosen = slice_name or rates[metric].slices[0]
    if not rates[metric].covers(chosen):
        msg = f"--slice: {metric} is defined on {', '.join(rates[metric].slices)}, got {chosen[:80]!a}"
        raise ValueError(msg)
    return Wish(metric=rates[metric], slice=chosen, **fields)  # type: ignore[arg-type]


def detection(probes: Sequence[Probe], repeats: int, wish: Wish, observed: Observed) -> Detection:
    """Say what a plan can detect, and what the wanted difference would take.

    Args:
        probes: Of the plan.
        repeats: Of the plan.
        wish: Metric, slice, and the difference that is wanted.
        observed: The spread of the comparison.

    Raises:
        ValueError: If the plan has no probe of the slice, or the difference is not above 0.

    Source:
        Miller (2024), arXiv:2411.00640, section 5.
    """
    members = slice_members(sorted(probes, key=lambda probe: probe.probe_id)).get(wish.slice, ())
    if not len(members):
        msg = f"need probes in the slice {wish.slice}, got none"
        raise ValueError(msg)
    spread = replace(observed.spread, repeats_a=repeats, repeats_b=repeats)
    with_labels = replace(spread, label_variance=observed.label_spread / wish.n_labels)
    n, options = len(members), {"level": wish.level, "power": wish.power}
    return Detection(
        metric=wish.metric.name,
        slice=wish.slice,
        level=wish.level,
        power=wish.power,
        like=observed.like,
        n_probes=n,
        repeats=repeats,
        detectable=detectable_difference(n, spread, **options),
        n_labels=wish.n_labels,
        detectable_calibrated=detectable_difference(n, with_labels, **options),
        wanted=wish.difference,
        needs=tuple(_needs(wish, observed, repeats)) if wish.difference is not None else (),
        omega2=spread.omega2,
        sigma2=spread.sigma2_a + spread.sigma2_b,
        design_effect=spread.design_effect,
        label_spread=observed.label_spread,
        assumptions=observed.assumptions,
    )


def _needs(wish: Wish, observed: Observed, repeats: int) -> Iterable[DetectionNeed]:
    wanted, options = wish.difference or 0.0, {"level": wish.level, "power": wish.power}
    # The variance that the wanted difference allows.
    allowed = (wanted / detectable_difference(1, Spread(omega2=1.0), **options)) ** 2
    n_labels = max(1, math.ceil(observed.label_spread / (LABELS_PART * allowed))) if observed.label_spread else 0
    has_noise = observed.spread.sigma2_a + observed.spread.sigma2_b > 0
    for k in sorted({repeats, *REPEATS}) if has_noise else (repeats,):
        spread = replace(observed.spread, repeats_a=k, repeats_b=k)
        labelled = replace(spread, label_variance=observed.label_spread / n_labels if n_labels else 0.0)
        yield DetectionNeed(
            repeats=k,
            n_probes=_bounded(probes_needed(wanted, spread, **options)),
            n_probes_calibrated=_bounded(probes_needed(wanted, labelled, **options)),
            n_labels=n_labels or None,
        )


def _bounded(n: int | None) -> int | None:
    return n if n is not None and n <= _MOST_PROBES else None


def assumed(probes: Sequence[Probe], wish: Wish) -> Observed:
    """The spread before anybody was asked: the least favourable that is likely.

    Args:
        probes: Of the plan; their clusters count.
        wish: What is planned.
    """
    codes = cluster_codes(sorted(probes, key=lambda probe: probe.probe_id))
    effect = design_effect(np.bincount(codes).tolist(), ASSUMED_CORRELATION)
    # Of a ratio W / (W + A) with half of the probes in the denominator: H(1 - H) / D.
    per_model = 0.25 / (0.5 if wish.metric.denominator.answerable[0] == 0 else 1.0)
    assumptions = (
        "no earlier run was named: each model is taken to be right on half of the probes and wrong on half of the "
        "rest, models to fail independently of each other and answers to vary as much as they can",
        f"within a cluster of probes differences are taken to correlate by {ASSUMED_CORRELATION:g}",
        "the grader is taken to be right in 9 of 10 of each verdict; an earlier run says it better: --like RUN",
    )
    spread = Spread(omega2=2 * per_model, design_effect=effect)
    return Observed(spread, 2 * ASSUMED_LABEL_SPREAD, None, assumptions)


def observed_in(run: Measured, wish: Wish) -> Observed:
    """The spread of an earlier run: of its two models that are hardest to compare, or of its only one.

    Args:
        run: With its probes.
        wish: What is planned.

    Raises:
        ValueError: If fewer than two clusters of its probes say anything about the metric.
    """
    ground = common_ground(run, run)
    sides = [one for one in (_Side.of(result, wish, ground) for result in run.summary.results) if one is not None]
    if not sides:
        msg = f"--like: run {run.run_id} says nothing of {wish.metric.name} on {wish.slice}"
        raise ValueError(msg)
    assumptions = []
    if len(sides) == 1:
        assumptions.append("the run has one model: the other is taken to be as uncertain, and independent of it")
        spread = _spread(sides[0], None)
    else:
        couples = list(combinations(sides[:20], 2))
        spread = max((_spread(a, b) for a, b in couples), key=lambda each: each.per_probe)
        if len(couples) > 1:
            assumptions.append(f"the spread of the two of its {len(sides)} models that are hardest to compare")
    if not spread.sigma2_a + spread.sigma2_b:
        assumptions.append("no probe was repeated: how much repeats would help is not known")
    label_spread, said = _label_spread(run.summary, wish)
    return Observed(spread, 2 * label_spread, run.run_id, (*assumptions, *said))


@dataclass(frozen=True, slots=True, eq=False)
class _Side:
    """What every probe moves the rate of one model by, shape (n_probes,); 0 where nothing was graded."""

    values: Floats
    clusters: Floats
    within: float
    """Mean variance of it between repeats of a probe."""
    repeats: float
    """Harmonic mean of the graded repeats of a probe."""

    @classmethod
    def of(cls, result: ModelResult, wish: Wish, ground: Ground) -> _Side | None:
        members = ground.slices.get(wish.slice)
        if members is None or len(np.unique(ground.clusters[members])) < 2:
            return None
        means = label_means(result, ground)[members]
        n_graded = np.array([sum(result.tallies.get(ground.probe_ids[i], (0,))[:3]) for i in members.tolist()])
        is_graded = n_graded > 0
        means = np.where(is_graded[:, None], means, 0.0)
        kinds = ground.is_answerable[members][:, None]
        sides = [
            np.where(kinds, np.array(weighting.answerable), np.array(weighting.unanswerable))
            for weighting in (wish.metric.numerator, wish.metric.denominator)
        ]
        numerators, denominators = ((means * side).sum(axis=1) for side in sides)
        total = float(denominators.sum())
        if total <= 0:
            return None
        rate, size = float(numerators.sum()) / total, total / int(is_graded.sum())
        worth = (sides[0] - rate * sides[1]) / size
        values = (means * worth).sum(axis=1)
        squares = (means * worth**2).sum(axis=1) - values**2
        is_repeated = n_graded >= 2
        k = n_graded[is_repeated]
        within = float((squares[is_repeated] * k / (k - 1)).mean()) if len(k) else 0.0
        repeats = 1 / float((1 / n_graded[is_graded]).mean())
        return cls(values, ground.clusters[members].astype(np.float64), within, repeats)


def _spread(a: _Side, b: _Side | None) -> Spread:
    moves = a.values if b is None else a.values - b.values
    n = len(moves)
    variance = float(moves.var(ddof=1)) * (2 if b is None else 1)
    other = a if b is None else b
    omega2 = max(0.0, variance - a.within / a.repeats - other.within / other.repeats)
    _, codes = np.unique(a.clusters, return_inverse=True)
    sums = np.bincount(codes, weights=moves - moves.mean())
    n_clusters = len(sums)
    clustered = n_clusters / (n_clusters - 1) * float((sums**2).sum())
    independent = n * float(moves.var(ddof=1))
    effect = max(1.0, clustered / independent) if independent > 0 else 1.0
    return Spread(omega2=omega2, sigma2_a=a.within, sigma2_b=other.within, design_effect=effect)


def _label_spread(summary: Summary, wish: Wish) -> tuple[float, tuple[str, ...]]:
    """Variance that one label of a model would leave, by the labels of the run; the largest of its models."""
    found = []
    for budget in summary.budgets:
        n_labels = sum(cell.n_labels for cell in budget.cells)
        if (budget.name, budget.slice) == (wish.metric.name, wish.slice) and budget.calibrated and n_labels:
            variance = (budget.half_width / normal_quantile(wish.level)) ** 2
            found.append(variance * budget.labels_share * n_labels)
    if found:
        return max(found), ()
    return ASSUMED_LABEL_SPREAD, ("the run has no labels: its grader is taken to be right in 9 of 10 of each verdict",)
