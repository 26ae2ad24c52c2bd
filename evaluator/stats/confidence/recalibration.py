"""What a confidence would have to be multiplied, shifted or reordered by to be right; always fit on other answers.

A recalibrated confidence is only honest on answers it was not fit on: `cross_fitted` sees to that.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from evaluator.stats.clusters import Floats
from evaluator.stats.confidence.inputs import check_pairs
from evaluator.stats.estimates import Ints

Map = Callable[[Floats], Floats]
_EDGE = 1e-6
FEWEST_ISOTONIC = 1000
"""Answers below which an isotonic fit follows chance; use the temperature, which has one parameter."""


def temperature_fit(confidence: Floats, correct: Floats) -> float:
    """Temperature T > 0 of the likeliest confidence expit(logit(f) / T); above 1 the model is overconfident.

    Args:
        confidence: In [0, 1], shape (n,); 0 and 1 count as 1e-6 from the edge.
        correct: 0 or 1, shape (n,).

    Raises:
        ValueError: If the arguments do not fit.

    Source:
        Guo et al. (2017), arXiv:1706.04599.

    >>> bool(1.7 < temperature_fit(np.array([0.9] * 10), np.array([1.0] * 7 + [0.0] * 3)) < 3.3)
    True
    """
    from scipy.optimize import minimize_scalar

    check_pairs(confidence, correct)
    logits, sides = _logits(confidence), 2 * correct - 1

    def loss(log_temperature: float) -> float:
        return float(np.logaddexp(0, -sides * logits * np.exp(-log_temperature)).sum())

    return float(np.exp(minimize_scalar(loss, bounds=(-7, 7), method="bounded", options={"xatol": 1e-9}).x))


def platt_fit(confidence: Floats, correct: Floats) -> tuple[float, float]:
    """Intercept a and slope b of the likeliest confidence expit(a + b·logit(f)), without a penalty.

    Raises:
        ValueError: If the arguments do not fit.

    Source:
        Platt (1999), Advances in Large Margin Classifiers.
    """
    from scipy.optimize import minimize

    check_pairs(confidence, correct)
    logits, sides = _logits(confidence), 2 * correct - 1

    def loss(line: Floats) -> float:
        return float(np.logaddexp(0, -sides * (line[0] + line[1] * logits)).sum())

    intercept, slope = minimize(loss, np.array([0.0, 1.0]), method="Nelder-Mead", options={"xatol": 1e-8}).x
    return float(intercept), float(slope)


def isotonic_fit(confidence: Floats, correct: Floats) -> Map:
    """The rising step function that fits best; for `FEWEST_ISOTONIC` answers or more.

    Raises:
        ValueError: If the arguments do not fit.

    Source:
        Zadrozny & Elkan (2002), KDD; scikit-learn's implementation.
    """
    from sklearn.isotonic import IsotonicRegression

    check_pairs(confidence, correct)
    model = IsotonicRegression(y_min=0.0, y_max=1.0, out_of_bounds="clip").fit(confidence, correct)

    def apply(values: Floats) -> Floats:
        return np.asarray(model.predict(values), dtype=np.float64)

    return apply


def cross_fitted(confidence: Floats, correct: Floats, clusters: Ints, *, n_folds: int = 5) -> Floats:
    """Confidence rescaled by a temperature that was fit on the clusters of the other folds.

    Args:
        confidence: In [0, 1], shape (n,).
        correct: 0 or 1, shape (n,).
        clusters: Code per answer, shape (n,); a cluster is in one fold.
        n_folds: At least 2; fold of a cluster is its rank modulo n_folds.

    Returns:
        In (0, 1), shape (n,).

    Raises:
        ValueError: If the arguments do not fit or there are fewer clusters than folds.
    """
    check_pairs(confidence, correct)
    _, ranks = np.unique(clusters, return_inverse=True)
    if not 2 <= n_folds <= ranks.max() + 1:
        msg = f"need 2 folds or more and as many clusters, got {n_folds} folds of {ranks.max() + 1} clusters"
        raise ValueError(msg)
    found = np.empty(len(confidence))
    for fold in range(n_folds):
        own = ranks % n_folds == fold
        temperature = temperature_fit(confidence[~own], correct[~own])
        found[own] = 1 / (1 + np.exp(-_logits(confidence[own]) / temperature))
    return found


def _logits(confidence: Floats) -> Floats:
    inside = np.clip(confidence, _EDGE, 1 - _EDGE)
    logits: Floats = np.log(inside / (1 - inside))
    return logits
