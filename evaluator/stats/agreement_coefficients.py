"""Agreement of two raters beyond chance: the coefficients, from a table of counts.

Tables have shape (k, k), one rater in the rows and one in the columns. Each coefficient is
(po - pe) / (1 - pe): observed agreement po, and pe the agreement that chance would give. Every one
comes with its influence: what an answer in each cell moves the coefficient, times n. From it
`clustered_error` makes a standard error in one closed form, linear in the answers and without a
seed; with every answer its own cluster it is the published one, so no jackknife is needed.
"""

from __future__ import annotations

import math

import numpy as np

from evaluator.stats.clusters import Floats


def observed_agreement(table: Floats) -> float:
    """Share of the answers on which both raters say the same.

    Args:
        table: Counts, shape (k, k), with a positive sum.

    Raises:
        ValueError: If the table is not square, or has a negative count, or only zeros.

    >>> observed_agreement(np.array([[13, 0, 0], [0, 20, 7], [0, 4, 56]]))
    0.89
    """
    counts = _counts(table)
    return float(np.trace(counts)) / float(counts.sum())


def cohen_chance(table: Floats) -> float:
    """Agreement by chance when each rater keeps to their own shares, Σ p_k. · p_.k.

    >>> round(cohen_chance(np.array([[13, 0, 0], [0, 20, 7], [0, 4, 56]])), 4)
    0.4597
    """
    rows, columns = _margins(table)
    return float((rows * columns).sum())


def cohen_kappa(table: Floats) -> float | None:
    """Cohen's kappa, with chance from the margins of both raters.

    Args:
        table: Counts, shape (k, k), with a positive sum. A class nobody uses changes nothing.

    Returns:
        Kappa in [-1, 1]; None when both raters give every answer the same one class.

    Raises:
        ValueError: If the table is not square, or has a negative count, or only zeros.

    Source:
        Cohen (1960), Educational and Psychological Measurement 20(1):37-46. Value checked
        against R irrCAC 1.0, cont3x3abstractors.

    >>> round(cohen_kappa(np.array([[13, 0, 0], [0, 20, 7], [0, 4, 56]])), 7)
    0.7964094
    """
    return _beyond_chance(table, cohen_chance(table))


def cohen_kappa_influence(table: Floats) -> Floats:
    """What an answer in each cell moves Cohen's kappa, times n; sums to 0 over the answers.

    Args:
        table: Counts, shape (k, k), for which kappa is defined.

    Returns:
        Shape (k, k): (1[i = j] - po - (1 - κ)(p_.i + p_j. - 2 pe)) / (1 - pe).

    Source:
        Fleiss, Cohen & Everitt (1969), Psychological Bulletin 72(5):323-327, of whose variance
        these are the terms.

    >>> cohen_kappa_influence(np.array([[4, 1], [1, 4]])).round(3).tolist()
    [[0.4, -1.6], [-1.6, 0.4]]
    """
    rows, columns = _margins(table)
    slope = columns[:, None] + rows[None, :] - 2 * cohen_chance(table)
    return _influence(table, cohen_chance(table), slope)


def gwet_chance(table: Floats) -> float:
    """Agreement by chance as in AC1, Σ π_k (1 - π_k) / (k - 1) with π the mean of the margins.

    >>> round(gwet_chance(np.array([[13, 0, 0], [0, 20, 7], [0, 4, 56]])), 6)
    0.269925
    """
    mean = _mean_margin(table)
    return float((mean * (1 - mean)).sum()) / (len(mean) - 1)


def gwet_ac1(table: Floats) -> float | None:
    """Gwet's AC1, which one frequent class does not push down as it does kappa.

    Args:
        table: Counts, shape (k, k), with a positive sum. k is the number of classes the raters
            may use: unlike for kappa, one that nobody uses counts.

    Returns:
        AC1 in [-1, 1]. Chance is at most 1 / k, so it is always defined.

    Raises:
        ValueError: If the table is not square, or has a negative count, or only zeros.

    Source:
        Gwet (2008), British Journal of Mathematical and Statistical Psychology 61(1):29-48.
        Value checked against R irrCAC 1.0, cont3x3abstractors.

    >>> round(gwet_ac1(np.array([[13, 0, 0], [0, 20, 7], [0, 4, 56]])), 7)
    0.8493305
    """
    return _beyond_chance(table, gwet_chance(table))


def gwet_ac1_influence(table: Floats) -> Floats:
    """What an answer in each cell moves AC1, times n; sums to 0 over the answers.

    Returns:
        Shape (k, k): (1[i = j] - po - (1 - AC1)(2 Σπ² - π_i - π_j) / (k - 1)) / (1 - pe).

    Source:
        Gwet (2008), equation for the variance of AC1, of which these are the terms.

    >>> gwet_ac1_influence(np.array([[4, 1], [1, 4]])).round(3).tolist()
    [[0.4, -1.6], [-1.6, 0.4]]
    """
    mean = _mean_margin(table)
    slope = (2 * float((mean**2).sum()) - mean[:, None] - mean[None, :]) / (len(mean) - 1)
    return _influence(table, gwet_chance(table), slope)


def independent_error(table: Floats, influence: Floats) -> float:
    """Standard error of a coefficient when all answers are independent, sqrt(Σ u²) / n.

    Args:
        table: Counts, shape (k, k), with a positive sum.
        influence: Per cell, times n, shape (k, k).

    Source:
        Fleiss, Cohen & Everitt (1969) for kappa, Gwet (2008) for AC1; as in R irrCAC 1.0, which
        prints 0.05891072 for this kappa.

    >>> table = np.array([[13, 0, 0], [0, 20, 7], [0, 4, 56]])
    >>> round(independent_error(table, cohen_kappa_influence(table)), 8)
    0.05891072
    """
    counts = _counts(table)
    return math.sqrt(float((counts * influence**2).sum())) / float(counts.sum())


def clustered_error(cells: Floats, influence: Floats) -> float:
    """Standard error of a coefficient when answers within a cluster are not independent.

    SE = sqrt(C/(C-1) · Σ_c (Σ_{i in c} u_i)²) / n, with u the influence of each answer.

    Args:
        cells: Counts per cluster, shape (n_clusters, k, k), n_clusters >= 2.
        influence: Per cell, times n, shape (k, k).

    Returns:
        The standard error; with every answer its own cluster it is `independent_error` times
        sqrt(n/(n-1)).

    Raises:
        ValueError: If there are fewer than two clusters.

    Source:
        Binder (1983), International Statistical Review 51(3):279-292, for linearised variances of
        functions of totals, with clusters as the units.

    >>> one_each = np.repeat(np.eye(4).reshape(4, 2, 2), [4, 1, 1, 4], axis=0)
    >>> round(clustered_error(one_each, cohen_kappa_influence(one_each.sum(axis=0))), 6)
    0.266667
    """
    n_clusters = len(cells)
    if n_clusters < 2:
        msg = f"need at least two clusters, got {n_clusters}"
        raise ValueError(msg)
    sums = (cells * influence).sum(axis=(1, 2))
    return math.sqrt(n_clusters / (n_clusters - 1) * float((sums**2).sum())) / float(cells.sum())


def _beyond_chance(table: Floats, chance: float) -> float | None:
    return None if chance == 1 else (observed_agreement(table) - chance) / (1 - chance)


def _influence(table: Floats, chance: float, slope: Floats) -> Floats:
    observed = observed_agreement(table)
    missing = (1 - observed) / (1 - chance)
    return (np.eye(len(table)) - observed - missing * slope) / (1 - chance)


def _counts(table: Floats) -> Floats:
    counts = np.asarray(table, dtype=np.float64)
    is_square = counts.ndim == 2 and counts.shape[0] == counts.shape[1] >= 2
    if not is_square or counts.min() < 0 or counts.sum() <= 0:
        msg = f"need a square table of counts with a positive sum, got {np.asarray(table).tolist()}"
        raise ValueError(msg)
    return counts


def _margins(table: Floats) -> tuple[Floats, Floats]:
    counts = _counts(table)
    n = float(counts.sum())
    return counts.sum(axis=1) / n, counts.sum(axis=0) / n


def _mean_margin(table: Floats) -> Floats:
    rows, columns = _margins(table)
    mean: Floats = (rows + columns) / 2
    return mean
