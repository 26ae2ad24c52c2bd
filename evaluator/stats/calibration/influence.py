"""One engine for every rate: its value and gradient in the class shares, and influence values per response.

A rate is a ratio of two weighted sums of class shares. What a response moves it by, its influence
value, carries the verdict's expectation and, for a labelled response, the correction; the spread of
the sums over clusters gives the variance, whatever is clustered, repeated or labelled.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from evaluator.stats.calibration.items import N_CLASSES, UNLABELLED, CellTable, GradedItems
from evaluator.stats.clusters import Floats
from evaluator.stats.estimates import Ints
from evaluator.stats.intervals import Interval, effective_wilson_interval, normal_quantile, student_quantile
from evaluator.stats.metrics import METRICS, Metric

LOGIT_T = "logit scale, Student t over clusters"
RAW_T = "Student t over clusters"
EDGE = "Wilson score, effective n from smoothed labels and clusters"
_ROUNDING = 1e-12


@dataclass(frozen=True, slots=True, eq=False)
class ShareRatio:
    """H(π) = a·π / b·π with weights per true class, and the range H lies in."""

    numerator: Floats
    """a, shape (6,)."""
    denominator: Floats
    """b, shape (6,)."""
    limits: Interval
    needs_both_kinds: bool = False

    @classmethod
    def of(cls, metric: Metric) -> ShareRatio:
        """The ratio that a metric is."""
        numerator, denominator = (
            np.array(side.flat, dtype=np.float64) for side in (metric.numerator, metric.denominator)
        )
        return cls(numerator, denominator, (metric.low, metric.high), metric.needs_both_kinds)

    @property
    def cells(self) -> Floats:
        """1 for the cells whose responses can count, shape (6,): a kind of probe counts as a whole."""
        kinds = (np.abs(self.numerator) + np.abs(self.denominator)).reshape(2, -1).any(axis=1)
        return np.repeat(kinds, N_CLASSES // 2).astype(np.float64)

    def size(self, shares: Floats) -> float:
        """b·π: the share of responses in the denominator."""
        return float((self.denominator * shares).sum())

    def value(self, shares: Floats) -> float:
        """H(π).

        Raises:
            ZeroDivisionError: If nothing counts in the denominator.
        """
        value = float((self.numerator * shares).sum()) / self.size(shares)
        # A ratio of sums may end a rounding error outside its range.
        return min(max(value, self.limits[0]), self.limits[1])

    def gradient(self, shares: Floats) -> Floats:
        """∂H/∂π_y = (a_y - H·b_y) / b·π, shape (6,); its mean over the shares is 0.

        >>> from evaluator.stats.metrics import HALLUCINATION_RATE
        >>> ShareRatio.of(HALLUCINATION_RATE).gradient(np.array([0.5, 0.2, 0.3, 0, 0, 0]))[:3].tolist()
        [0.0, 1.2, -0.8]
        """
        gradient: Floats = (self.numerator - self.value(shares) * self.denominator) / self.size(shares)
        return gradient


RATES: dict[str, ShareRatio] = {metric.name: ShareRatio.of(metric) for metric in METRICS}
"""Value and gradient of every metric, by name."""


def influence_values(items: GradedItems, table: CellTable, gradient: Floats) -> Floats:
    """What every response moves the rate by, times N.

    φ_i = m_g + 1[labelled]·(N_g/n_g)·(e_y - m_g), with m_g the mean gradient in the response's cell.
    When every verdict is its own truth, φ_i = e_g.

    Args:
        items: The responses.
        table: Their `CellTable`.
        gradient: e, shape (6,).

    Returns:
        Shape (n,); the mean is 0 but for rounding.

    Source:
        The efficient influence function of Chen et al. (2026), arXiv:2601.05420, for a discrete
        verdict and a gradient in the class shares.
    """
    means = (table.truth_given_cell() * gradient).sum(axis=1)
    values: Floats = means[items.cells]
    is_labelled = items.truths != UNLABELLED
    cells = items.cells[is_labelled]
    stretch = table.sizes[cells] / table.labelled[cells]
    values[is_labelled] += stretch * (gradient[items.truths[is_labelled]] - means[cells])
    return values


def cluster_variance(values: Floats, clusters: Ints) -> float:
    """Variance of the mean of influence values over independent clusters.

    C/(C-1)·Σ_c(Σ_{i∈c}(φ_i - φ̄))² / N²; the finite population correction of the labels is in φ.

    Args:
        values: φ, shape (n,).
        clusters: Codes >= 0, shape (n,).

    Raises:
        ValueError: If there are fewer than two clusters.

    Source:
        Liang & Zeger (1986), Biometrika 73(1):13-22, with the factor C/(C-1).

    >>> cluster_variance(np.array([1.0, 1, -1, -1]), np.array([0, 0, 1, 1]))
    1.0
    """
    n_clusters = int(np.count_nonzero(np.bincount(clusters)))
    if n_clusters < 2:
        msg = f"need at least two clusters, got {n_clusters}"
        raise ValueError(msg)
    sums = np.bincount(clusters, weights=values - values.mean())
    return n_clusters / (n_clusters - 1) * float((sums**2).sum()) / len(values) ** 2


def influence_interval(
    value: float, variance: float, n_clusters: int, *, limits: Interval, level: float
) -> tuple[Interval, str] | None:
    """Interval of a rate from the variance of its influence values.

    Rates in [0, 1] get logit(H) ± t·SE/(H(1-H)), which stays inside; scores on another scale get
    H ± t·SE, clipped. t has C - 1 degrees of freedom.

    Args:
        value: H, within `limits`.
        variance: Of H, >= 0.
        n_clusters: C, at least 2.
        limits: Smallest and largest possible value.
        level: Target coverage, in (0, 1).

    Returns:
        The interval and the name of the method; None at a variance of zero or, for rates, at an
        end of the range, where the variance says nothing.

    >>> influence_interval(0.1, 0.0004, 200, limits=(0.0, 1.0), level=0.95)
    ((0.0668..., 0.1469...), 'logit scale, Student t over clusters')
    """
    low, high = limits
    if variance <= (_ROUNDING * (high - low)) ** 2:
        return None
    half = student_quantile(level, n_clusters - 1) * math.sqrt(variance)
    if (low, high) != (0, 1):
        return (max(low, value - half), min(high, value + half)), RAW_T
    spread = value * (1 - value)
    if spread <= _ROUNDING:
        return None
    middle, half = math.log(value / (1 - value)), half / spread
    return (min(_expit(middle - half), value), max(_expit(middle + half), value)), LOGIT_T


def edge_interval(
    value: float, smoothed: tuple[float, float], n_clusters: int, *, limits: Interval, level: float
) -> tuple[Interval, str]:
    """Interval where all labels agree: Wilson with the effective n that smoothed labels give.

    Args:
        value: The rate, within `limits`.
        smoothed: Rate and variance after adding a little to each count of labels; the first is
            within the limits, not at an end.
        n_clusters: C, at least 2; more is never claimed.
        limits: Smallest and largest possible value.
        level: Target coverage, in (0, 1).

    Source:
        Korn & Graubard (1998), Survey Methodology 24(2):193-201, for the effective n.
    """
    low, high = limits
    width = high - low
    rate, variance = (smoothed[0] - low) / width, smoothed[1] / width**2
    known = rate * (1 - rate) / variance if variance > 0 else math.inf
    shrink = normal_quantile(level) / student_quantile(level, n_clusters - 1)
    n_eff = max(min(known, float(n_clusters)) * shrink**2, _ROUNDING)
    ends = effective_wilson_interval(min(max((value - low) / width, 0.0), 1.0), n_eff, level=level)
    return (low + ends[0] * width, low + ends[1] * width), EDGE


def _expit(x: float) -> float:
    # The sign decides which form cannot overflow.
    if x >= 0:
        return 1 / (1 + math.exp(-x))
    return math.exp(x) / (1 + math.exp(x))
