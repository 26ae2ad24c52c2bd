"""Calibrated estimates: a number with its interval and warnings, or the reason why there is none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from evaluator.records import Estimate
from evaluator.stats.calibration.conditions import (
    DEFAULT_THRESHOLDS,
    Condition,
    Thresholds,
    cluster_conditions,
    refusal,
    refusals,
    result_conditions,
    table_conditions,
    warning,
)
from evaluator.stats.calibration.donors import donor_conditions, transport_conditions
from evaluator.stats.calibration.influence import RATES, ShareRatio
from evaluator.stats.calibration.items import CellTable, GradedItems
from evaluator.stats.calibration.poststratified import Calibrated, poststratify
from evaluator.stats.calibration.transported import Confusion, Transported, transport
from evaluator.stats.estimates import NO_INTERVAL, Scope
from evaluator.stats.intervals import Interval
from evaluator.stats.metrics import Metric

POSTSTRATIFIED = "post-stratified by verdict"
TRANSPORTED = "transported: inverted confusion of other models' labels"


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """The graded responses an estimate is about."""

    items: GradedItems
    scope: Scope
    ungraded_share: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Result:
    n_labels: int
    n_clusters: int
    value: float | None = None
    interval: Interval | None = None
    method: str = NO_INTERVAL
    size: float = 0.0
    """Estimated responses in the denominator."""
    notes: tuple[str, ...] = ()


def calibrated_estimate(
    metric: Metric, data: Slice, *, known: Sequence[Condition] = (), limits: Thresholds = DEFAULT_THRESHOLDS
) -> Estimate:
    """Correct one rate with the labels of its own model.

    Args:
        metric: The definition.
        data: Responses of the slice, with the labels.
        known: Conditions of the whole run, to be repeated with the number.
        limits: When to refuse or warn.

    Returns:
        With value and interval, or with neither and the refusal among the notes.
    """
    ratio = RATES[metric.name]
    counted = data.items.where(ratio.cells[data.items.cells] > 0)
    if not len(counted):
        return _absent(metric, data, "undefined: no graded response")
    table = CellTable.of(counted)
    conditions = [*table_conditions(table, limits), *known, *_ungraded(data, limits)]
    conditions += cluster_conditions(table, counted.n_clusters, limits)
    if stop := refusals(conditions):
        return _absent(metric, data, stop[0].note, counted.n_labels, counted.n_clusters)
    found = poststratify(data.items, ratio, level=data.scope.level)
    if found is None:
        return _absent(metric, data, _why_undefined(ratio, data), counted.n_labels, counted.n_clusters)
    conditions += result_conditions(found, ratio, level=data.scope.level, limits=limits)
    if stop := refusals(conditions):
        return _absent(metric, data, stop[0].note, counted.n_labels, counted.n_clusters)
    return _estimate(metric, data, _of_labels(found, ratio), conditions)


def transported_estimate(
    metric: Metric, data: Slice, donors: Sequence[Confusion], *, limits: Thresholds = DEFAULT_THRESHOLDS
) -> Estimate:
    """Correct one rate with the labels of other models; always marked transported.

    Args:
        metric: The definition.
        data: Responses of the slice, which have no labels.
        donors: How the judge treated each labelled model.
        limits: When to refuse or warn.

    Returns:
        With value and interval; with value and, in the notes, a range when donors are few; or
        with neither and the refusal among the notes. `n_labels` counts the donors' labels.
    """
    ratio = RATES[metric.name]
    counted = data.items.where(ratio.cells[data.items.cells] > 0)
    n_labels = int(sum(donor.n_labels.sum() for donor in donors))
    if not len(counted):
        return _absent(metric, data, "undefined: no graded response")
    table, level = CellTable.of(counted), data.scope.level
    conditions = [*donor_conditions(donors, table, level=level, limits=limits), *_ungraded(data, limits)]
    conditions += cluster_conditions(table, counted.n_clusters, limits)
    if stop := refusals(conditions):
        return _absent(metric, data, stop[0].note, n_labels, counted.n_clusters)
    found = transport(data.items, donors, ratio, level=level, min_donors=limits.min_donors)
    if found is None:
        return _absent(metric, data, _why_undefined(ratio, data), n_labels, counted.n_clusters)
    conditions += transport_conditions(found, ratio, len(counted), limits)
    if stop := refusals(conditions):
        return _absent(metric, data, stop[0].note, n_labels, counted.n_clusters)
    return _estimate(metric, data, _of_donors(found, ratio, len(counted)), conditions)


def _of_labels(found: Calibrated, ratio: ShareRatio) -> _Result:
    return _Result(
        value=found.value,
        interval=found.interval,
        method=f"{POSTSTRATIFIED}, {found.method}",
        n_labels=found.n_labels,
        n_clusters=found.n_clusters,
        size=ratio.size(found.shares) * float(found.table.sizes.sum()),
    )


def _of_donors(found: Transported, ratio: ShareRatio, n_items: int) -> _Result:
    low, high = (_shown(end, ratio) for end in (min(found.by_donor), max(found.by_donor)))
    span = f"range over {len(found.by_donor)} labelled models: {low} to {high}"
    if len(found.by_donor) == 1:
        span = f"one labelled model alone gives {low}, and no range"
    return _Result(
        value=found.value,
        interval=found.interval,
        method=f"{TRANSPORTED}, {'Student t over models' if found.interval else 'range in the notes, no interval'}",
        n_labels=found.n_labels,
        n_clusters=found.n_clusters,
        size=ratio.size(found.shares) * n_items,
        notes=() if found.interval else (span,),
    )


def _shown(value: float, ratio: ShareRatio) -> str:
    return f"{value:.1%}" if ratio.limits == (0, 1) else f"{value:.3g}"


def _ungraded(data: Slice, limits: Thresholds) -> list[Condition]:
    if data.ungraded_share <= limits.ungraded_share:
        return []
    sentence = f"{data.ungraded_share:.1%} of the responses are ungraded and in no rate"
    return [warning("ungraded", sentence, "see the bounds of the raw rate")]


def _why_undefined(ratio: ShareRatio, data: Slice) -> str:
    if ratio.needs_both_kinds and not data.items.has_both_kinds:
        return "undefined: needs answerable and unanswerable probes"
    return refusal(
        "small_denominator", "by the labels no response counts in the denominator", "the rate is undefined"
    ).note


def _absent(metric: Metric, data: Slice, reason: str, n_labels: int = 0, n_clusters: int = 0) -> Estimate:
    return _estimate(metric, data, _Result(n_labels=n_labels, n_clusters=n_clusters, notes=(reason,)), ())


def _estimate(metric: Metric, data: Slice, found: _Result, conditions: Sequence[Condition]) -> Estimate:
    scope = data.scope
    low, high = found.interval or (None, None)
    return Estimate(
        name=metric.name,
        slice=scope.slice,
        model=scope.model,
        prompt=scope.prompt,
        definition=metric.definition,
        numerator=(found.value or 0.0) * found.size,
        denominator=found.size,
        value=found.value,
        low=low,
        high=high,
        level=scope.level,
        n=len(data.items),
        n_clusters=found.n_clusters,
        n_labels=found.n_labels,
        method=found.method,
        calibrated=True,
        notes=(*found.notes, *(condition.note for condition in conditions)),
    )
