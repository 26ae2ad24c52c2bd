"""How the values of a metric, and their differences, are written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from evaluator.report import format as fmt

_RATES = ("_rate", "accuracy", "f_score", "abstention_precision", "abstention_recall", "abstention_f1", "_share")


@dataclass(frozen=True)
class Scale:
    """The unit of a metric."""

    value: Callable[[float | None], str]
    is_rate: bool = False
    """Differences of rates are written in percentage points."""

    def gap(self, difference: float | None) -> str:
        """Write a difference, with its sign."""
        if difference is None:
            return fmt.UNDEFINED
        if self.is_rate:
            return fmt.index(100 * difference)
        text = self.value(difference)
        return f"+{text}" if difference > 0 and not text.startswith("+") else text

    def interval(self, low: float | None, high: float | None) -> str:
        """Write an interval of values."""
        if self.is_rate:
            return fmt.percent_interval(low, high)
        return (fmt.index_interval if self.value is fmt.index else fmt.coefficient_interval)(low, high)

    def gap_interval(self, low: float | None, high: float | None) -> str:
        """Write an interval of differences."""
        if low is None or high is None:
            return fmt.NO_INTERVAL
        if self.is_rate:
            return fmt.index_interval(100 * low, 100 * high)
        return self.interval(low, high)


def scale_of(metric: str) -> Scale:
    """Return the unit of `metric`.

    >>> scale_of("accuracy").gap(0.031), scale_of("usd").value(1.5), scale_of("omniscience_index").value(-3.0)
    ('+3.1', '$1.50', '-3.0')
    """
    if metric == "omniscience_index":
        return Scale(fmt.index)
    if metric.startswith("usd"):
        return Scale(fmt.usd)
    if metric == "coverage" or metric.startswith("accuracy") or metric.endswith(_RATES) or metric in _RATES:
        return Scale(fmt.percent, is_rate=True)
    return Scale(fmt.coefficient)
