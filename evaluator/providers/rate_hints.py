"""What the headers of a reply say is left of the limits on requests and tokens."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Literal

from evaluator.protocols import RateHint
from evaluator.providers.wait_hints import seconds_of

_LIMIT = re.compile(r"(?P<head>x-ratelimit|anthropic-ratelimit)(?:-limit)?-(?P<what>requests|tokens)(?P<tail>-limit)?")
_UNTIL_FULL_S = 3600.0
"""A limit that takes longer to come back is a daily one: a 429 will say so, and a bucket cannot."""


def read_rate_hints(headers: Mapping[str, str]) -> tuple[RateHint, ...]:
    """Return the limits that the headers of one reply describe fully; odd values are ignored.

    Args:
        headers: Names in lower case.

    >>> read_rate_hints({
    ...     "x-ratelimit-limit-requests": "100",
    ...     "x-ratelimit-remaining-requests": "40",
    ...     "x-ratelimit-reset-requests": "30s",
    ... })
    (RateHint(what='requests', limit=100.0, remaining=40.0, reset_s=30.0),)
    """
    found = (_LIMIT.fullmatch(name) for name in headers if "ratelimit" in name)
    hints = (_hint(headers, match["head"], match["what"]) for match in found if match is not None)
    return tuple(hint for hint in hints if hint is not None)


def _hint(headers: Mapping[str, str], head: str, what: str) -> RateHint | None:
    limit, remaining, reset = (headers.get(_name(head, what, kind)) for kind in ("limit", "remaining", "reset"))
    start = datetime.now(UTC)
    reset_s = seconds_of(reset, start) if reset else None
    try:
        size, left = float(limit or ""), float(remaining or "")
    except ValueError:
        return None
    is_usable = math.isfinite(size) and 0 <= left <= size and size > 0
    if not is_usable or reset_s is None or reset_s > _UNTIL_FULL_S:
        return None
    kind: Literal["requests", "tokens"] = "requests" if what == "requests" else "tokens"
    return RateHint(what=kind, limit=size, remaining=left, reset_s=reset_s)


def _name(head: str, what: str, kind: str) -> str:
    return f"{head}-{kind}-{what}" if head == "x-ratelimit" else f"{head}-{what}-{kind}"
