"""How small a difference a comparison can detect, and what it would take to detect a given one.

The variance of a paired difference of mean scores over n probes has three parts:

    (omega² + sigma_A²/K_A + sigma_B²/K_B) · deff / n  +  L_A/m_A + L_B/m_B

omega²: how far the probes' true differences vary. sigma²: how far one model's answers to one probe
vary between repeats; K repeats divide it. deff: the design effect of clusters. L/m: the error of
the labels by which a rate is calibrated, m labels per model. More repeats cannot beat omega², and
more probes cannot beat the labels.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from evaluator.stats.clusters import Floats
from evaluator.stats.intervals import check_level, normal_quantile

POWER = 0.8


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """What makes a paired difference uncertain; scores in [0, 1] unless said otherwise."""

    omega2: float
    """Variance over probes of the difference of the two models' expected scores."""
    sigma2_a: float = 0.0
    """Mean variance of A's score over repeats of one probe; for a 0/1 score at most 1/4."""
    sigma2_b: float = 0.0
    repeats_a: int = 1
    repeats_b: int = 1
    design_effect: float = 1.0
    """1 for independent probes; see `design_effect`."""
    label_variance: float = 0.0
    """L_A/m_A + L_B/m_B; 0 for rates that are not calibrated. See `label_variance`."""

    def __post_init__(self) -> None:
        amounts = (self.omega2, self.sigma2_a, self.sigma2_b, self.label_variance)
        if min(amounts) < 0 or min(self.repeats_a, self.repeats_b) < 1 or self.design_effect < 1:
            msg = f"need variances >= 0, repeats >= 1 and a design effect >= 1, got {self}"
            raise ValueError(msg)

    @property
    def per_probe(self) -> float:
        """Variance that one probe brings, before it is divided by n."""
        answers = self.omega2 + self.sigma2_a / self.repeats_a + self.sigma2_b / self.repeats_b
        return answers * self.design_effect


def detectable_difference(n_probes: int, spread: Spread, *, level: float = 0.95, power: float = POWER) -> float:
    """Smallest true difference that a two-sided test finds with the given probability.

    Args:
        n_probes: Probes both models answer, >= 1.
        spread: What makes the difference uncertain.
        level: Of the interval; the test's error rate is 1 - level.
        power: Probability to find it, in (0, 1).

    Returns:
        The difference in the unit of the score: (z_{(1+level)/2} + z_power) · SE.

    Raises:
        ValueError: If an argument is out of range.

    Source:
        Miller (2024), arXiv:2411.00640, section 5.

    >>> round(detectable_difference(969, Spread(omega2=1 / 9)), 4)
    0.03
    """
    if n_probes < 1:
        msg = f"need n_probes >= 1, got {n_probes}"
        raise ValueError(msg)
    return _z(level, power) * math.sqrt(spread.per_probe / n_probes + spread.label_variance)


def difference_of_error(standard_error: float, *, level: float = 0.95, power: float = POWER) -> float:
    """Smallest true difference that a comparison with this standard error finds with probability `power`.

    >>> round(difference_of_error(0.01), 4)
    0.028
    """
    return _z(level, power) * standard_error


def probes_needed(difference: float, spread: Spread, *, level: float = 0.95, power: float = POWER) -> int | None:
    """Probes needed to find a true difference with the given probability.

    Args:
        difference: The absolute difference to find, > 0, in the unit of the score.
        spread: What makes the difference uncertain.
        level: Of the interval; the test's error rate is 1 - level.
        power: Probability to find it, in (0, 1).

    Returns:
        The number of probes; None when no number is enough because of the labels' error.

    Raises:
        ValueError: If an argument is out of range.

    Source:
        Miller (2024), arXiv:2411.00640, section 5.

    >>> probes_needed(0.03, Spread(omega2=1 / 9))
    969
    """
    if not difference > 0:
        msg = f"need a difference > 0, got {difference}"
        raise ValueError(msg)
    room = (difference / _z(level, power)) ** 2 - spread.label_variance
    return max(1, math.ceil(spread.per_probe / room)) if room > 0 else None


def paired_variance(rate_a: float, rate_b: float, *, correlation: float = 0.0) -> float:
    """Variance of the paired difference of two 0/1 scores: omega² with K = 1 and nothing else.

    Args:
        rate_a: Expected rate of A, in [0, 1].
        rate_b: Expected rate of B, in [0, 1].
        correlation: Between the scores over probes, in [-1, 1]; two models that fail on the same
            probes have 0.3 to 0.6. At 0 the comparison needs the most probes.

    Returns:
        p_A·q_A + p_B·q_B - 2·correlation·sqrt(p_A·q_A·p_B·q_B).

    Raises:
        ValueError: If an argument is out of range.

    >>> round(paired_variance(0.3, 0.25, correlation=0.5), 4)
    0.1991
    """
    if not (0 <= rate_a <= 1 and 0 <= rate_b <= 1 and -1 <= correlation <= 1):
        msg = f"need rates in [0, 1] and a correlation in [-1, 1], got {rate_a}, {rate_b}, {correlation}"
        raise ValueError(msg)
    var_a, var_b = rate_a * (1 - rate_a), rate_b * (1 - rate_b)
    return max(0.0, var_a + var_b - 2 * correlation * math.sqrt(var_a * var_b))


def assumed_spread(
    rate: float, *, correlation: float = 0.0, noise: float = 0.0, repeats: int = 1, design_effect: float = 1.0
) -> Spread:
    """Spread of a planned comparison of two rates, before anybody was asked.

    Args:
        rate: Expected rate of both models, in [0, 1]; 1/2 is the worst case.
        correlation: Between the models over probes, of their expected scores, in [-1, 1].
        noise: Share of an answer's variance that repeats of one probe show, in [0, 1]: 0 when a
            model always answers alike, 1 when its answer depends on luck alone.
        repeats: Answers per probe of either model, >= 1.
        design_effect: Of the clusters, >= 1.

    Returns:
        With K = 1 and noise = 0 the paired variance of `paired_variance`. For a ratio such as the
        hallucination rate, plan with the probes that will count in its denominator.

    Raises:
        ValueError: If an argument is out of range.

    >>> found = assumed_spread(0.3, correlation=0.5, noise=0.4, repeats=4)
    >>> round(found.omega2, 4), round(found.sigma2_a, 4), round(detectable_difference(500, found), 4)
    (0.126, 0.084, 0.0514)
    """
    if not 0 <= noise <= 1:
        msg = f"need noise in [0, 1], got {noise}"
        raise ValueError(msg)
    total = rate * (1 - rate)
    return Spread(
        omega2=(1 - noise) * paired_variance(rate, rate, correlation=correlation),
        sigma2_a=noise * total,
        sigma2_b=noise * total,
        repeats_a=repeats,
        repeats_b=repeats,
        design_effect=design_effect,
    )


def variance_components(scores: Floats) -> tuple[float, float]:
    """Split the variance of repeated scores into between probes and within.

    Args:
        scores: One model's scores, shape (n_probes >= 2, K >= 2); for the omega² of a paired
            difference pass the differences of as many repeats.

    Returns:
        (omega², sigma²): the variance of the probes' expected scores, floored at 0, and the mean
        variance between repeats of a probe.

    Raises:
        ValueError: If there are fewer than two probes or repeats.

    Source:
        Searle, Casella & McCulloch (1992), Variance Components, section 3.6 (one-way ANOVA).

    >>> variance_components(np.array([[0.0, 1], [1, 1], [0, 0], [1, 1]]))
    (0.166..., 0.125)
    """
    if scores.ndim != 2 or min(scores.shape) < 2:
        msg = f"need scores of at least 2 probes and 2 repeats, got shape {scores.shape}"
        raise ValueError(msg)
    within = float(scores.var(axis=1, ddof=1).mean())
    between = float(scores.mean(axis=1).var(ddof=1)) - within / scores.shape[1]
    return max(0.0, between), within


def design_effect(cluster_sizes: Sequence[int], correlation: float) -> float:
    """How many times larger a variance gets because probes come in clusters.

    Args:
        cluster_sizes: Probes per cluster, each >= 1.
        correlation: Of the paired differences within a cluster, in [0, 1].

    Returns:
        1 + (m' - 1)·correlation with m' = Σm²/Σm.

    Raises:
        ValueError: If there is no cluster or an argument is out of range.

    Source:
        Kish (1965), Survey Sampling, section 5.4, with unequal sizes.

    >>> design_effect([5] * 40, 0.3)
    2.2
    """
    if not cluster_sizes or min(cluster_sizes) < 1 or not 0 <= correlation <= 1:
        msg = f"need cluster sizes >= 1 and a correlation in [0, 1], got {list(cluster_sizes)[:5]}, {correlation}"
        raise ValueError(msg)
    mean_size = sum(size * size for size in cluster_sizes) / sum(cluster_sizes)
    return 1 + (mean_size - 1) * correlation


def label_variance(shares: Sequence[float], deviations: Sequence[float], n_labels: int) -> float:
    """Variance that a limited number of labels adds to one calibrated rate.

    Labels are drawn within each verdict, as many as share times deviation asks for.

    Args:
        shares: Share of each verdict among the graded responses; they sum to 1.
        deviations: Standard deviation, among responses with that verdict, of what a true label
            adds to the rate.
        n_labels: Labels of this model, >= 1.

    Returns:
        (Σ share·deviation)² / n_labels.

    Raises:
        ValueError: If the arguments do not fit.

    Source:
        Neyman (1934), JRSS 97(4):558-625, for the allocation.

    >>> round(label_variance([0.4, 0.4, 0.2], [0.2, 0.4, 0.3], 150), 6)
    0.0006
    """
    if len(shares) != len(deviations) or n_labels < 1 or abs(sum(shares) - 1) > 1e-6 or min(*shares, *deviations) < 0:
        msg = f"need shares that sum to 1, as many deviations >= 0 and n_labels >= 1, got {shares}, {deviations}"
        raise ValueError(msg)
    return sum(share * sd for share, sd in zip(shares, deviations, strict=True)) ** 2 / n_labels


def labels_needed(shares: Sequence[float], deviations: Sequence[float], half_width: float, *, level: float) -> int:
    """Labels of one model that bring the labels' part of its interval down to ± `half_width`.

    Raises:
        ValueError: If the arguments do not fit.

    >>> labels_needed([0.4, 0.4, 0.2], [0.2, 0.4, 0.3], 0.05, level=0.95)
    139
    """
    if not half_width > 0:
        msg = f"need half_width > 0, got {half_width}"
        raise ValueError(msg)
    return max(1, math.ceil(normal_quantile(level) ** 2 * label_variance(shares, deviations, 1) / half_width**2))


def _z(level: float, power: float) -> float:
    check_level(level)
    if not 0 < power < 1:
        msg = f"need power in (0, 1), got {power}"
        raise ValueError(msg)
    return normal_quantile(level) + NormalDist().inv_cdf(power)


def mean_score_spread(scores_a: Floats, scores_b: Floats) -> Spread:
    """Estimate the spread from a pilot: two models, the same probes, at least two repeats each.

    Args:
        scores_a: Shape (n_probes, K_A >= 2).
        scores_b: Shape (n_probes, K_B >= 2), the same probes.

    Returns:
        The spread of one answer per probe: set `repeats_a` and `repeats_b` to what is planned.

    Raises:
        ValueError: If shapes do not fit.

    >>> rng = np.random.default_rng(1)
    >>> noise = (rng.random((500, 3)) < 0.5) * 1.0
    >>> found = mean_score_spread(noise, 1 - noise[::-1])
    >>> found.omega2 < 0.02, round(found.sigma2_a, 1)
    (True, 0.2)
    """
    if len(scores_a) != len(scores_b):
        msg = f"need scores on the same probes, got {len(scores_a)} and {len(scores_b)}"
        raise ValueError(msg)
    within_a, within_b = variance_components(scores_a)[1], variance_components(scores_b)[1]
    means = scores_a.mean(axis=1) - scores_b.mean(axis=1)
    omega2 = float(np.var(means, ddof=1)) - within_a / scores_a.shape[1] - within_b / scores_b.shape[1]
    return Spread(omega2=max(0.0, omega2), sigma2_a=within_a, sigma2_b=within_b)
