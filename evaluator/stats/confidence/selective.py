"""If only the surest answers were given: risk against coverage, and the areas under those curves.

Answers of equal confidence are accepted together, so no result depends on their order.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from evaluator.stats.clusters import Floats


@dataclass(frozen=True, slots=True)
class RiskCoverage:
    """The curve, from the surest answers to all of them, shape (n_levels,)."""

    threshold: Floats
    """Answers with at least this confidence are accepted, descending."""
    coverage: Floats
    """Share of the answers that are accepted, ascending to 1."""
    risk: Floats
    """Mean residual of the accepted: the share that is wrong."""
    generalised_risk: Floats
    """Residuals of the accepted over all answers: the share that is accepted and wrong."""


def risk_coverage(confidence: Floats, residuals: Floats) -> RiskCoverage:
    """Risk at every coverage that a threshold on the confidence can reach.

    Args:
        confidence: Shape (n,), any scale.
        residuals: 1 for wrong, 0 for correct, or a loss in [0, 1], shape (n,).

    Raises:
        ValueError: If the shapes differ or are empty, or a residual is outside [0, 1].

    Source:
        Geifman & El-Yaniv (2017), arXiv:1705.08500; Traub et al. (2024), arXiv:2407.01032, for the
        generalised risk.

    >>> curve = risk_coverage(np.array([0.9, 0.9, 0.5, 0.2]), np.array([0.0, 1, 0, 1]))
    >>> curve.coverage.tolist(), curve.risk.round(3).tolist()
    ([0.5, 0.75, 1.0], [0.5, 0.333, 0.5])
    """
    if confidence.shape != residuals.shape or confidence.ndim != 1 or not len(confidence):
        msg = f"need two arrays of one shape (n >= 1,), got {confidence.shape} and {residuals.shape}"
        raise ValueError(msg)
    if not bool(((residuals >= 0) & (residuals <= 1)).all()) or bool(np.isnan(confidence).any()):
        msg = "need residuals in [0, 1] and no missing confidence"
        raise ValueError(msg)
    values, code, n = np.unique(-confidence, return_inverse=True, return_counts=True)
    accepted = np.cumsum(n)
    lost = np.cumsum(np.bincount(code, weights=residuals, minlength=len(values)))
    return RiskCoverage(-values, accepted / len(confidence), lost / accepted, lost / len(confidence))


def aurc(confidence: Floats, residuals: Floats) -> float:
    """Area under the risk-coverage curve; low is good.

    Trapezoids between the points; the risk of the surest group is carried down to coverage 0. Wrong
    answers of high confidence weigh without bound: prefer `augrc`.

    Raises:
        ValueError: As for `risk_coverage`.

    Source:
        Geifman, Uziel & El-Yaniv (2019), arXiv:1805.08206; conventions of fd-shifts (Jaeger et al.
        2023, arXiv:2211.15259).

    >>> aurc(np.ones(4), np.array([0.0, 1, 0, 1]))
    0.5
    """
    curve = risk_coverage(confidence, residuals)
    return _area(np.append(0.0, curve.coverage), np.append(curve.risk[0], curve.risk))


def excess_aurc(confidence: Floats, residuals: Floats) -> float:
    """AURC minus that of a perfect order of the same errors, err + (1 - err)·ln(1 - err).

    The subtracted term is the limit of many answers, so with few it can fall below 0.

    Source:
        Geifman, Uziel & El-Yaniv (2019), arXiv:1805.08206.
    """
    error = float(residuals.mean())
    best = error + (1 - error) * math.log(1 - error) if error < 1 else 1.0
    return aurc(confidence, residuals) - best


def augrc(confidence: Floats, residuals: Floats) -> float:
    """Area under the generalised risk-coverage curve, in [0, 1/2] for a 0/1 residual; low is good.

    The mean chance, over all coverages, that an answer is accepted and wrong. For 0/1 residuals it
    is (1 - AUROC)·acc·(1 - acc) + (1 - acc)²/2.

    Raises:
        ValueError: As for `risk_coverage`.

    Source:
        Traub et al. (2024), arXiv:2407.01032.

    >>> augrc(np.ones(4), np.array([0.0, 1, 0, 1]))
    0.25
    """
    curve = risk_coverage(confidence, residuals)
    return _area(np.append(0.0, curve.coverage), np.append(0.0, curve.generalised_risk))


def _area(x: Floats, y: Floats) -> float:
    return float((np.diff(x) * (y[1:] + y[:-1])).sum()) / 2
