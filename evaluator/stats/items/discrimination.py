"""Do models that do better elsewhere do better on this probe?"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Scores = npt.NDArray[np.float64]


def item_rest_correlations(scores: Scores) -> Scores:
    """Correlation of each column with the mean of the other columns, over the rows.

    For scores of 0 and 1 this is the point-biserial item-rest correlation.

    Args:
        scores: Shape (respondents, items), in [0, 1]; NaN where there is none.

    Returns:
        Shape (items,), in [-1, 1]; NaN where fewer than three respondents have the item, or where the
        item or the rest does not vary.

    Source:
        Lord & Novick (1968), Statistical Theories of Mental Test Scores, section 15.2; "corrected"
        item-total correlation, as psych::alpha's r.drop.

    >>> item_rest_correlations(np.array([[1.0, 1, 0], [1, 1, 1], [0, 0, 1], [0, 0, 0]])).round(3).tolist()
    [0.707, 0.707, 0.0]
    """
    known = ~np.isnan(scores)
    filled = np.where(known, scores, 0.0)
    totals, counts = filled.sum(axis=1), known.sum(axis=1)
    others = counts[:, None] - known
    rest = (totals[:, None] - filled) / np.where(others > 0, others, 1)
    usable = known & (others > 0)
    n = usable.sum(axis=0)
    safe = np.maximum(n, 1)
    x, y = np.where(usable, scores, 0.0), np.where(usable, rest, 0.0)
    dx = np.where(usable, x - x.sum(axis=0) / safe, 0.0)
    dy = np.where(usable, y - y.sum(axis=0) / safe, 0.0)
    spread = np.sqrt((dx**2).sum(axis=0) * (dy**2).sum(axis=0))
    is_defined = (n >= 3) & (spread > 1e-12)
    correlation: Scores = (dx * dy).sum(axis=0) / np.where(is_defined, spread, 1.0)
    return np.where(is_defined, np.clip(correlation, -1, 1), np.nan)
