"""The bootstrap in place of the linearised difference, one draw of the clusters for all couples."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np

from evaluator.comparison import Difference
from evaluator.stats.clusters import Floats
from evaluator.stats.comparison.bootstrap import FEWEST_CLUSTERS, bootstrap_ratios, drawn_difference
from evaluator.stats.comparison.scores import PairedScores
from evaluator.stats.comparison.testing import Settings


def redraw(found: Sequence[Difference], scores: Sequence[PairedScores], settings: Settings) -> list[Difference]:
    """Give ratios with denominators of their own the interval and p-value of the cluster bootstrap.

    Args:
        found: Differences by one metric on one slice.
        scores: What each was made from, in the same order.
        settings: How often to draw, and the seed.

    Returns:
        The differences in the same order; those of means, and of fewer than `FEWEST_CLUSTERS`
        clusters, as they were.
    """
    chosen = [i for i, (one, own) in enumerate(zip(found, scores, strict=True)) if _may_draw(one, own)]
    if not chosen:
        return list(found)
    names = np.unique(np.concatenate([scores[i].cluster_names for i in chosen]))
    rows = np.concatenate([_rows(scores[i], names) for i in chosen])
    # A model has the same row in all its couples, unless answers are ungraded.
    rows, position = np.unique(rows, axis=0, return_inverse=True)
    numerators, denominators = rows[:, : len(names)], rows[:, len(names) :]
    drawn = bootstrap_ratios(numerators, denominators, seed=settings.seed, n_replicates=settings.n_replicates)
    sides = position.reshape(-1, 2).tolist()
    redrawn = list(found)
    for i, (a, b) in zip(chosen, sides, strict=True):
        redrawn[i] = _replaced(found[i], drawn[:, a] - drawn[:, b], settings)
    return redrawn


def _may_draw(one: Difference, scores: PairedScores) -> bool:
    return one.difference is not None and not scores.is_mean and scores.n_clusters >= FEWEST_CLUSTERS


def _rows(scores: PairedScores, names: Floats) -> Floats:
    """Numerators, then denominators, of both sides over all clusters, shape (2, 2 * n_names)."""
    place = np.searchsorted(names, scores.cluster_names)
    rows = np.zeros((2, 2 * len(names)))
    rows[:, place] = scores.cluster_sums(scores.numerators)
    rows[:, len(names) + place] = scores.cluster_sums(scores.denominators)
    return rows


def _replaced(one: Difference, drawn: Floats, settings: Settings) -> Difference:
    interval = drawn_difference(one.difference or 0.0, drawn, level=settings.level)
    if interval.low == interval.high:
        # All clusters alike: the linearised difference has an answer to that.
        return one
    method = f"cluster bootstrap, {settings.n_replicates:,} replicates"
    return msgspec.structs.replace(
        one, low=interval.low, high=interval.high, p_value=interval.p_value, method=method, test=method
    )
