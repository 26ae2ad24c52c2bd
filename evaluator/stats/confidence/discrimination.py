"""Does confidence tell right answers from wrong ones? The area under the ROC curve, by DeLong."""

from __future__ import annotations

import math

import numpy as np

from evaluator.stats.clusters import Floats
from evaluator.stats.comparison.difference import Influence
from evaluator.stats.confidence.inputs import check_pairs
from evaluator.stats.estimates import Ints
from evaluator.stats.intervals import Interval, normal_quantile


def auroc(confidence: Floats, correct: Floats) -> float | None:
    """Probability that a correct answer has more confidence than a wrong one; ties count half.

    Args:
        confidence: In [0, 1], shape (n,).
        correct: 0 or 1, shape (n,).

    Returns:
        In [0, 1]; 1/2 is chance. None without a correct or without a wrong answer.

    Raises:
        ValueError: If the arguments do not fit.

    Source:
        Hanley & McNeil (1982), Radiology 143(1):29-36.

    >>> auroc(np.array([0.1, 0.4, 0.35, 0.8]), np.array([0.0, 0, 1, 1]))
    0.75
    """
    check_pairs(confidence, correct)
    if len(np.unique(correct)) < 2:
        return None
    of_hits, _ = _placements(confidence, correct)
    return float(of_hits.mean())


def delong_interval(confidence: Floats, correct: Floats, *, level: float = 0.95) -> Interval | None:
    """DeLong's interval of the area under the ROC curve.

    Args:
        confidence: In [0, 1], shape (n,).
        correct: 0 or 1, shape (n,).
        level: Target coverage, in (0, 1).

    Returns:
        (low, high) in [0, 1]; None with fewer than two correct or two wrong answers, or when the two
        are separated perfectly, where the variance says nothing.

    Raises:
        ValueError: If the arguments do not fit.

    Assumes:
        Independent answers; for clusters use `auroc_influence`.

    Source:
        DeLong, DeLong & Clarke-Pearson (1988), Biometrics 44(3):837-845; Sun & Xu (2014), IEEE
        Signal Processing Letters 21(11):1389-1393, for the midranks.

    >>> delong_interval(np.array([0.1, 0.2, 0.4, 0.5, 0.35, 0.8, 0.9]), np.array([0.0, 0, 0, 0, 1, 1, 1]))
    (0.456..., 1.0)
    """
    check_pairs(confidence, correct)
    if min(correct.sum(), (1 - correct).sum()) < 2:
        return None
    of_hits, of_misses = _placements(confidence, correct)
    variance = float(of_hits.var(ddof=1)) / len(of_hits) + float(of_misses.var(ddof=1)) / len(of_misses)
    if variance == 0:
        return None
    area, half = float(of_hits.mean()), normal_quantile(level) * math.sqrt(variance)
    return max(0.0, area - half), min(1.0, area + half)


def auroc_influence(confidence: Floats, correct: Floats, clusters: Ints) -> Influence:
    """Influence values of the area, for clustered intervals and for differences between models.

    Args:
        confidence: In [0, 1], shape (n,).
        correct: 0 or 1, shape (n,), both kinds present.
        clusters: Code per answer from 0, shape (n,).

    Returns:
        phi of a correct answer is (its placement - area)·n/n_correct, of a wrong one the same with
        n_wrong; to be used with `influence_difference`.

    Raises:
        ValueError: If the arguments do not fit, or all answers are correct or all wrong.

    Source:
        Obuchowski (1997), Biometrics 53(2):567-578.
    """
    area = auroc(confidence, correct)
    if area is None:
        msg = "need correct and wrong answers, got one kind only"
        raise ValueError(msg)
    of_hits, of_misses = _placements(confidence, correct)
    n, is_hit = len(correct), correct == 1
    phi = np.empty(n)
    phi[is_hit] = (of_hits - area) * n / len(of_hits)
    phi[~is_hit] = (of_misses - area) * n / len(of_misses)
    return Influence(value=area, phi=phi, clusters=clusters)


def _placements(confidence: Floats, correct: Floats) -> tuple[Floats, Floats]:
    """Share of the wrong answers below each correct one, and of the correct above each wrong one."""
    from scipy.stats import rankdata

    is_hit = correct == 1
    hits, misses = confidence[is_hit], confidence[~is_hit]
    among_all = rankdata(confidence)
    of_hits: Floats = (among_all[is_hit] - rankdata(hits)) / len(misses)
    of_misses: Floats = 1 - (among_all[~is_hit] - rankdata(misses)) / len(hits)
    return of_hits, of_misses
