"""Agreement of any number of annotators, of whom not all label every answer.

Counts have shape (n_answers, k): how many annotators gave each of k labels. Every coefficient is
(po - pe) / (1 - pe) with observed agreement po and agreement by chance pe, and comes with its
influence: what each answer moves it. The sum of the squared influences is its variance.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from evaluator.stats.clusters import Floats
from evaluator.stats.estimates import Ints


class Coefficient(NamedTuple):
    """A coefficient of agreement and where it comes from."""

    value: float
    observed: float
    """po, in [0, 1]."""
    chance: float
    """pe, in [0, 1)."""
    influence: Floats
    """What each answer moves the value, shape (n_answers,); sums to 0."""


def pairwise_agreement(counts: Floats) -> Coefficient:
    """Share of the pairs of labels on one answer that are the same, mean over answers with a pair.

    Args:
        counts: Shape (n_answers, k), at least one answer with two labels.

    Raises:
        ValueError: If no answer has two labels.

    >>> pairwise_agreement(np.array([[2, 0, 0], [1, 1, 0], [0, 1, 2], [0, 0, 1]])).value
    0.4444444444444444
    """
    agreement, has_pair = _agreement(counts)
    observed = float(agreement[has_pair].mean())
    influence = np.where(has_pair, agreement - observed, 0) / has_pair.sum()
    return Coefficient(observed, observed, 0.0, influence)


def annotators_ac1(counts: Floats) -> Coefficient:
    """Gwet's AC1 for any number of annotators.

    po is `pairwise_agreement`; pe = Σ π_k (1 - π_k) / (k - 1) with π_k the mean share of the label
    over all answers with any label.

    Args:
        counts: Shape (n_answers, k), k >= 2 labels that may be used, at least one answer with two.

    Raises:
        ValueError: If no answer has two labels.

    Source:
        Gwet (2008), British Journal of Mathematical and Statistical Psychology 61(1):29-48. Value
        checked against R irrCAC 1.0, cac.raw4raters.

    >>> round(annotators_ac1(np.array([[2, 0, 0], [1, 1, 0], [0, 1, 2], [0, 0, 1]])).value, 6)
    0.181586
    """
    agreement = pairwise_agreement(counts)
    sizes = counts.sum(axis=1)
    is_used = sizes > 0
    shares = counts / np.maximum(sizes, 1)[:, None]
    mean = shares[is_used].mean(axis=0)
    n_labels = counts.shape[1]
    chance = float((mean * (1 - mean)).sum()) / (n_labels - 1)
    of_chance = np.where(is_used, (shares - mean) @ (1 - 2 * mean), 0) / is_used.sum() / (n_labels - 1)
    return _beyond_chance(agreement.observed, chance, agreement.influence, of_chance)


def krippendorff_alpha(counts: Floats) -> Coefficient | None:
    """Krippendorff's alpha for nominal labels, from answers with two labels or more.

    alpha = 1 - Do / De with, over answers u with m_u labels, n labels in all and n_k of label k,
    Do = Σ_u (m_u² - Σ_k c_uk²) / (m_u - 1) / n and De = (n² - Σ_k n_k²) / (n (n - 1)).

    Args:
        counts: Shape (n_answers, k), at least one answer with two labels.

    Returns:
        None when all labels are the same: there is nothing that chance could get wrong.

    Raises:
        ValueError: If no answer has two labels.

    Source:
        Krippendorff (2011), Computing Krippendorff's Alpha-Reliability. Value checked against R
        irrCAC 1.0, cac.raw4raters.

    >>> round(krippendorff_alpha(np.array([[2, 0, 0], [1, 1, 0], [0, 1, 2], [0, 0, 1]])).value, 6)
    0.25
    """
    _, has_pair = _agreement(counts)
    used = np.where(has_pair[:, None], counts, 0)
    sizes = used.sum(axis=1)
    n = float(sizes.sum())
    differing = (sizes**2 - (used**2).sum(axis=1)) / np.maximum(sizes - 1, 1)
    disagreement = float(differing.sum()) / n
    shares = used.sum(axis=0) / n
    by_chance = (1 - float((shares**2).sum())) * n / (n - 1)
    if math.isclose(by_chance, 0.0, abs_tol=1e-12):
        return None
    of_observed = -(differing - sizes * disagreement) / n
    of_chance = 2 * ((used - sizes[:, None] * shares) @ shares) / n * n / (n - 1)
    return _beyond_chance(1 - disagreement, 1 - by_chance, of_observed, of_chance)


def coefficient_error(influence: Floats, clusters: Ints) -> float:
    """Standard error of a coefficient when answers of one cluster are not independent.

    sqrt(C/(C-1) · Σ_c (Σ_{u in c} i_u)²), and never less than with every answer its own cluster:
    by luck a few clusters may look more alike than independent answers would.

    Args:
        influence: Per answer, shape (n_answers,).
        clusters: Any code per answer, equal within a cluster, at least two different ones.

    Source:
        Binder (1983), International Statistical Review 51(3):279-292.

    >>> round(coefficient_error(np.array([0.1, -0.1, 0.2, -0.2]), np.array([0, 1, 2, 3])), 6)
    0.365148
    """
    _, codes = np.unique(clusters, return_inverse=True)
    sums = np.bincount(codes, weights=influence)
    n_clusters = len(sums)
    clustered = n_clusters / (n_clusters - 1) * float((sums**2).sum())
    return math.sqrt(max(clustered, float((influence**2).sum())))


def _agreement(counts: Floats) -> tuple[Floats, np.ndarray[tuple[int], np.dtype[np.bool_]]]:
    """Return the share of equal pairs of each answer, and which answers have a pair."""
    sizes = counts.sum(axis=1)
    has_pair = sizes >= 2
    if not has_pair.any():
        msg = "need at least one answer with two labels, got none"
        raise ValueError(msg)
    pairs = np.where(has_pair, sizes * (sizes - 1), 1)
    return (counts * (counts - 1)).sum(axis=1) / pairs, has_pair


def _beyond_chance(observed: float, chance: float, of_observed: Floats, of_chance: Floats) -> Coefficient:
    value = (observed - chance) / (1 - chance)
    influence = (of_observed - (1 - value) * of_chance) / (1 - chance)
    return Coefficient(value, observed, chance, influence)
