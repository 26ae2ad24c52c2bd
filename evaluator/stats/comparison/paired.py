"""Two models on the same probes, one value each: tests and intervals for paired differences."""

from __future__ import annotations

import math

import numpy as np

from evaluator.stats.clusters import Floats
from evaluator.stats.intervals import Interval, normal_quantile, wilson_interval

MOST_ENUMERATED = 20
"""With so many clusters that differ, or fewer, all sign flips are enumerated."""
FLIPS = 20_000
_TIE = 1e-9
"""Sums that differ by less than this share of the largest possible sum are ties."""
_CELLS_AT_ONCE = 4_000_000


def mcnemar_exact(only_a: int, only_b: int) -> float:
    """Exact McNemar test: two-sided p-value from the discordant pairs alone.

    Args:
        only_a: Pairs with a hit of A and none of B, >= 0.
        only_b: Pairs with a hit of B and none of A, >= 0.

    Returns:
        min(1, 2 · P(Bin(b + c, 1/2) <= min(b, c))); 1 without discordant pairs.

    Raises:
        ValueError: If a count is negative.

    Assumes:
        Independent pairs of 0/1 values; for clusters use `sign_flip_p_value`.

    Source:
        McNemar (1947), Psychometrika 12(2):153-157.

    >>> mcnemar_exact(150, 86)
    3.715...e-05
    """
    return min(1.0, 2 * _smaller_tail(only_a, only_b)[0])


def mcnemar_mid_p(only_a: int, only_b: int) -> float:
    """McNemar's mid-p test: the exact test that counts what was observed only half.

    Args:
        only_a: Pairs with a hit of A and none of B, >= 0.
        only_b: Pairs with a hit of B and none of A, >= 0.

    Returns:
        Two-sided p-value in (0, 1], never above the exact one.

    Raises:
        ValueError: If a count is negative.

    Assumes:
        Independent pairs of 0/1 values. In a few settings its error rate lies slightly above
        its level, by less than 0.003 at 0.05; the exact test's lies far below.

    Source:
        Fagerland, Lydersen & Laake (2013), BMC Medical Research Methodology 13:91.

    >>> round(mcnemar_mid_p(1, 7), 6)
    0.039062
    """
    tail, point = _smaller_tail(only_a, only_b)
    return min(1.0, 2 * tail - point)


def _smaller_tail(only_a: int, only_b: int) -> tuple[float, float]:
    """P(X <= min) and P(X = min) for X ~ Bin(only_a + only_b, 1/2)."""
    from scipy.special import bdtr

    if min(only_a, only_b) < 0:
        msg = f"need discordant counts >= 0, got {only_a} and {only_b}"
        raise ValueError(msg)
    n, smallest = only_a + only_b, min(only_a, only_b)
    tail = float(bdtr(smallest, n, 0.5))
    below = float(bdtr(smallest - 1, n, 0.5)) if smallest else 0.0
    return tail, tail - below


def sign_flip_p_value(differences: Floats, *, seed: int = 0, n_flips: int = FLIPS) -> tuple[float, str]:
    """Sign-flip permutation test of a paired difference, two-sided, one flip per cluster.

    With at most 20 clusters that differ, all sign patterns are enumerated. With more, `n_flips`
    of them are drawn and p = (1 + #{as extreme}) / (1 + n_flips). Clusters of one magnitude are
    drawn together as one binomial count, which has the same distribution.

    Args:
        differences: Sum of A - B over the pairs of each cluster, shape (n_clusters,).
        seed: Of the draw; the enumeration needs none.
        n_flips: Patterns drawn, >= 1.

    Returns:
        p-value in (0, 1], and "exact" or the number of flips in words.

    Assumes:
        Under the hypothesis each cluster's difference is as likely as its negative.

    Source:
        Fisher (1935), The Design of Experiments; Phipson & Smyth (2010), Statistical
        Applications in Genetics 9(1):39, for the added ones.

    >>> sign_flip_p_value(np.array([1.0, 0, 0, 1, 1, -1, 1, 1, 0, 1, 1, -1]))
    (0.1796875, 'exact')
    """
    magnitudes = np.abs(differences)
    least = abs(float(differences.sum())) - _TIE * float(magnitudes.sum())
    moving = magnitudes[magnitudes > 0]
    if len(moving) <= MOST_ENUMERATED:
        return float((np.abs(_all_sums(moving)) >= least).mean()), "exact"
    n_extreme = sum(int((np.abs(sums) >= least).sum()) for sums in _drawn_sums(moving, n_flips, seed))
    return (1 + n_extreme) / (1 + n_flips), f"{n_flips:,} flips"


def _all_sums(magnitudes: Floats) -> Floats:
    sums = np.zeros(1)
    for size in magnitudes.tolist():
        sums = np.concatenate([sums + size, sums - size])
    return sums


def _drawn_sums(magnitudes: Floats, n_flips: int, seed: int) -> list[Floats]:
    random = np.random.default_rng(seed)
    # Thirds and their like differ in the last digit.
    sizes, counts = np.unique(np.round(magnitudes, 12), return_counts=True)
    step = max(1, _CELLS_AT_ONCE // len(sizes))
    return [
        (2 * random.binomial(counts, 0.5, size=(min(step, n_flips - start), len(sizes))) - counts) @ sizes
        for start in range(0, n_flips, step)
    ]


def tango_interval(only_a: float, only_b: float, n: float, *, level: float = 0.95) -> Interval:
    """Tango's score interval for the difference of two paired proportions.

    The limits are the differences d at which the score statistic
    (b - c - n·d) / sqrt(n·(2q + d·(1 - d))) reaches ±z, with q the probability of "only B" that
    is most likely given d.

    Args:
        only_a: Pairs with a hit of A and none of B, >= 0; may be fractional.
        only_b: Pairs with a hit of B and none of A, >= 0; may be fractional.
        n: All pairs, concordant ones included, >= only_a + only_b, > 0.
        level: Target coverage, in (0, 1).

    Returns:
        (low, high) for the rate of A minus the rate of B, in [-1, 1], never of width zero.

    Raises:
        ValueError: If a count or the level is out of range.

    Assumes:
        Independent pairs.

    Source:
        Tango (1998), Statistics in Medicine 17(8):891-908.

    >>> tango_interval(1, 7, 21)
    (-0.517..., -0.026...)
    """
    from scipy.optimize import brentq

    if not (n > 0 and min(only_a, only_b) >= 0 and only_a + only_b <= n * (1 + _TIE)):
        msg = f"need n > 0 and counts >= 0 that sum to at most n, got {only_a}, {only_b} and n = {n}"
        raise ValueError(msg)
    z, value = normal_quantile(level), (only_a - only_b) / n

    def excess(difference: float) -> float:
        # Without the quotient, which is 0/0 at the ends.
        spread = n * (2 * _likeliest_only_b(only_a, only_b, n, difference) + difference * (1 - difference))
        return (only_a - only_b - n * difference) ** 2 - z**2 * max(0.0, spread)

    # Without discordant pairs the excess is zero at the value itself, which is no limit.
    inner_low, inner_high = value - _TIE, value + _TIE
    low = float(brentq(excess, -1.0, inner_low, xtol=1e-12)) if inner_low > -1 else -1.0
    high = float(brentq(excess, inner_high, 1.0, xtol=1e-12)) if inner_high < 1 else 1.0
    return low, high


def _likeliest_only_b(only_a: float, only_b: float, n: float, difference: float) -> float:
    """Most likely probability of "only B" among pairs whose rates differ by `difference`."""
    square = 2 * n
    linear = -only_a - only_b + (2 * n - only_a + only_b) * difference
    constant = -only_b * difference * (1 - difference)
    return (math.sqrt(max(0.0, linear**2 - 4 * square * constant)) - linear) / (2 * square)


def newcombe_paired_interval(both: int, only_a: int, only_b: int, neither: int, *, level: float = 0.95) -> Interval:
    """Newcombe's square-and-add interval for the difference of two paired proportions.

    Args:
        both: Pairs where A and B both hit, >= 0.
        only_a: Pairs with a hit of A and none of B, >= 0.
        only_b: Pairs with a hit of B and none of A, >= 0.
        neither: Pairs without a hit, >= 0.
        level: Target coverage, in (0, 1).

    Returns:
        (low, high) for the rate of A minus the rate of B, in [-1, 1], never of width zero.

    Raises:
        ValueError: If a count is negative, all are zero, or the level is out of range.

    Assumes:
        Independent pairs.

    Source:
        Newcombe (1998), Statistics in Medicine 17(22):2635-2650, method 10.

    >>> newcombe_paired_interval(36, 12, 2, 0)
    (0.0569..., 0.3404...)
    """
    if min(both, only_a, only_b, neither) < 0 or both + only_a + only_b + neither < 1:
        msg = f"need four counts >= 0 with a positive sum, got {both}, {only_a}, {only_b}, {neither}"
        raise ValueError(msg)
    n = both + only_a + only_b + neither
    hits_a, hits_b = both + only_a, both + only_b
    rate_a, rate_b = hits_a / n, hits_b / n
    low_a, high_a = wilson_interval(hits_a, n, level=level)
    low_b, high_b = wilson_interval(hits_b, n, level=level)
    phi = _corrected_phi(both, only_a, only_b, neither)
    below, above = rate_a - low_a, high_b - rate_b
    low = math.sqrt(max(0.0, below**2 - 2 * phi * below * above + above**2))
    below, above = rate_b - low_b, high_a - rate_a
    high = math.sqrt(max(0.0, below**2 - 2 * phi * below * above + above**2))
    return max(-1.0, rate_a - rate_b - low), min(1.0, rate_a - rate_b + high)


def _corrected_phi(both: int, only_a: int, only_b: int, neither: int) -> float:
    margins = (both + only_a) * (only_b + neither) * (both + only_b) * (only_a + neither)
    if margins == 0:
        return 0.0
    product = float(both * neither - only_a * only_b)
    if product > 0:
        product = max(product - (both + only_a + only_b + neither) / 2, 0.0)
    return product / math.sqrt(margins)
