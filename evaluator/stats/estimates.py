"""From counted labels to an estimate: value, interval, bounds and what to know about them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np
import numpy.typing as npt

from evaluator.records import Estimate
from evaluator.stats.clusters import (
    Floats,
    denominator_variation,
    effective_trials,
    fieller_interval,
    ratio_standard_error,
)
from evaluator.stats.intervals import Interval, effective_wilson_interval, student_quantile, wilson_interval
from evaluator.stats.metrics import Metric

Ints = npt.NDArray[np.int64]

WILSON = "Wilson score"
CLUSTERED_WILSON = "Wilson score, effective n from clusters"
CLUSTERED_T = "Student t, linearised over clusters"
RESCALED_WILSON = "Wilson score, rescaled, n = clusters"
FIELLER = "Fieller over clusters"
NO_INTERVAL = "none"

FEW_CLUSTERS = 10
UNGRADED_SHARE_TO_NOTE = 0.01
DENOMINATOR_VARIATION_LIMIT = 0.1
ROUNDING = 1e-9
"""A standard error below this share of the range is a rounding error of zero."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What an estimate is about: slice, model, prompt and level."""

    slice: str
    model: str
    prompt: str
    level: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SliceCells:
    """Labels of one slice, summed per cluster."""

    cells: Floats
    """Shape (n_clusters, 6): correct, wrong, abstained on answerable, then on unanswerable probes."""
    ungraded: tuple[int, int]
    """Ungraded responses to answerable and to unanswerable probes."""

    @classmethod
    def from_tallies(cls, tallies: Ints, is_answerable: npt.NDArray[np.bool_], clusters: Ints) -> SliceCells:
        """Sum the tallies of a slice's probes.

        Args:
            tallies: Shape (n_probes, 4): correct, wrong, abstained, ungraded per probe.
            is_answerable: Shape (n_probes,).
            clusters: Cluster code per probe, shape (n_probes,).
        """
        _, code = np.unique(clusters, return_inverse=True)
        n_clusters = int(code.max()) + 1 if len(code) else 0
        columns = [
            np.bincount(code, weights=tallies[:, label] * kind, minlength=n_clusters)
            for kind in (is_answerable, ~is_answerable)
            for label in range(3)
        ]
        ungraded = tallies[:, 3]
        return cls(
            cells=np.column_stack(columns),
            ungraded=(int(ungraded[is_answerable].sum()), int(ungraded[~is_answerable].sum())),
        )

    @property
    def n_graded(self) -> int:
        """Graded responses of the slice."""
        return int(self.cells.sum())

    @property
    def ungraded_share(self) -> float:
        """Share of the planned responses that have no label."""
        n_ungraded = sum(self.ungraded)
        return n_ungraded / (n_ungraded + self.n_graded) if n_ungraded else 0.0

    @property
    def unanswerable_share(self) -> float:
        """Share of the graded responses that are to unanswerable probes."""
        return float(self.cells[:, 3:].sum()) / self.n_graded if self.n_graded else 0.0


def metric_estimate(metric: Metric, data: SliceCells, scope: Scope) -> Estimate:
    """Estimate one metric on one slice.

    Args:
        metric: The definition.
        data: The labels of the slice.
        scope: What the estimate is about.

    Returns:
        The estimate; value and interval are None when the denominator is zero, the interval
        alone is None when one cluster is all there is. `n_clusters` counts the clusters that
        reach the denominator.
    """
    weights, sizes = np.array(metric.numerator.flat), np.array(metric.denominator.flat)
    # Plain sums: those of BLAS may differ in the last digit with the number of threads.
    numerators, denominators = (data.cells * weights).sum(axis=1), (data.cells * sizes).sum(axis=1)
    # A cluster with nothing in the denominator says nothing about the ratio.
    used = denominators > 0
    numerators, denominators = numerators[used], denominators[used]
    numerator, denominator = float(numerators.sum()), float(denominators.sum())
    is_defined = denominator > 0 and not (metric.needs_both_kinds and data.unanswerable_share in {0, 1})
    interval, method = None, NO_INTERVAL
    if is_defined:
        n_trials = float(data.cells[:, sizes > 0].sum())
        interval, method = metric_interval(metric, numerators, denominators, n_trials=n_trials, level=scope.level)
    bounds = ungraded_bounds(metric, data) if sum(data.ungraded) else None
    return Estimate(
        name=metric.name,
        slice=scope.slice,
        model=scope.model,
        prompt=scope.prompt,
        definition=metric.definition,
        numerator=numerator,
        denominator=denominator,
        value=numerator / denominator if is_defined else None,
        low=interval[0] if interval else None,
        high=interval[1] if interval else None,
        level=scope.level,
        n=data.n_graded,
        n_clusters=len(denominators),
        n_labels=0,
        method=method,
        calibrated=False,
        notes=tuple(_notes(metric, data, n_clusters=len(denominators), is_defined=is_defined, method=method)),
        bound_low=bounds[0] if bounds else None,
        bound_high=bounds[1] if bounds else None,
    )


def metric_interval(
    metric: Metric, numerators: Floats, denominators: Floats, *, n_trials: float, level: float
) -> tuple[Interval | None, str]:
    """Choose and compute the interval of a ratio.

    A proportion whose responses are all their own cluster gets the plain Wilson interval. Other
    ratios within [0, 1] get Wilson with an effective n from the linearised standard error: it
    stays inside [0, 1] and, with few clusters whose denominators vary, holds the truth more
    often than Fieller's (0.94 to 0.98 against 0.92 to 0.98 in simulation). Scores on another
    scale use `score_interval`.

    Args:
        metric: The definition; its weights and range decide.
        numerators: Per cluster, shape (n_clusters,).
        denominators: Per cluster, all positive, shape (n_clusters,), n_clusters >= 1.
        n_trials: Graded responses that count in the denominator.
        level: Target coverage, in (0, 1).

    Returns:
        The interval, or None with fewer than two clusters, and the name of the method.

    Source:
        Wilson (1927); Korn & Graubard (1998) for the effective n; the choice follows Bowyer et
        al. (2025), arXiv:2503.01747: no normal approximation below a few hundred probes.
    """
    numerator, denominator = float(numerators.sum()), float(denominators.sum())
    if metric.is_proportion and float(denominators.max()) == 1:
        return wilson_interval(int(numerator), int(denominator), level=level), WILSON
    n_clusters = len(denominators)
    if n_clusters < 2:
        return None, NO_INTERVAL
    if (metric.low, metric.high) != (0, 1):
        return score_interval(numerators, denominators, limits=(metric.low, metric.high), level=level)
    value = numerator / denominator
    error = ratio_standard_error(numerators, denominators)
    n_eff = effective_trials(value, error, n_trials, n_clusters, level=level)
    return effective_wilson_interval(value, n_eff, level=level), CLUSTERED_WILSON


def score_interval(numerators: Floats, denominators: Floats, *, limits: Interval, level: float) -> tuple[Interval, str]:
    """Interval of a mean score on its own scale, clipped to what is possible.

    Student t from the linearised standard error; Fieller's set instead when the denominators
    vary by more than 10%; and, when all clusters score alike and the standard error is zero,
    a Wilson interval on the score rescaled to [0, 1] with one trial per cluster.

    Args:
        numerators: Per cluster, shape (n_clusters,), n_clusters >= 2.
        denominators: Per cluster, all positive, shape (n_clusters,).
        limits: Smallest and largest possible score.
        level: Target coverage, in (0, 1).

    Returns:
        The interval, never of width zero, and the name of the method.

    Source:
        Miller (2024), arXiv:2411.00640, for clustered means; Cochran (1977), section 6.5, for
        the 10% rule; Fieller (1954).

    >>> score_interval(np.array([1.0, -1, 1, 1]), np.ones(4), limits=(-1.0, 1.0), level=0.95)
    ((-1.0, 1.0), 'Student t, linearised over clusters')
    >>> score_interval(np.ones(20), np.ones(20), limits=(-1.0, 1.0), level=0.95)
    ((0.677..., 1.0), 'Wilson score, rescaled, n = clusters')
    """
    lowest, highest = limits
    value = float(numerators.sum()) / float(denominators.sum())
    n_clusters = len(denominators)
    error = ratio_standard_error(numerators, denominators)
    width = highest - lowest
    if error < ROUNDING * width:
        low, high = effective_wilson_interval((value - lowest) / width, n_clusters, level=level)
        return (lowest + low * width, lowest + high * width), RESCALED_WILSON
    half = student_quantile(level, n_clusters - 1) * error
    low, high, method = value - half, value + half, CLUSTERED_T
    if denominator_variation(denominators) > DENOMINATOR_VARIATION_LIMIT:
        found = fieller_interval(numerators, denominators, level=level)
        if found is not None:
            (low, high), method = found, FIELLER
    return (max(lowest, low), min(highest, high)), method


def ungraded_bounds(metric: Metric, data: SliceCells) -> Interval | None:
    """Smallest and largest value the metric would have had with nothing ungraded.

    A ratio of linear counts is extreme where all ungraded responses of one kind share one
    label, so those corners are all that is tried. An unanswerable probe has no correct answer.

    Returns:
        (low, high), or None when the metric is undefined at every corner.
    """
    weights, sizes = np.array(metric.numerator.flat), np.array(metric.denominator.flat)
    totals = data.cells.sum(axis=0)
    values = []
    for answerable_label, unanswerable_label in product((0, 1, 2), (4, 5)):
        corner = totals.copy()
        corner[answerable_label] += data.ungraded[0]
        corner[unanswerable_label] += data.ungraded[1]
        is_mixed = corner[:3].any() and corner[3:].any()
        if (size := float((corner * sizes).sum())) > 0 and (is_mixed or not metric.needs_both_kinds):
            values.append(float((corner * weights).sum()) / size)
    return (min(values), max(values)) if values else None


def _notes(metric: Metric, data: SliceCells, *, n_clusters: int, is_defined: bool, method: str) -> Iterator[str]:
    if metric.needs_both_kinds:
        yield f"{data.unanswerable_share:.1%} of the graded responses are to unanswerable probes"
    if not is_defined:
        yield _why_undefined(metric, data)
    elif method == NO_INTERVAL:
        yield "no interval: it needs at least two clusters, got 1"
    elif n_clusters < FEW_CLUSTERS:
        yield f"few clusters ({n_clusters}): treat the interval with caution"
    if data.ungraded_share > UNGRADED_SHARE_TO_NOTE:
        yield f"{data.ungraded_share:.1%} of the responses are ungraded: see the bounds"


def _why_undefined(metric: Metric, data: SliceCells) -> str:
    if data.n_graded == 0:
        return "undefined: no graded response"
    if metric.needs_both_kinds and data.unanswerable_share in {0, 1}:
        return "undefined: needs answerable and unanswerable probes"
    return "undefined: no graded response counts in the denominator"
