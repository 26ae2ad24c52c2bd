"""What every measure of confidence needs: pairs of a confidence and whether the answer was correct."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evaluator.stats.clusters import Floats
from evaluator.stats.estimates import Ints


def check_pairs(confidence: Floats, correct: Floats) -> None:
    """Refuse what is not pairs of a confidence in [0, 1] and a 0 or 1.

    Raises:
        ValueError: If the shapes differ or are not (n,) with n >= 1, or a value is out of range.
    """
    if confidence.shape != correct.shape or confidence.ndim != 1 or not len(confidence):
        msg = f"need two arrays of one shape (n >= 1,), got {confidence.shape} and {correct.shape}"
        raise ValueError(msg)
    if not bool(((confidence >= 0) & (confidence <= 1)).all()):
        msg = "need every confidence in [0, 1]"
        raise ValueError(msg)
    if not bool(np.isin(correct, (0, 1)).all()):
        msg = "need correctness as 0 or 1"
        raise ValueError(msg)


@dataclass(frozen=True, slots=True)
class Levels:
    """Answers grouped by equal confidence: verbal confidence has few values and many ties."""

    confidence: Floats
    """Distinct values, ascending, shape (n_levels,)."""
    n: Ints
    """Answers at each."""
    hits: Floats
    """Correct answers at each."""


def group_ties(confidence: Floats, correct: Floats) -> Levels:
    """Group answers by equal confidence.

    >>> group_ties(np.array([0.5, 0.9, 0.5]), np.array([1.0, 1, 0]))
    Levels(confidence=array([0.5, 0.9]), n=array([2, 1]), hits=array([1., 1.]))
    """
    values, code, n = np.unique(confidence, return_inverse=True, return_counts=True)
    hits = np.bincount(code, weights=correct, minlength=len(values)).astype(np.float64)
    return Levels(values, n.astype(np.int64), hits)
