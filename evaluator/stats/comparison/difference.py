"""The difference of two estimates made on the same probes, from their influence values.

The influence value of an item says what the item adds to an estimate, times n; an estimate's error
is the mean of its influence values. So the error of a difference is the mean of phi_A - phi_B, and
its variance, clusters and shared probes included, is one sum of squares. Where the values come from
does not matter: counted labels (`ratio_influence`), or labels calibrated with people's.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from evaluator.stats.clusters import Floats
from evaluator.stats.comparison.paired import tango_interval
from evaluator.stats.estimates import ROUNDING, Ints
from evaluator.stats.intervals import Interval, student_quantile

STUDENT_T = "Student t, linearised over clusters"
TANGO_CLUSTERS = "Tango score, n = clusters"
SIGN_TEST = "sign test, n = clusters"


@dataclass(frozen=True, slots=True, kw_only=True)
class Influence:
    """An estimate with the influence value of every item it is made of."""

    value: float
    """The estimate."""
    phi: Floats
    """Shape (n_items,); centred here, so a constant may be added to all."""
    clusters: Ints
    """Cluster code per item, shape (n_items,), from 0, the same codes for both models."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """The difference A - B with its error."""

    value: float
    low: float | None
    """None with fewer than two clusters."""
    high: float | None
    p_value: float | None
    standard_error: float | None
    n_clusters: int
    method: str
    """How the interval was made."""
    test: str
    """How the p-value was made."""


def ratio_influence(numerators: Floats, denominators: Floats, clusters: Ints) -> Influence:
    """Influence values of the ratio of two sums: (a_i - R·b_i) / mean(b).

    Args:
        numerators: a_i, shape (n_items,).
        denominators: b_i, shape (n_items,), with a positive sum.
        clusters: Cluster code per item, shape (n_items,).

    Raises:
        ValueError: If the denominators do not sum to more than zero.

    Source:
        Woodruff (1971), JASA 66:411-414.

    >>> found = ratio_influence(np.array([1.0, 0, 1]), np.array([1.0, 1, 2]), np.arange(3))
    >>> found.value, found.phi.tolist()
    (0.5, [0.375, -0.375, 0.0])
    """
    total = float(denominators.sum())
    if total <= 0:
        msg = f"need denominators with a positive sum, got {total}"
        raise ValueError(msg)
    value = float(numerators.sum()) / total
    phi = (numerators - value * denominators) * (len(denominators) / total)
    return Influence(value=value, phi=phi, clusters=clusters)


def influence_difference(
    a: Influence, b: Influence, *, level: float = 0.95, limit: float = 1.0, extra_variance: float = 0.0
) -> Difference:
    """Difference of two estimates, with the interval and test that follow from their influence values.

    With u_c = Σ_{i in c} (phi_A,i - mean phi_A) / n_A, the same for B, and d_c = u_c(A) - u_c(B):
    SE² = C/(C-1) · Σ_c d_c², and the interval is Student's with C - 1 degrees of freedom. Items need
    not be the same or as many on both sides; a cluster on one side only adds that side alone.

    Args:
        a: The first estimate.
        b: The second, with the same cluster codes.
        level: Target coverage, in (0, 1).
        limit: Largest possible absolute difference: 1 for rates, 200 for an index in [-100, 100].
        extra_variance: Of the difference, from what influence values do not show, >= 0.

    Returns:
        The difference, its interval clipped to ±limit. Where no cluster says anything about the
        error (all alike) the interval is Tango's with one pair per cluster, and the p-value the sign
        test's: neither is ever of width zero or p = 0.

    Assumes:
        Independent clusters. Below about 10 of them, treat the result with caution.

    Source:
        Miller (2024), arXiv:2411.00640, for paired, clustered differences; Woodruff (1971).

    >>> a = ratio_influence(np.array([1.0, 1, 1, 0, 1, 1]), np.ones(6), np.arange(6))
    >>> b = ratio_influence(np.array([1.0, 0, 1, 0, 0, 1]), np.ones(6), np.arange(6))
    >>> found = influence_difference(a, b)
    >>> round(found.value, 6), round(found.low, 6), round(found.high, 6)
    (0.333333, -0.208593, 0.87526)
    """
    value = a.value - b.value
    present = np.union1d(a.clusters, b.clusters)
    n_clusters = len(present)
    if n_clusters < 2:
        return Difference(
            value=value,
            low=None,
            high=None,
            p_value=None,
            standard_error=None,
            n_clusters=n_clusters,
            method="none",
            test="none",
        )
    length = int(present[-1]) + 1
    moved = float(((_per_cluster(a, length) - _per_cluster(b, length)) ** 2).sum())
    error = math.sqrt(n_clusters / (n_clusters - 1) * moved + extra_variance)
    if error < ROUNDING * limit:
        return _silent_difference(value, n_clusters, level=level, limit=limit)
    half = student_quantile(level, n_clusters - 1) * error
    return Difference(
        value=value,
        low=max(-limit, value - half),
        high=min(limit, value + half),
        p_value=student_p_value(value / error, n_clusters - 1),
        standard_error=error,
        n_clusters=n_clusters,
        method=STUDENT_T,
        test=STUDENT_T,
    )


def student_p_value(t: float, degrees: int) -> float:
    """Two-sided p-value of Student's t.

    >>> round(student_p_value(2.228139, 10), 6)
    0.05
    """
    from scipy.special import stdtr

    return min(1.0, 2 * float(stdtr(degrees, -abs(t))))


def _per_cluster(side: Influence, length: int) -> Floats:
    weights = (side.phi - side.phi.mean()) / len(side.phi)
    return np.bincount(side.clusters, weights=weights, minlength=length).astype(np.float64)


def _silent_difference(value: float, n_clusters: int, *, level: float, limit: float) -> Difference:
    share = max(-1.0, min(1.0, value / limit))
    low, high = tango_interval(n_clusters * max(share, 0.0), n_clusters * max(-share, 0.0), n_clusters, level=level)
    ends: Interval = (min(low * limit, value), max(high * limit, value))
    return Difference(
        value=value,
        low=ends[0],
        high=ends[1],
        p_value=min(1.0, 2 * 0.5 ** (n_clusters * abs(share))),
        standard_error=0.0,
        n_clusters=n_clusters,
        method=TANGO_CLUSTERS,
        test=SIGN_TEST,
    )
