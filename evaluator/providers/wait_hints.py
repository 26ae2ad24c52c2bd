"""How long a server asks us to wait, read from its headers."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime


def wait_hint_s(headers: Mapping[str, str], *, now: datetime | None = None) -> float | None:
    """Return the seconds that `retry-after-ms` or `retry-after` ask for, or None.

    Zero, negative, unreadable and past values are ignored: the caller's own back-off applies.
    A date is measured against the reply's own `date` header, since the local clock may be wrong.

    Args:
        headers: Names in lower case.
        now: The time to measure from when the reply has no `date`; default: the wall clock.

    >>> wait_hint_s({"retry-after": "2"}), wait_hint_s({"retry-after-ms": "1500"})
    (2.0, 1.5)
    >>> wait_hint_s({"retry-after": "-1"}) is None
    True
    """
    milliseconds = _positive(headers.get("retry-after-ms"))
    if milliseconds is not None:
        return milliseconds / 1000
    value = headers.get("retry-after")
    seconds = _positive(value)
    if seconds is not None or value is None:
        return seconds
    target = _date(value)
    if target is None:
        return None
    start = _date(headers.get("date")) or now or datetime.now(UTC)
    return _positive(str((target - start).total_seconds()))


def _positive(text: str | None) -> float | None:
    try:
        number = float(text or "")
    except ValueError:
        return None
    return number if math.isfinite(number) and number > 0 else None


def _date(text: str | None) -> datetime | None:
    try:
        found = parsedate_to_datetime(text or "")
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
