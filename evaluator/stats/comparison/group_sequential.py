"""A fixed calendar of looks: how far z must go at each so that all together err with probability alpha."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np

from evaluator.stats.clusters import Floats

Shape = Literal["pocock", "obrien_fleming"]
_POINTS = 100


def look_limits(n_looks: int, *, alpha: float = 0.05, shape: Shape = "obrien_fleming") -> list[float]:
    """Two-sided limits of |z| at looks of equal information.

    Args:
        n_looks: Looks planned, 1 to 100, fixed in advance.
        alpha: Chance to exceed any of them while nothing changed, in (0, 1).
        shape: `pocock` has one limit for all looks; `obrien_fleming` has c·sqrt(n_looks/look), hard
            to exceed early and nearly the usual one at the end.

    Returns:
        One limit per look.

    Raises:
        ValueError: If an argument is out of range.

    Source:
        Pocock (1977), Biometrika 64(2):191-199; O'Brien & Fleming (1979), Biometrics 35(3):549-556;
        Armitage, McPherson & Rowe (1969), JRSS A 132(2):235-244, for the recursion.

    >>> [round(limit, 3) for limit in look_limits(5, shape="pocock")][0], round(look_limits(5)[-1], 2)
    (2.413, 2.04)
    """
    from scipy.optimize import brentq

    if not (1 <= n_looks <= 100 and 0 < alpha < 1):
        msg = f"need 1 to 100 looks and alpha in (0, 1), got {n_looks} and {alpha}"
        raise ValueError(msg)
    power = 0.0 if shape == "pocock" else 0.5
    shares = [(n_looks / look) ** power for look in range(1, n_looks + 1)]

    def excess(constant: float) -> float:
        return crossing_probability([constant * share for share in shares]) - alpha

    constant = float(brentq(excess, 0.01, 12.0, xtol=1e-6))
    return [constant * share for share in shares]


def crossing_probability(limits: list[float]) -> float:
    """Probability that |z| exceeds its limit at any of the looks while nothing changed.

    Args:
        limits: One per look, > 0; looks have equal information.

    >>> round(crossing_probability([1.959964]), 4), round(crossing_probability([1.959964] * 5), 3)
    (0.05, 0.142)
    """
    nodes, weights = np.polynomial.legendre.leggauss(_POINTS)
    # The sum S_t = z_t·sqrt(t) makes steps of variance one; its density is followed look by look.
    place, mass = np.zeros(1), np.ones(1)
    for look, limit in enumerate(limits, 1):
        edge = limit * math.sqrt(look)
        grid = nodes * edge
        density = _steps(grid, place) @ mass
        place, mass = grid, density * weights * edge
    return 1 - float(mass.sum())


def _steps(to: Floats, origin: Floats) -> Floats:
    gaps: Floats = to[:, np.newaxis] - origin[np.newaxis, :]
    densities: Floats = np.exp(-(gaps**2) / 2) / math.sqrt(2 * math.pi)
    return densities
