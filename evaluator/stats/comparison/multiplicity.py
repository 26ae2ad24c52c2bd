"""Many tests at once: p-values adjusted so that the chance of false claims stays bounded."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from evaluator.stats.clusters import Floats


def holm(p_values: Sequence[float] | Floats) -> Floats:
    """Holm's adjustment: P(any false claim) <= α when adjusted p <= α is claimed.

    Args:
        p_values: In [0, 1], in any order, shape (n,); the tests may depend on each other.

    Returns:
        Adjusted p-values in the same order, shape (n,), each >= its p-value and <= 1.

    Raises:
        ValueError: If a p-value is outside [0, 1] or not a number.

    Source:
        Holm (1979), Scandinavian Journal of Statistics 6(2):65-70.

    >>> holm([0.01, 0.04, 0.03]).tolist()
    [0.03, 0.06, 0.06]
    """
    ps = _checked(p_values)
    order = np.argsort(ps, kind="stable")
    raised = np.maximum.accumulate(ps[order] * np.arange(len(ps), 0, -1))
    return _in_place(np.minimum(raised, 1.0), order)


def benjamini_hochberg(p_values: Sequence[float] | Floats) -> Floats:
    """Benjamini-Hochberg adjustment: of what is claimed at <= α, at most a share α is false on average.

    For exploration; claims to be published need `holm`.

    Args:
        p_values: In [0, 1], in any order, shape (n,).

    Returns:
        Adjusted p-values in the same order, shape (n,), each >= its p-value and <= Holm's.

    Raises:
        ValueError: If a p-value is outside [0, 1] or not a number.

    Assumes:
        Independent or positively dependent tests.

    Source:
        Benjamini & Hochberg (1995), JRSS B 57(1):289-300.

    >>> benjamini_hochberg([0.01, 0.04, 0.03]).tolist()
    [0.03, 0.04, 0.04]
    """
    ps = _checked(p_values)
    n = len(ps)
    order = np.argsort(ps, kind="stable")
    scaled = ps[order] * n / np.arange(1, n + 1)
    lowered = np.minimum.accumulate(scaled[::-1])[::-1]
    return _in_place(np.minimum(lowered, 1.0), order)


def _checked(p_values: Sequence[float] | Floats) -> Floats:
    ps = np.asarray(p_values, dtype=np.float64)
    if ps.ndim != 1 or not bool(((ps >= 0) & (ps <= 1)).all()):
        msg = f"need p-values in [0, 1], got {ps.tolist()}"
        raise ValueError(msg)
    return ps


def _in_place(ordered: Floats, order: np.ndarray[tuple[int, ...], np.dtype[np.intp]]) -> Floats:
    adjusted = np.empty_like(ordered)
    adjusted[order] = ordered
    return adjusted
