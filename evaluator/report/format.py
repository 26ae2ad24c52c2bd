"""Numbers as text: the only place that turns a float into characters.

A rate that is exactly 0 or 1 is written without decimals; one that would merely round to it is
written as less or more than what can be shown, so that "0%" is never a rounded number.
"""

from __future__ import annotations

import math

UNDEFINED = "n/a"
UNKNOWN = "unknown"
NO_INTERVAL = "no interval"
_MOST_DECIMALS = 6
_ROUNDING_ERROR = 1e-9


def percent(value: float | None) -> str:
    """Write a rate in [0, 1] as a percentage with one decimal.

    >>> [percent(v) for v in (0.6214, 0.0, 1.0, 0.0004, 0.9996, None)]
    ['62.1%', '0%', '100%', '<0.1%', '>99.9%', 'n/a']
    """
    if value is None or not math.isfinite(value):
        return UNDEFINED
    if value in {0, 1}:
        return f"{value:.0%}"
    if 0 < value < 0.0005:
        return "<0.1%"
    if 0.9995 <= value < 1:
        return ">99.9%"
    return f"{value:.1%}"


def points(value: float) -> str:
    """Write a difference of rates in percentage points.

    >>> points(0.0312)
    '3.1 points'
    """
    return f"{value * 100:.1f} points"


def percent_interval(low: float | None, high: float | None) -> str:
    """Write an interval of rates in percent; an interval with a width never looks like a point.

    >>> percent_interval(0.54, 0.696), percent_interval(0.0, 0.0004), percent_interval(0.9, 1.0)
    ('[54.0, 69.6]', '[0, 0.04]', '[90.0, 100]')
    """
    if low is None or high is None:
        return NO_INTERVAL
    return _interval(low * 100, high * 100, "")


def index(value: float | None) -> str:
    """Write an index in [-100, 100], always with its sign.

    >>> index(12.345), index(-3.0), index(0.0), index(None)
    ('+12.3', '-3.0', '0.0', 'n/a')
    """
    if value is None or not math.isfinite(value):
        return UNDEFINED
    text = f"{value:+.1f}"
    return "0.0" if text in {"+0.0", "-0.0"} else text


def index_interval(low: float | None, high: float | None) -> str:
    """Write an interval of indices, with signs.

    >>> index_interval(-3.25, 14.0)
    '[-3.2, +14.0]'
    """
    if low is None or high is None:
        return NO_INTERVAL
    return _interval(low, high, "+")


def coefficient(value: float | None) -> str:
    """Write a coefficient in [-1, 1] with two decimals; only a perfect one is written as 1.

    >>> [coefficient(v) for v in (0.8493, 1.0, 0.9996, 0.0, -0.25, -0.001, None)]
    ['0.85', '1', '>0.99', '0', '-0.25', '0.00', 'n/a']
    """
    if value is None or not math.isfinite(value):
        return UNDEFINED
    if value in {-1, 0, 1}:
        return f"{value:.0f}"
    text = f"{value:.2f}"
    return {"1.00": ">0.99", "-1.00": "<-0.99", "-0.00": "0.00"}.get(text, text)


def coefficient_interval(low: float | None, high: float | None) -> str:
    """Write an interval of coefficients.

    >>> coefficient_interval(0.7641, 0.9), coefficient_interval(0.98321, 0.98324), coefficient_interval(None, None)
    ('[0.76, 0.90]', '[0.98321, 0.98324]', 'no interval')
    """
    if low is None or high is None:
        return NO_INTERVAL
    return _interval(low, high, "", decimals=2)


def _interval(low: float, high: float, sign: str, decimals: int = 1) -> str:
    while decimals < _MOST_DECIMALS and low < high and f"{low:.{decimals}f}" == f"{high:.{decimals}f}":
        decimals += 1
    return f"[{_end(low, decimals, sign)}, {_end(high, decimals, sign)}]"


def _end(value: float, decimals: int, sign: str) -> str:
    if abs(value) < _ROUNDING_ERROR:
        return "0"
    whole = abs(abs(value) - 100) < _ROUNDING_ERROR
    return f"{value:{sign}.{0 if whole else decimals}f}"


def usd(value: float | None) -> str:
    """Write an amount in US dollars; a tiny cost is never shown as zero.

    >>> [usd(v) for v in (1234.5, 0.42, 0.00314, 0.0000002, 0.0, None)]
    ['$1,234.50', '$0.42', '$0.0031', '<$0.0001', '$0', 'unknown']
    """
    if value is None or not math.isfinite(value):
        return UNKNOWN
    if value == 0:
        return "$0"
    if value < 0.0001:
        return "<$0.0001"
    return f"${value:,.2f}" if value >= 0.1 else f"${value:.4f}"


def count(value: float | None) -> str:
    """Write a count with thousands separated.

    >>> count(1234567), count(144.6), count(None)
    ('1,234,567', '145', 'unknown')
    """
    return UNKNOWN if value is None else f"{value:,.0f}"


def counted(n: int, noun: str) -> str:
    """Write a count with its noun, in the plural unless it is one.

    >>> counted(1, "probe"), counted(1200, "probe")
    ('1 probe', '1,200 probes')
    """
    return f"{n:,} {noun}" if n == 1 else f"{n:,} {noun}s"


def seconds(value: float | None) -> str:
    """Write a duration in seconds.

    >>> seconds(0.0042), seconds(1.25), seconds(95.0), seconds(None)
    ('<0.01 s', '1.2 s', '95 s', 'unknown')
    """
    if value is None or not math.isfinite(value):
        return UNKNOWN
    if value < 0.01:
        return "<0.01 s" if value > 0 else "0 s"
    if value < 1:
        return f"{value:.2f} s"
    return f"{value:.1f} s" if value < 60 else f"{value:,.0f} s"


def minutes(value: float) -> str:
    """Write a duration in minutes.

    >>> minutes(0.0), minutes(0.4), minutes(3.26), minutes(250.0)
    ('0', '<1', '3.3', '250')
    """
    if value == 0:
        return "0"
    if value < 1:
        return "<1"
    return f"{value:.1f}" if value < 100 else f"{value:,.0f}"


def p_value(value: float | None) -> str:
    """Write a p-value; a small one is never shown as zero.

    >>> p_value(0.5), p_value(0.0312), p_value(0.00004), p_value(1.0), p_value(None)
    ('0.50', '0.031', '<0.001', '1', 'n/a')
    """
    if value is None:
        return UNDEFINED
    if value < 0.001:
        return "<0.001"
    if value >= 0.995:
        return "1" if value == 1 else ">0.99"
    return f"{value:.2f}" if value >= 0.1 else f"{value:.3f}"


def level(value: float) -> str:
    """Write the level of an interval.

    >>> level(0.95), level(0.995)
    ('95%', '99.5%')
    """
    return f"{value * 100:.6g}%"


def megabytes(n_bytes: int) -> str:
    """Write a size in millions of bytes, without the unit.

    >>> megabytes(1_234_567), megabytes(10)
    ('1.2', '<0.1')
    """
    return f"{n_bytes / 1e6:,.1f}" if n_bytes >= 50_000 or n_bytes == 0 else "<0.1"
