"""How many labels are needed, and where they tell most."""

from __future__ import annotations

import math

import numpy as np

from evaluator.stats.clusters import Floats
from evaluator.stats.intervals import normal_quantile


def labels_for_half_width(half_width: float, weights: Floats, deviations: Floats, *, level: float = 0.95) -> int:
    """Labels after which the labels' part of the interval is as narrow as wanted, drawn by Neyman's rule.

    n = (z/h)²·(Σ_g p_g·sd_g)². The probes have a part of their own that no label removes.

    Args:
        half_width: h > 0, in the unit of the rate.
        weights: p_g, shares of the cells, shape (n_cells,).
        deviations: sd_g of the rate's gradient within the cells, shape (n_cells,).
        level: Target coverage, in (0, 1).

    Raises:
        ValueError: If half_width is not positive.

    Source:
        Neyman (1934), JRSS 97(4):558-625.

    >>> labels_for_half_width(0.05, np.array([0.4, 0.4, 0.2]), np.array([0.3, 0.5, 0.4]))
    246
    """
    if half_width <= 0:
        msg = f"need half_width > 0, got {half_width}"
        raise ValueError(msg)
    needed = (normal_quantile(level) / half_width) ** 2 * float((weights * deviations).sum()) ** 2
    # Not one label more for a rounding error.
    return math.ceil(round(needed, 9))


def neyman_allocation(n_labels: int, sizes: Floats, deviations: Floats) -> Floats:
    """Share labels among cells so that the variance is least: n_g ∝ N_g·sd_g, at most N_g.

    Args:
        n_labels: To share, >= 0; what does not fit into full cells goes to the others.
        sizes: N_g, shape (n_cells,).
        deviations: sd_g, shape (n_cells,).

    Returns:
        Real numbers, shape (n_cells,); they add up to `n_labels` unless all cells with a spread are full.

    Source:
        Neyman (1934); Cochran (1977), Sampling Techniques, section 5.8, for full cells.

    >>> neyman_allocation(100, np.array([500.0, 300, 20]), np.array([0.1, 0.2, 2.0])).round(1).tolist()
    [36.4, 43.6, 20.0]
    """
    demand = sizes * deviations
    given = np.zeros_like(sizes)
    is_open = demand > 0
    left = float(n_labels)
    while left > 0 and is_open.any():
        demand = np.where(is_open, demand / demand[is_open].max(), 0)
        share: Floats = left * demand / demand.sum()
        is_full = is_open & (share >= sizes)
        if not is_full.any():
            return np.asarray(given + share, dtype=np.float64)
        given[is_full] = sizes[is_full]
        left = n_labels - float(given.sum())
        is_open &= ~is_full
    return given


def rogan_gladen_allocation(
    n_labels: int, apparent: float, *, specificity: float, sensitivity: float, n_pilot: int
) -> tuple[int, int]:
    """Share labels between true negatives and true positives for a Rogan-Gladen correction.

    m1 = m / (1 + (1/p - 1)·sqrt(κ)), κ = (m_p·(1 - q0) + 1) / (m_p·(1 - q1) + 1).

    Args:
        n_labels: m, to share.
        apparent: p, share of positive verdicts, in (0, 1).
        specificity: q0 in the pilot.
        sensitivity: q1 in the pilot.
        n_pilot: m_p, labels of each class in the pilot.

    Returns:
        (negatives, positives); they add up to `n_labels`.

    Source:
        Lee et al. (2025), arXiv:2511.21140, adaptive allocation.

    >>> rogan_gladen_allocation(200, 0.4, specificity=0.7, sensitivity=0.9, n_pilot=10)
    (136, 64)
    """
    if not 0 < apparent < 1:
        msg = f"need a share of positive verdicts in (0, 1), got {apparent}"
        raise ValueError(msg)
    kappa = (n_pilot * (1 - specificity) + 1) / (n_pilot * (1 - sensitivity) + 1)
    positives = round(n_labels / (1 + (1 / apparent - 1) * math.sqrt(kappa)))
    return n_labels - positives, positives
