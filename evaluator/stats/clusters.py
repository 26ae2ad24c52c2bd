"""What is not independent: cluster variances of ratios, and intervals built on them.

Every function takes one numerator and one denominator total per cluster, arrays of shape
(n_clusters,). A mean is the ratio whose denominators count its terms.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from evaluator.stats.intervals import Interval, normal_quantile, student_quantile

Floats = npt.NDArray[np.float64]


def ratio_standard_error(numerators: Floats, denominators: Floats) -> float:
    """Linearised standard error of sum(numerators) / sum(denominators) over clusters.

    With R the ratio, SE = sqrt(C/(C-1) · Σ_c (W_c - R·D_c)²) / ΣD.

    Args:
        numerators: W_c, shape (n_clusters,).
        denominators: D_c, shape (n_clusters,), with a positive sum.

    Returns:
        The standard error, in the unit of the ratio.

    Raises:
        ValueError: If there are fewer than two clusters or the denominators sum to zero.

    Assumes:
        Independent clusters; the denominators vary little (`denominator_variation` < 10%).

    Source:
        Woodruff (1971), JASA 66:411-414; as in R survey::svyratio. For means it is the
        clustered standard error of Miller (2024), arXiv:2411.00640, times sqrt(C/(C-1)).

    >>> round(ratio_standard_error(np.array([3.0, 0, 4, 1]), np.array([5.0, 2, 4, 6])), 6)
    0.205059
    """
    total = _checked_total(denominators)
    residuals = numerators - denominators * (float(numerators.sum()) / total)
    n_clusters = len(denominators)
    return math.sqrt(n_clusters / (n_clusters - 1) * float((residuals**2).sum())) / total


def denominator_variation(denominators: Floats) -> float:
    """Coefficient of variation of the denominators' sum, over clusters.

    Returns:
        SE(ΣD) / ΣD, >= 0. Above 0.1 a linearised ratio is no longer trusted.

    Raises:
        ValueError: If there are fewer than two clusters or the denominators sum to zero.

    Source:
        Cochran (1977), Sampling Techniques, 3rd ed., section 6.5 (the 10% rule).

    >>> round(denominator_variation(np.array([5.0, 2, 4, 6])), 6)
    0.200921
    """
    total = _checked_total(denominators)
    return math.sqrt(len(denominators) * float(np.var(denominators, ddof=1))) / total


def fieller_interval(numerators: Floats, denominators: Floats, *, level: float = 0.95) -> Interval | None:
    """Fieller's interval for a ratio of means over clusters.

    It is the set {r : (ā - r·b̄)² <= t²·s²(a - r·b)/C}, which needs no linearisation.

    Args:
        numerators: a_c, shape (n_clusters,).
        denominators: b_c, shape (n_clusters,), with a positive sum.
        level: Target coverage, in (0, 1).

    Returns:
        (low, high), or None when the set is not a bounded interval.

    Raises:
        ValueError: If there are fewer than two clusters or the denominators sum to zero.

    Source:
        Fieller (1954), JRSS B 16(2):175-185.

    >>> wrong = np.array([3.0, 0, 4, 1, 2, 5, 0, 2, 1, 3, 4, 0])
    >>> fieller_interval(wrong, np.array([5.0, 2, 4, 6, 3, 5, 1, 6, 2, 3, 6, 4]))
    (0.2830..., 0.7829...)
    """
    _checked_total(denominators)
    n_clusters = len(denominators)
    weight = student_quantile(level, n_clusters - 1) ** 2 / n_clusters
    covariance = np.cov(numerators, denominators)
    mean_a, mean_b = float(numerators.mean()), float(denominators.mean())
    square = mean_b**2 - weight * float(covariance[1, 1])
    linear = mean_a * mean_b - weight * float(covariance[0, 1])
    constant = mean_a**2 - weight * float(covariance[0, 0])
    root = linear**2 - square * constant
    if square <= 0 or root < 0:
        return None
    return (linear - math.sqrt(root)) / square, (linear + math.sqrt(root)) / square


def effective_trials(rate: float, standard_error: float, n_trials: float, n_clusters: int, *, level: float) -> float:
    """Trials an independent sample would need to know the rate as well as the clusters do.

    min(n, p(1-p)/SE²)·(z/t)² with t on C - 1 degrees of freedom; C when the rate is 0 or 1,
    where the standard error says nothing.

    Args:
        rate: The estimated proportion, in [0, 1].
        standard_error: Its clustered standard error, >= 0.
        n_trials: Trials counted; more is never claimed.
        n_clusters: C, at least 2.
        level: Target coverage of the interval it is for, in (0, 1).

    Returns:
        The effective number of trials, > 0.

    Raises:
        ValueError: If there are fewer than two clusters.

    Source:
        Korn & Graubard (1998), Survey Methodology 24(2):193-201, equations 2 and 3.

    >>> round(effective_trials(0.3, 0.1, 60, 15, level=0.95), 4)
    17.5367
    """
    if n_clusters < 2:
        msg = f"need at least two clusters, got {n_clusters}"
        raise ValueError(msg)
    if rate in {0, 1}:
        return float(n_clusters)
    known = rate * (1 - rate) / standard_error**2 if standard_error > 0 else math.inf
    shrink = normal_quantile(level) / student_quantile(level, n_clusters - 1)
    return min(n_trials, known) * shrink**2


def _checked_total(denominators: Floats) -> float:
    if len(denominators) < 2:
        msg = f"need at least two clusters, got {len(denominators)}"
        raise ValueError(msg)
    total = float(denominators.sum())
    if total <= 0:
        msg = f"need denominators with a positive sum, got {total}"
        raise ValueError(msg)
    return total
