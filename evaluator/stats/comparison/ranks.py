"""How models rank when only some differences are beyond chance: rank sets and tie groups."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from evaluator.stats.clusters import Floats

Flags = npt.NDArray[np.bool_]


def rank_sets(better: Flags) -> list[tuple[int, int]]:
    """Best and worst rank each model may have, given which are significantly better than which.

    Args:
        better: Shape (n_models, n_models); [i, j] says that i is significantly better than j,
            after correction for all pairs.

    Returns:
        (1 + models significantly better than it, n_models - models significantly worse). If the
        correction bounds the chance of any false claim, all sets hold at once at that level.

    Raises:
        ValueError: If the array is not square, or two models are each better than the other.

    Source:
        Mogstad, Romano, Shaikh & Wilhelm (2024), Review of Economic Studies 91(1):476-518.

    >>> rank_sets(np.array([[False, False, True], [False, False, False], [False, False, False]]))
    [(1, 2), (1, 3), (2, 3)]
    """
    if better.ndim != 2 or better.shape[0] != better.shape[1] or bool((better & better.T).any()):
        msg = f"need a square array without pairs that are each better, got shape {better.shape}"
        raise ValueError(msg)
    n_better, n_worse = better.sum(axis=0).tolist(), better.sum(axis=1).tolist()
    return [(1 + above, len(better) - below) for above, below in zip(n_better, n_worse, strict=True)]


def tie_groups(values: Sequence[float] | Floats, better: Flags, *, lowest_first: bool) -> list[tuple[int, ...]]:
    """Neighbours in the order of values among whom nothing is significant.

    Groups overlap where significance is not transitive: A ties with B, B with C, but A beats C.

    Args:
        values: One per model, shape (n_models,).
        better: As for `rank_sets`.
        lowest_first: Whether low values are good.

    Returns:
        Positions of the models of each group, best first; every model is in at least one group,
        and no group is part of another.

    >>> better = np.array([[False, False, True], [False, False, False], [False, False, False]])
    >>> tie_groups([0.1, 0.2, 0.3], better, lowest_first=True)
    [(0, 1), (1, 2)]
    """
    signed = np.asarray(values, dtype=np.float64) * (1 if lowest_first else -1)
    order = np.argsort(signed, kind="stable").tolist()
    differs = better | better.T
    groups: list[tuple[int, ...]] = []
    last_end = 0
    for start in range(len(order)):
        end = start + 1
        while end < len(order) and not differs[order[end], order[start:end]].any():
            end += 1
        if end > last_end:
            groups.append(tuple(order[start:end]))
            last_end = end
    return groups
