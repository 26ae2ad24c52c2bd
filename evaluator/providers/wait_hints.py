"""How long a server asks us to wait: read from its headers, the body's own field, or its words."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

MAX_HINT_CHARS = 100
MAX_HINT_S = 366 * 86_400.0
"""What asks for more than a year is no hint."""
EPOCH_MS = 1e11
"""A number above this is milliseconds since 1970, not a wait of 3,000 years ..."""
EPOCH_S = 1e8
"""... and one above this is seconds since 1970."""
_UNIT_S = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_PART = rf"(\d{{1,12}}(?:\.\d{{1,12}})?)({'|'.join(sorted(_UNIT_S, key=len, reverse=True))})"
_DURATION = re.compile(rf"(?:{_PART})+")
_ONE = re.compile(_PART)
_WORDS = re.compile(
    rf"(?:try again|retry) (?:in|after) (?:(?P<seconds>\d{{1,9}}(?:\.\d{{1,9}})?) seconds|(?P<duration>(?:{_PART})+))",
    re.IGNORECASE,
)
_RESET = re.compile(r"(?P<head>.*ratelimit.*?)-?reset(?P<tail>.*)")


def wait_hint_s(
    headers: Mapping[str, str],
    *,
    now: datetime | None = None,
    body_hint_s: float | None = None,
    message: str = "",
    is_error: bool = True,
) -> float | None:
    """Return the seconds that an error asks us to wait, or None.

    In this order: `retry-after-ms`, `retry-after`, the body's own field, the words "try again in
    20s", the rate-limit reset headers. Zero, negative, unreadable and past values are ignored: the
    caller's own back-off applies. A date is measured against the reply's own `date` header, since
    the local clock may be wrong.

    Args:
        headers: Names in lower case.
        now: The time to measure from when the reply has no `date`; default: the wall clock.
        body_hint_s: Seconds that a field of the body gives.
        message: The error's text.
        is_error: Whether the HTTP status is one; headers of a success are no wish to wait.

    >>> wait_hint_s({"retry-after": "2"}), wait_hint_s({"retry-after-ms": "1500"})
    (2.0, 1.5)
    >>> wait_hint_s({"x-ratelimit-reset-tokens": "6m0s"}), wait_hint_s({}, message="Please try again in 96ms.")
    (360.0, 0.096)
    >>> wait_hint_s({"retry-after": "-1"}) is None
    True
    """
    start = _date(headers.get("date")) or now or datetime.now(UTC)
    milliseconds = _positive(headers.get("retry-after-ms"))
    told = [
        milliseconds / 1000 if milliseconds and is_error else None,
        seconds_of(headers.get("retry-after"), start) if is_error else None,
        _bounded(body_hint_s),
        _in_words(message),
        _reset_s(headers, start) if is_error else None,
    ]
    return next((seconds for seconds in told if seconds is not None), None)


def seconds_of(text: str | None, start: datetime) -> float | None:
    """Return the seconds from `start` that a hint in any known form means.

    Forms: seconds, epoch seconds or milliseconds, Go and protobuf durations (1h2m3.5s, 46s), an
    HTTP date, RFC 3339.

    >>> seconds_of("1h2m3.5s", datetime(2026, 1, 1, tzinfo=UTC))
    3723.5
    """
    text = (text or "").strip()
    if len(text) > MAX_HINT_CHARS:
        return None
    number = _positive(text)
    if number is not None and number > EPOCH_S:
        return _bounded((number / 1000 if number > EPOCH_MS else number) - start.timestamp())
    if number is not None:
        return _bounded(number)
    if _DURATION.fullmatch(text):
        return _bounded(sum(float(value) * _UNIT_S[unit] for value, unit in _ONE.findall(text)))
    target = _date(text) or _rfc3339(text)
    return None if target is None else _bounded((target - start).total_seconds())


def _in_words(message: str) -> float | None:
    found = _WORDS.search(message[:2000])
    if found is None:
        return None
    if found["seconds"]:
        return _bounded(found["seconds"])
    return _bounded(sum(float(value) * _UNIT_S[unit.lower()] for value, unit in _ONE.findall(found["duration"])))


def _reset_s(headers: Mapping[str, str], start: datetime) -> float | None:
    """The longest of the resets whose `remaining` is 0; when none says so, of all."""
    every: list[float] = []
    exhausted: list[float] = []
    for name, value in headers.items():
        found = _RESET.fullmatch(name)
        seconds = seconds_of(value, start) if found else None
        if found is None or seconds is None:
            continue
        every.append(seconds)
        separator = "" if found["head"].endswith("-") or not found["head"] else "-"
        remaining = headers.get(f"{found['head']}{separator}remaining{found['tail']}", "").strip()
        if remaining == "0":
            exhausted.append(seconds)
    return max(exhausted or every, default=None)


def _bounded(value: str | float | None) -> float | None:
    seconds = _positive(value)
    return seconds if seconds is None or seconds <= MAX_HINT_S else None


def _positive(value: str | float | None) -> float | None:
    try:
        number = float(value or "")
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) and number > 0 else None


def _date(text: str | None) -> datetime | None:
    try:
        found = parsedate_to_datetime(text or "")
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _rfc3339(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
