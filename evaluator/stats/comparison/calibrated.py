"""Differences of rates that are corrected with labels: each model by its own, covariance from shared probes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import msgspec
import numpy as np

from evaluator.comparison import Difference, Side
from evaluator.records import Estimate, ModelResult
from evaluator.stats.calibration.estimates import Slice, calibrated_estimate
from evaluator.stats.calibration.influence import RATES, influence_values
from evaluator.stats.calibration.items import GradedItems
from evaluator.stats.calibration.poststratified import Calibrated, label_variances, poststratify
from evaluator.stats.calibration.run import RunCalibration
from evaluator.stats.clusters import Floats
from evaluator.stats.comparison.difference import Influence, influence_difference
from evaluator.stats.comparison.pairing import Couple, Ground
from evaluator.stats.comparison.power import difference_of_error
from evaluator.stats.comparison.testing import NO_TEST, Question, Settings
from evaluator.stats.estimates import NO_INTERVAL, Ints, Scope
from evaluator.stats.metrics import Metric

METHOD = "post-stratified by verdict on both sides, Student t over clusters"


@dataclass(frozen=True, slots=True, eq=False)
class CalibratedRun:
    """The graded responses of a run with their labels, and its probes in the order they refer to."""

    calibration: RunCalibration
    probe_ids: tuple[str, ...]

    def items(self, result: ModelResult, ground: Ground) -> GradedItems | None:
        """The responses of one result to the probes of the ground, whose positions and clusters they get."""
        own = self.calibration.items.get((result.model, result.prompt))
        if own is None:
            return None
        place = {name: i for i, name in enumerate(ground.probe_ids)}
        positions = np.array([place.get(name, -1) for name in self.probe_ids], dtype=np.int64)[own.probes]
        shared = positions >= 0
        kept, found = own.where(shared), positions[shared]
        return GradedItems(kept.cells, kept.truths, ground.clusters[found], found)


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    """One side of a difference: its items on the probes that count, and the estimate from them."""

    items: GradedItems
    estimate: Estimate
    found: Calibrated | None


def calibrated_difference(
    couple: Couple, question: Question, ground: Ground, runs: tuple[CalibratedRun, CalibratedRun], settings: Settings
) -> Difference:
    """Compare two models by one metric, each corrected with the labels of its own answers.

    The influence value of a response carries its verdict's expectation and, where it is labelled, the
    correction; the variance of the difference sums phi_A - phi_B over the clusters of shared probes.

    Args:
        couple: Who is compared.
        question: The metric and slice.
        ground: The probes that both runs share.
        runs: The labelled answers of both.
        settings: How to test.

    Returns:
        The difference A - B; without values and with the reason where one of the two is refused.

    Source:
        Chen et al. (2026), arXiv:2601.05420, for the influence values; Miller (2024), arXiv:2411.00640,
        for paired, clustered differences.
    """
    sides = [
        _in_slice(run.items(result, ground), ground, question.slice)
        for run, result in zip(runs, (couple.a, couple.b), strict=True)
    ]
    n_members = len(ground.slices[question.slice])
    paired = np.intersect1d(sides[0].probes, sides[1].probes)
    parts = [
        _part(side.where(np.isin(side.probes, paired)), run, question, settings, result)
        for side, run, result in zip(sides, runs, (couple.a, couple.b), strict=True)
    ]
    blank = _blank(couple, question, parts, n_paired=len(paired), n_left_out=n_members - len(paired))
    if any(part.found is None for part in parts):
        return blank
    return _tested(blank, question.metric, parts, settings)


def own_calibrated_value(
    run: CalibratedRun, result: ModelResult, question: Question, ground: Ground
) -> tuple[float | None, int]:
    """Corrected value of one model on every probe of the slice it was graded on, and how many these are."""
    items = _in_slice(run.items(result, ground), ground, question.slice)
    part = _part(items, run, question, Settings(), result)
    return part.estimate.value, len(np.unique(items.probes))


def _in_slice(items: GradedItems | None, ground: Ground, slice_name: str) -> GradedItems:
    if items is None:
        nothing = np.zeros(0, dtype=np.int64)
        return GradedItems(nothing, nothing, nothing, nothing)
    return items.where(np.isin(items.probes, ground.slices[slice_name]))


def _part(items: GradedItems, run: CalibratedRun, question: Question, settings: Settings, result: ModelResult) -> _Part:
    scope = Scope(slice=question.slice, model=result.model, prompt=result.prompt, level=settings.level)
    known, limits = run.calibration.conditions, run.calibration.limits
    # Of one model no range is too wide to be compared; the difference has an interval of its own.
    free = msgspec.structs.replace(limits, max_width=1.0)
    estimate = calibrated_estimate(question.metric, Slice(items=items, scope=scope), known=known, limits=free)
    found = None
    if estimate.value is not None and run.calibration.is_usable:
        found = poststratify(items, RATES[question.metric.name], level=settings.level)
    return _Part(items, estimate, found)


def _influence(part: _Part, metric: Metric) -> tuple[Influence, float]:
    """Influence values of a side, and the variance that thin cells add to theirs."""
    ratio, found = RATES[metric.name], part.found
    counted = part.items.where(ratio.cells[part.items.cells] > 0)
    if found is None:
        return Influence(value=0.0, phi=np.zeros(0), clusters=counted.clusters), 0.0
    phi: Floats = influence_values(counted, found.table, ratio.gradient(found.shares))
    added = float((found.label_variances - label_variances(found.table, found.spreads)).sum())
    clusters: Ints = counted.clusters
    return Influence(value=found.value, phi=phi, clusters=clusters), max(added, 0.0)


def _tested(blank: Difference, metric: Metric, parts: Sequence[_Part], settings: Settings) -> Difference:
    (a, added_a), (b, added_b) = (_influence(part, metric) for part in parts)
    limit = metric.high - metric.low
    found = influence_difference(a, b, level=settings.level, limit=limit, extra_variance=added_a + added_b)
    error = found.standard_error
    return msgspec.structs.replace(
        blank,
        difference=found.value,
        low=found.low,
        high=found.high,
        p_value=found.p_value,
        method=METHOD if found.low is not None else NO_INTERVAL,
        test=found.test,
        n_clusters=found.n_clusters,
        mde=difference_of_error(error, level=settings.level, power=settings.power) if error else None,
    )


def _blank(couple: Couple, question: Question, parts: Sequence[_Part], *, n_paired: int, n_left_out: int) -> Difference:
    sides = [
        Side(
            run_id=run.run_id,
            model=result.model,
            prompt=result.prompt,
            numerator=part.estimate.numerator,
            denominator=part.estimate.denominator,
            value=part.estimate.value,
        )
        for run, result, part in (
            (couple.run_a, couple.a, parts[0]),
            (couple.run_b, couple.b, parts[1]),
        )
    ]
    return Difference(
        metric=question.metric.name,
        definition=question.metric.definition,
        slice=question.slice,
        better=question.metric.better,
        a=sides[0],
        b=sides[1],
        difference=None,
        low=None,
        high=None,
        p_value=None,
        p_adjusted=None,
        method=NO_INTERVAL,
        test=NO_TEST,
        n=n_paired,
        n_clusters=min(part.estimate.n_clusters for part in parts),
        only_a=None,
        only_b=None,
        mde=None,
        n_left_out=n_left_out,
        notes=tuple(dict.fromkeys(_notes(parts))),
        calibrated=True,
    )


def _notes(parts: Sequence[_Part]) -> Iterator[str]:
    for name, part in zip("AB", parts, strict=True):
        for note in part.estimate.notes:
            yield f"{name}: {note}"
        if part.estimate.value is not None and part.found is None:
            yield f"{name}: refused: the labels of its run may not be used"
