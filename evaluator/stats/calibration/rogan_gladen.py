"""A share of positive verdicts corrected with the judge's sensitivity and specificity."""

from __future__ import annotations

import math
from dataclasses import dataclass

from evaluator.stats.intervals import Interval, normal_quantile

_LEAST_J = 1e-4
"""Below this the correction divides by nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeAccuracy:
    """How a judge treats true negatives and true positives, each from its own sample of labels."""

    specificity: float
    """q0, in [0, 1]."""
    n_negative: float
    """Labels behind q0, > 0."""
    sensitivity: float
    """q1, in [0, 1]."""
    n_positive: float
    """Labels behind q1, > 0."""

    @property
    def youden_j(self) -> float:
        """J = q0 + q1 - 1: 1 for a perfect judge, 0 for one that guesses."""
        return self.specificity + self.sensitivity - 1

    def youden_j_low(self, level: float = 0.95) -> float:
        """Lower limit of J, with the added counts of Agresti & Coull so that q = 1 is not certain."""
        variance = 0.0
        for rate, n in ((self.specificity, self.n_negative), (self.sensitivity, self.n_positive)):
            shrunk = (n * rate + 1) / (n + 2)
            variance += shrunk * (1 - shrunk) / (n + 2)
        return self.youden_j - normal_quantile(level) * math.sqrt(variance)


def rogan_gladen(apparent: float, specificity: float, sensitivity: float) -> float:
    """θ = (p + q0 - 1) / (q0 + q1 - 1), not clipped: outside [0, 1] the accuracies do not fit the data.

    Raises:
        ValueError: If q0 + q1 - 1 is not above 0: the judge tells nothing, or the wrong way round.

    Source:
        Rogan & Gladen (1978), Am J Epidemiol 107(1):71-76.

    >>> round(rogan_gladen(0.4, 0.7, 0.9), 6)
    0.166667
    """
    j = specificity + sensitivity - 1
    if j < _LEAST_J:
        msg = f"need sensitivity + specificity > 1, got {specificity + sensitivity:g}"
        raise ValueError(msg)
    return (apparent + specificity - 1) / j


def lang_reiczigel_interval(apparent: float, n: float, judge: JudgeAccuracy, *, level: float = 0.95) -> Interval:
    """Interval of a Rogan-Gladen corrected share, with the uncertainty of the judge's accuracies.

    Args:
        apparent: p, share of positive verdicts, in [0, 1].
        n: Independent verdicts behind p, > 0.
        judge: Accuracies from labels of the same kind of responses; samples independent of each
            other and of the verdicts.
        level: Target coverage, in (0, 1).

    Returns:
        (low, high), clipped to [0, 1].

    Raises:
        ValueError: If the smoothed accuracies add up to 1 or less.

    Source:
        Lang & Reiczigel (2014), Prev Vet Med 113(1):13-22; its equation 4 has to read (1-P)². The
        same interval is in Lee et al. (2025), arXiv:2511.21140.

    >>> judge = JudgeAccuracy(specificity=0.7, n_negative=200, sensitivity=0.9, n_positive=200)
    >>> lang_reiczigel_interval(0.4, 1000, judge)
    (0.0563..., 0.2627...)
    """
    z2 = normal_quantile(level) ** 2
    total, share = n + z2, (n * apparent + z2 / 2) / (n + z2)
    n0, n1 = judge.n_negative + 2, judge.n_positive + 2
    q0 = (judge.n_negative * judge.specificity + 1) / n0
    q1 = (judge.n_positive * judge.sensitivity + 1) / n1
    corrected = rogan_gladen(share, q0, q1)
    of_negatives, of_positives = q0 * (1 - q0) / n0, q1 * (1 - q1) / n1
    shift = 2 * z2 * (corrected * of_positives - (1 - corrected) * of_negatives)
    spread = share * (1 - share) / total + (1 - corrected) ** 2 * of_negatives + corrected**2 * of_positives
    half = math.sqrt(z2 * spread) / (q0 + q1 - 1)
    middle = corrected + shift
    return _clipped(middle - half), _clipped(middle + half)


def shared_calibration_bias(rate: float, own: JudgeAccuracy, shared: JudgeAccuracy) -> float:
    """By how much a rate is off when the judge treats this model differently than the labelled ones.

    [θ(q1j - q1) - (1 - θ)(q0j - q0)] / (q0 + q1 - 1).

    Args:
        rate: θ, the true share of the model.
        own: The judge's accuracies on this model.
        shared: Those used to correct.

    Raises:
        ValueError: If the shared accuracies add up to 1 or less.

    Source:
        Fiedler (2026), arXiv:2605.06939, on differential misclassification.
    """
    apparent = rate * own.sensitivity + (1 - rate) * (1 - own.specificity)
    return rogan_gladen(apparent, shared.specificity, shared.sensitivity) - rate


def _clipped(share: float) -> float:
    return min(max(share, 0.0), 1.0)
