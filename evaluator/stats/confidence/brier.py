"""The Brier score and its parts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evaluator.stats.clusters import Floats, ratio_standard_error
from evaluator.stats.confidence.inputs import check_pairs, group_ties
from evaluator.stats.estimates import Ints
from evaluator.stats.intervals import Interval, student_quantile


@dataclass(frozen=True, slots=True, kw_only=True)
class BrierParts:
    """score = reliability - resolution + uncertainty, exactly."""

    score: float
    """Mean squared difference of confidence and correctness, in [0, 1]; low is good."""
    reliability: float
    """Miscalibration: how far accuracy lies from the stated confidence; low is good."""
    resolution: float
    """How far accuracy varies with confidence; high is good."""
    uncertainty: float
    """acc·(1 - acc): the score of one who always states the overall accuracy."""


def brier_parts(confidence: Floats, correct: Floats) -> BrierParts:
    """Brier score with Murphy's decomposition, one group for every distinct confidence.

    With confidences that never repeat each group holds one answer, and reliability and resolution
    are both inflated by chance; round them first.

    Args:
        confidence: In [0, 1], shape (n,).
        correct: 0 or 1, shape (n,).

    Raises:
        ValueError: If the arguments do not fit.

    Source:
        Brier (1950), Monthly Weather Review 78(1):1-3; Murphy (1973), Journal of Applied
        Meteorology 12(4):595-600.

    >>> round(brier_parts(np.array([0.1, 0.9, 0.8, 0.3]), np.array([0.0, 1, 1, 0])).score, 6)
    0.0375
    """
    check_pairs(confidence, correct)
    levels = group_ties(confidence, correct)
    shares, accuracy = levels.n / len(confidence), levels.hits / levels.n
    overall = float(correct.mean())
    return BrierParts(
        score=float(((confidence - correct) ** 2).mean()),
        reliability=float((shares * (levels.confidence - accuracy) ** 2).sum()),
        resolution=float((shares * (accuracy - overall) ** 2).sum()),
        uncertainty=overall * (1 - overall),
    )


def brier_interval(confidence: Floats, correct: Floats, clusters: Ints, *, level: float = 0.95) -> Interval | None:
    """Student's interval of the Brier score, clustered.

    Args:
        confidence: In [0, 1], shape (n,).
        correct: 0 or 1, shape (n,).
        clusters: Code per answer from 0, shape (n,).
        level: Target coverage, in (0, 1).

    Returns:
        (low, high) in [0, 1]; None with fewer than two clusters.

    Source:
        Miller (2024), arXiv:2411.00640.
    """
    check_pairs(confidence, correct)
    _, code = np.unique(clusters, return_inverse=True)
    sizes = np.bincount(code).astype(np.float64)
    if len(sizes) < 2:
        return None
    losses = np.bincount(code, weights=(confidence - correct) ** 2).astype(np.float64)
    score = float(losses.sum() / sizes.sum())
    half = student_quantile(level, len(sizes) - 1) * ratio_standard_error(losses, sizes)
    return max(0.0, score - half), min(1.0, score + half)
