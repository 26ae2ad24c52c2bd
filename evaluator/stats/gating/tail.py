"""One-sided bounds and p-values from any interval that can be made at every level."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Literal

from evaluator.stats.intervals import Interval, normal_quantile

Bounds = Callable[[float], Interval | None]
"""From a two-sided level to an interval; None where there is none."""
Better = Literal["low", "high"]
SMALLEST_P = 1e-12
_STEPS = 44


def two_sided(level: float) -> float:
    """Level of the interval whose ends are one-sided bounds at `level`.

    >>> round(two_sided(0.95), 12)
    0.9
    """
    return 2 * level - 1


def badness(value: float, better: Better) -> float:
    """The value on a scale where more is worse."""
    return value if better == "low" else -value


def bad_interval(low: float, high: float, better: Better) -> Interval:
    """The interval on a scale where more is worse.

    >>> bad_interval(0.25, 0.5, "high")
    (-0.5, -0.25)
    """
    return (low, high) if better == "low" else (-high, -low)


def p_beyond(bounds: Bounds, limit: float, better: Better) -> float | None:
    """One-sided p-value of "the value is within the limit", by inverting the interval.

    Args:
        bounds: Gives the interval at a level; nested, narrower at smaller levels.
        limit: What must not be exceeded (better = low) or fallen short of (better = high).
        better: Which direction is good.

    Returns:
        The smallest p at which the bound of level 1 - p lies beyond the limit, not below 1e-12;
        1 when the value itself is within; None when there is no interval.

    >>> from evaluator.stats.intervals import wilson_interval
    >>> round(p_beyond(lambda level: wilson_interval(60, 100, level=level), 0.5, "low"), 4)
    0.0228
    """

    def is_beyond(p: float) -> bool | None:
        interval = bounds(1 - 2 * p)
        if interval is None:
            return None
        return bad_interval(*interval, better)[0] > badness(limit, better)

    if (narrow := is_beyond(0.499)) is None:
        return None
    if not narrow:
        return 1.0
    low, high = math.log(SMALLEST_P), math.log(0.499)
    if is_beyond(SMALLEST_P):
        return SMALLEST_P
    for _ in range(_STEPS):
        middle = (low + high) / 2
        low, high = (low, middle) if is_beyond(math.exp(middle)) else (middle, high)
    return math.exp(high)


def standard_error(low: float, high: float, level: float) -> float:
    """Standard error that an interval of a two-sided level amounts to."""
    return (high - low) / 2 / normal_quantile(level)
