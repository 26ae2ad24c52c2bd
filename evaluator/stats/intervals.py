"""Intervals for proportions: one function per published method, numbers in, numbers out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from statistics import NormalDist

Interval = tuple[float, float]


def check_level(level: float) -> None:
    """Refuse a level outside (0, 1).

    Raises:
        ValueError: If level is not in (0, 1).
    """
    if not 0 < level < 1:
        msg = f"need level in (0, 1), got {level}"
        raise ValueError(msg)


@lru_cache(maxsize=64)
def normal_quantile(level: float) -> float:
    """Two-sided standard normal quantile, z with P(|Z| <= z) = level.

    >>> round(normal_quantile(0.95), 6)
    1.959964
    """
    check_level(level)
    return NormalDist().inv_cdf((1 + level) / 2)


@lru_cache(maxsize=4096)
def student_quantile(level: float, degrees: int) -> float:
    """Two-sided Student t quantile, t with P(|T| <= t) = level.

    Args:
        level: In (0, 1).
        degrees: Degrees of freedom, >= 1.

    >>> round(student_quantile(0.95, 14), 6)
    2.144787
    """
    from scipy.special import stdtrit

    check_level(level)
    return float(stdtrit(degrees, (1 + level) / 2))


def _check_counts(k: float, n: float) -> None:
    if not (n >= 1 and 0 <= k <= n):
        msg = f"need n >= 1 and 0 <= k <= n, got k={k}, n={n}"
        raise ValueError(msg)


def wilson_interval(k: int, n: int, *, level: float = 0.95) -> Interval:
    """Wilson score interval for a proportion.

    Args:
        k: Successes, 0 <= k <= n.
        n: Independent trials, n >= 1.
        level: Target coverage, in (0, 1).

    Returns:
        (low, high), both in [0, 1]; low <= k/n <= high.

    Raises:
        ValueError: If n < 1, or k or level is out of range.

    Assumes:
        Independent trials. For repeats or clusters use `effective_wilson_interval`. A ratio
        W / (W + A) of multinomial counts is such a proportion: given W + A, W is binomial.

    Source:
        Wilson (1927), JASA 22(158):209-212, doi:10.2307/2276774.

    >>> wilson_interval(7, 50)
    (0.0695..., 0.2618...)
    """
    _check_counts(k, n)
    return effective_wilson_interval(k / n, n, level=level)


def effective_wilson_interval(rate: float, n_eff: float, *, level: float = 0.95) -> Interval:
    """Wilson score interval with an effective, possibly fractional, number of trials.

    Args:
        rate: The proportion, in [0, 1].
        n_eff: Independent trials that carry the same information, > 0.
        level: Target coverage, in (0, 1).

    Returns:
        (low, high), both in [0, 1]; low <= rate <= high; never of width zero.

    Raises:
        ValueError: If an argument is out of range.

    Source:
        Korn & Graubard (1998), Survey Methodology 24(2):193-201, for the effective sample size
        in a binomial interval; Wilson (1927) for the interval.

    >>> effective_wilson_interval(0.14, 25.0)
    (0.0525..., 0.3233...)
    """
    if not (0 <= rate <= 1 and n_eff > 0):
        msg = f"need a rate in [0, 1] and n_eff > 0, got {rate} and {n_eff}"
        raise ValueError(msg)
    z2_n = normal_quantile(level) ** 2 / n_eff
    middle = rate + z2_n / 2
    half = math.sqrt(z2_n * (rate * (1 - rate) + z2_n / 4))
    low = 0.0 if rate == 0 else max(0.0, (middle - half) / (1 + z2_n))
    high = 1.0 if rate == 1 else min(1.0, (middle + half) / (1 + z2_n))
    return min(low, rate), max(high, rate)


def clopper_pearson_interval(k: int, n: int, *, level: float = 0.95) -> Interval:
    """Clopper-Pearson interval: covers at least `level` for every true rate.

    Args:
        k: Successes, 0 <= k <= n.
        n: Independent trials, n >= 1.
        level: Guaranteed coverage, in (0, 1).

    Returns:
        (low, high), both in [0, 1].

    Raises:
        ValueError: If n < 1, or k or level is out of range.

    Source:
        Clopper & Pearson (1934), Biometrika 26(4):404-413, doi:10.1093/biomet/26.4.404.

    >>> clopper_pearson_interval(0, 20)
    (0.0, 0.1684...)
    """
    from scipy.special import betaincinv

    _check_counts(k, n)
    check_level(level)
    tail = (1 - level) / 2
    low = 0.0 if k == 0 else float(betaincinv(k, n - k + 1, tail))
    high = 1.0 if k == n else float(betaincinv(k + 1, n - k, 1 - tail))
    return low, high


def jeffreys_interval(k: int, n: int, *, level: float = 0.95) -> Interval:
    """Jeffreys interval: equal tails of Beta(k + 1/2, n - k + 1/2), closed at the edges.

    Args:
        k: Successes, 0 <= k <= n.
        n: Independent trials, n >= 1.
        level: Target coverage, in (0, 1).

    Returns:
        (low, high); low is 0 when k = 0, high is 1 when k = n.

    Raises:
        ValueError: If n < 1, or k or level is out of range.

    Source:
        Brown, Cai & DasGupta (2001), Statistical Science 16(2):101-133, section 4.1.2.

    >>> jeffreys_interval(15, 148)
    (0.0604..., 0.1576...)
    """
    from scipy.special import betaincinv

    _check_counts(k, n)
    check_level(level)
    tail = (1 - level) / 2
    low = 0.0 if k == 0 else float(betaincinv(k + 0.5, n - k + 0.5, tail))
    high = 1.0 if k == n else float(betaincinv(k + 0.5, n - k + 0.5, 1 - tail))
    return low, high


def beta_interval(k: int, n: int, *, level: float = 0.95) -> Interval:
    """Equal-tailed credible interval of a proportion under a uniform prior, Beta(1, 1).

    Args:
        k: Successes, 0 <= k <= n.
        n: Independent trials, n >= 1.
        level: Posterior probability, in (0, 1).

    Returns:
        (low, high), both in (0, 1); k/n may lie outside where k is 0 or n.

    Raises:
        ValueError: If n < 1, or k or level is out of range.

    Source:
        Bowyer et al. (2025), arXiv:2503.01747, for evaluations of a few hundred items.

    >>> beta_interval(3, 12)
    (0.0909..., 0.5381...)
    """
    from scipy.special import betaincinv

    _check_counts(k, n)
    check_level(level)
    tail = (1 - level) / 2
    return float(betaincinv(k + 1, n - k + 1, tail)), float(betaincinv(k + 1, n - k + 1, 1 - tail))


def agresti_coull_interval(k: int, n: int, *, level: float = 0.95) -> Interval:
    """Agresti-Coull interval: Wald around the midpoint of the Wilson interval, clipped.

    Args:
        k: Successes, 0 <= k <= n.
        n: Independent trials, n >= 1.
        level: Target coverage, in (0, 1).

    Returns:
        (low, high), both in [0, 1]; it contains the Wilson interval.

    Raises:
        ValueError: If n < 1, or k or level is out of range.

    Source:
        Agresti & Coull (1998), The American Statistician 52(2):119-126.

    >>> agresti_coull_interval(15, 148)
    (0.0613..., 0.1614...)
    """
    _check_counts(k, n)
    z2 = normal_quantile(level) ** 2
    middle = (k + z2 / 2) / (n + z2)
    half = math.sqrt(z2 * middle * (1 - middle) / (n + z2))
    return max(0.0, middle - half), min(1.0, middle + half)


def newcombe_difference_interval(k1: int, n1: int, k2: int, n2: int, *, level: float = 0.95) -> Interval:
    """Newcombe's hybrid score interval for k1/n1 - k2/n2 of independent samples.

    Args:
        k1: Successes of the first sample, 0 <= k1 <= n1.
        n1: Trials of the first sample, n1 >= 1.
        k2: Successes of the second sample, 0 <= k2 <= n2.
        n2: Trials of the second sample, n2 >= 1.
        level: Target coverage, in (0, 1).

    Returns:
        (low, high), both in [-1, 1].

    Raises:
        ValueError: If a count or the level is out of range.

    Assumes:
        Two independent samples; not for two models asked the same probes.

    Source:
        Newcombe (1998), Statistics in Medicine 17:873-890, method 10.

    >>> newcombe_difference_interval(56, 70, 48, 80)
    (0.0524..., 0.3338...)
    """
    low1, high1 = wilson_interval(k1, n1, level=level)
    low2, high2 = wilson_interval(k2, n2, level=level)
    p1, p2 = k1 / n1, k2 / n2
    low = p1 - p2 - math.hypot(p1 - low1, high2 - p2)
    high = p1 - p2 + math.hypot(high1 - p1, p2 - low2)
    return max(-1.0, low), min(1.0, high)


def goodman_intervals(counts: Sequence[int], *, level: float = 0.95) -> list[Interval]:
    """Goodman's simultaneous intervals for the shares of a multinomial.

    Args:
        counts: One count per class, at least two classes, sum >= 1.
        level: Joint coverage of all intervals together, in (0, 1).

    Returns:
        One (low, high) per class, in order, all in [0, 1].

    Raises:
        ValueError: If there are fewer than two classes, or a count is negative, or all are zero.

    Source:
        Goodman (1965), Technometrics 7(2):247-254, with the Bonferroni share of the level.

    >>> goodman_intervals([56, 72, 73, 59, 62, 87, 58])[0]
    (0.0851..., 0.1662...)
    """
    check_level(level)
    n = sum(counts)
    if len(counts) < 2 or min(counts) < 0 or n < 1:
        msg = f"need at least two counts >= 0 with a positive sum, got {list(counts)}"
        raise ValueError(msg)
    each = 1 - (1 - level) / len(counts)
    return [wilson_interval(count, n, level=each) for count in counts]
