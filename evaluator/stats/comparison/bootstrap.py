"""Paired cluster bootstrap of ratios with denominators of their own, many models at once.

Rows are summed per cluster first. Then one draw of multinomial weights over the clusters serves all
models, which keeps them paired, and all replicates of all ratios are two matrix products.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evaluator.stats.clusters import Floats
from evaluator.stats.estimates import Ints
from evaluator.stats.intervals import Interval, check_level

REPLICATES = 10_000
FEWEST_CLUSTERS = 20
"""Below this the bootstrap's intervals are too narrow to be shown."""
MOST_CLUSTERS = 5_000
"""Above this, clusters are put together at random in `GROUPS` groups, which are drawn: as many draws in less time."""
GROUPS = 5_000
"""Of equal size but for one cluster; the width of an interval then varies by 1% more than it does anyway."""
_CELLS_AT_ONCE = 4_000_000
_DIGITS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class BootstrapDifference:
    """A difference of two ratios, with what the bootstrap says about it."""

    value: float
    low: float
    high: float
    p_value: float


def sum_by_cluster(values: Floats, clusters: Ints) -> Floats:
    """Sum rows per cluster.

    Args:
        values: Shape (n_models, n_rows).
        clusters: Code per row from 0 without gaps, shape (n_rows,).

    Returns:
        Shape (n_models, n_clusters).

    >>> sum_by_cluster(np.array([[1.0, 2, 4]]), np.array([0, 1, 0])).tolist()
    [[5.0, 2.0]]
    """
    n_clusters = int(clusters.max()) + 1
    return np.stack([np.bincount(clusters, weights=row, minlength=n_clusters) for row in values])


def bootstrap_ratios(
    numerators: Floats, denominators: Floats, *, seed: int = 0, n_replicates: int = REPLICATES
) -> Floats:
    """Draw the ratios of all models again and again, the same clusters for all of them.

    Args:
        numerators: Per model and cluster, shape (n_models, n_clusters).
        denominators: The same, each row with a positive sum.
        seed: Of the draw.
        n_replicates: How often, >= 1.

    Returns:
        Shape (n_replicates, n_models); NaN where a draw leaves a model without a denominator.

    Raises:
        ValueError: If shapes differ, there are fewer than two clusters, or a denominator sums to zero.

    Source:
        Davison & Hinkley (1997), Bootstrap Methods and their Application, section 3.8;
        Efron (1979), Annals of Statistics 7(1):1-26.
    """
    if numerators.shape != denominators.shape or numerators.ndim != 2 or numerators.shape[1] < 2:
        msg = f"need two arrays (n_models, n_clusters >= 2), got {numerators.shape} and {denominators.shape}"
        raise ValueError(msg)
    if not bool((denominators.sum(axis=1) > 0).all()):
        msg = "need denominators with a positive sum for every model"
        raise ValueError(msg)
    n_models = numerators.shape[0]
    random = np.random.default_rng(seed)
    columns = _grouped(np.concatenate([numerators, denominators]), random).T.copy()
    n_clusters = len(columns)
    step = max(1, _CELLS_AT_ONCE // n_clusters)
    parts = []
    for start in range(0, n_replicates, step):
        sums = _multinomial_weights(random, min(step, n_replicates - start), n_clusters) @ columns
        with np.errstate(divide="ignore", invalid="ignore"):
            parts.append(sums[:, :n_models] / sums[:, n_models:])
    # Which core summed what may change the last digit.
    rounded: Floats = np.round(np.concatenate(parts), _DIGITS).astype(np.float64)
    return rounded


def _grouped(rows: Floats, random: np.random.Generator) -> Floats:
    """Sum clusters in random groups where there are too many to draw one by one: groups are independent too."""
    n_clusters = rows.shape[1]
    if n_clusters <= MOST_CLUSTERS:
        return rows
    groups = random.permutation(n_clusters) % GROUPS
    summed: Floats = np.stack([np.bincount(groups, weights=row, minlength=GROUPS) for row in rows]).astype(np.float64)
    return summed


def bootstrap_difference(
    numerators: Floats,
    denominators: Floats,
    *,
    level: float = 0.95,
    seed: int = 0,
    n_replicates: int = REPLICATES,
) -> BootstrapDifference:
    """Percentile bootstrap of the difference of two ratios.

    Args:
        numerators: Of A and B per cluster, shape (2, n_clusters).
        denominators: The same.
        level: Target coverage, in (0, 1).
        seed: Of the draw.
        n_replicates: How often, >= 1,000 for an interval worth showing.

    Returns:
        A - B; the p-value is twice the smaller share of replicates on either side of zero, with one
        added to both counts, so it is never 0 and zero lies outside the interval when it is small.

    Raises:
        ValueError: If there are fewer than `FEWEST_CLUSTERS` clusters, or as for `bootstrap_ratios`.
    """
    n_clusters = numerators.shape[1]
    if n_clusters < FEWEST_CLUSTERS:
        msg = f"need at least {FEWEST_CLUSTERS} clusters to bootstrap, got {n_clusters}"
        raise ValueError(msg)
    ratios = bootstrap_ratios(numerators, denominators, seed=seed, n_replicates=n_replicates)
    value_a, value_b = (numerators.sum(axis=1) / denominators.sum(axis=1)).tolist()
    return drawn_difference(value_a - value_b, ratios[:, 0] - ratios[:, 1], level=level)


def drawn_difference(value: float, drawn: Floats, *, level: float) -> BootstrapDifference:
    """Interval and p-value of a difference from its replicates, as `bootstrap_difference` makes them.

    Args:
        value: The difference itself.
        drawn: Its replicates, shape (n_replicates,); NaN where one was undefined.
        level: Target coverage, in (0, 1).

    Raises:
        ValueError: If the level is out of range.

    >>> drawn_difference(0.25, np.array([0.0, 0.25, 0.5, 0.75, 1.0]), level=0.5)
    BootstrapDifference(value=0.25, low=0.25, high=0.75, p_value=0.6666666666666666)
    """
    check_level(level)
    known = drawn[~np.isnan(drawn)]
    low, high = percentile_interval(known, level)
    n_fewer = min(int((known <= 0).sum()), int((known >= 0).sum()))
    p_value = min(1.0, 2 * (1 + n_fewer) / (1 + len(known)))
    return BootstrapDifference(value=value, low=low, high=high, p_value=p_value)


def percentile_interval(drawn: Floats, level: float) -> Interval:
    """Equal-tailed quantiles of the replicates.

    >>> percentile_interval(np.arange(1001.0), 0.5)
    (250.0, 750.0)
    """
    low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def _multinomial_weights(random: np.random.Generator, n_replicates: int, n_clusters: int) -> Floats:
    """How often each cluster is drawn in each replicate, shape (n_replicates, n_clusters)."""
    kind = np.uint16 if n_clusters <= 1 << 16 else np.uint32
    drawn = random.integers(0, n_clusters, size=(n_replicates, n_clusters), dtype=kind)
    cells = drawn.astype(np.intp)
    cells += np.arange(n_replicates, dtype=np.intp)[:, np.newaxis] * n_clusters
    counts = np.bincount(cells.ravel(), minlength=n_replicates * n_clusters)
    return counts.reshape(n_replicates, n_clusters).astype(np.float64)
