"""What a reply says, and the careful access to JSON that somebody else wrote."""

from __future__ import annotations

import math
from typing import Any

import msgspec

from evaluator.providers.reply import HttpReply, is_success
from evaluator.records import Failure, Outcome, Usage

IMPOSSIBLE_LOGPROB = -9999.0
"""What vLLM writes for a token that could not have been drawn."""
MAX_LOGPROBS = 100_000
IN_REASONING = "answer_in_reasoning"
"""The flag of a reply that ended by itself with reasoning and no text."""
UNENDED = "reasoning_exhausted"
"""The flag of a reply that is one thought without an end."""


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """What a reply says, before it is joined with its request."""

    outcome: Outcome
    text: str = ""
    reasoning: str = ""
    finish_reason: str | None = None
    detail: str | None = None
    served_model: str | None = None
    served_by: str | None = None
    provider_request_id: str | None = None
    usage: Usage | None = None
    cost_usd: float | None = None
    cost_source: str | None = None
    reported_usd: float | None = None
    """A cost that the provider reports and that is not believed."""
    flags: tuple[str, ...] = ()
    logprobs: tuple[float | None, ...] | None = None
    failure: Failure | None = None


def decode(data: bytes) -> Any:
    """Decode strict JSON in UTF-8; None when it is anything else.

    NaN, trailing text, lone surrogates and nesting without end are refused. A byte order mark is not.
    """
    try:
        return msgspec.json.decode(data.removeprefix(b"\xef\xbb\xbf"))
    except (msgspec.DecodeError, ValueError, RecursionError):
        return None


def malformed(detail: str, reply: HttpReply, told: Reading | None = None) -> Reading:
    """Return the reading of a body that is no answer; its start is kept for the person who looks.

    Args:
        detail: What is missing.
        reply: The reply.
        told: What it tells all the same, such as its id.
    """
    start = reply.body[:2000].decode("utf-8", "backslashreplace")
    # Who says 200 may have done the work, and bill it.
    failure = Failure(kind="malformed", message=detail, status=reply.status, maybe_paid=is_success(reply.status))
    detail = f"{detail}: {start}" if start else "empty body"
    if told is None:
        return Reading(outcome="malformed", detail=detail, failure=failure)
    return msgspec.structs.replace(told, outcome="malformed", text="", detail=detail, failure=failure)


def not_an_object(reply: HttpReply) -> Reading:
    """Return the reading of a body that is not even a JSON object."""
    return malformed("html" if reply.body.lstrip()[:1] == b"<" else "not a JSON object", reply)


def blocked(reading: Reading, why: str) -> Reading:
    """Return `reading` as the work of a filter, not of the model; partial text is evidence only."""
    return msgspec.structs.replace(reading, outcome="blocked", detail=why)


def refused(reading: Reading, refusal: str) -> Reading:
    """Return `reading` as the model's own refusal, in the field that the provider has for it."""
    detail = "the provider's refusal field"
    if reading.text and refusal:
        # The text is what the model said; what it refused with is kept beside it.
        detail = f"{detail}: {refusal[:2000]}"
    return msgspec.structs.replace(reading, outcome="refused", text=reading.text or refusal, detail=detail)


def truncated(reading: Reading) -> Reading:
    """Return `reading` as cut by the token limit."""
    detail = "the answer was cut" if reading.text.strip() else "the token limit left no room for an answer"
    return msgspec.structs.replace(reading, outcome="truncated", detail=detail)


def context_exceeded(reading: Reading, where: str) -> Reading:
    """Return `reading` as more than the model's context holds."""
    return msgspec.structs.replace(reading, outcome="truncated", detail=f"context exceeded: {where}")


def broken_off(reading: Reading, reason: str) -> Reading:
    """Return `reading` as a generation that the host gave up, without its fragment; another attempt may succeed."""
    failure = Failure(kind="transient", message=f"finish_reason {reason}", status=200, maybe_paid=True)
    return msgspec.structs.replace(reading, outcome="failed", text="", detail=failure.message, failure=failure)


def unusable(reading: Reading, why: str) -> Reading:
    """Return `reading` as a generation that is no answer; asked once more, since it may have been bad luck."""
    failure = Failure(kind="malformed", message=why, status=200, maybe_paid=True)
    return msgspec.structs.replace(reading, outcome="malformed", detail=why, failure=failure)


def wants_tools(reading: Reading) -> Reading:
    """Return `reading` as calls of tools that nobody offered."""
    detail = "tool calls although no tool was offered"
    return msgspec.structs.replace(reading, outcome="malformed", detail=detail)


def ended(reading: Reading, *, is_normal_end: bool) -> Reading:
    """Return the reading of a generation that ended by itself: empty, of unknown end, or an answer."""
    if not reading.text.strip():
        return _empty(reading)
    if not is_normal_end:
        return msgspec.structs.replace(reading, flags=(*reading.flags, "finish_reason_unknown"))
    return reading


def _empty(reading: Reading) -> Reading:
    """Return `reading` as no answer; what stands in its reasoning may be one, and is not graded."""
    flags, detail = (*reading.flags, "empty"), "no text"
    if reading.reasoning.strip() and UNENDED not in flags:
        flags, detail = (*flags, IN_REASONING), "no text; an answer may stand in the reasoning"
    failure = Failure(kind="malformed", message="empty answer", status=200, maybe_paid=True)
    return msgspec.structs.replace(reading, outcome="malformed", detail=detail, flags=flags, failure=failure)


def string(value: Any) -> str | None:
    """Return `value` if it is text."""
    return value if isinstance(value, str) else None


def count(value: Any) -> int | None:
    """Return `value` if it can be a number of tokens."""
    is_count = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**53
    return value if is_count else None


def total(*values: Any) -> int | None:
    """Return the sum of the counts among `values`; None when the first is none.

    >>> total(3, None, 4), total(None, 4)
    (7, None)
    """
    counts = [count(value) for value in values]
    return None if counts[0] is None else sum(number or 0 for number in counts)


def record(value: Any) -> dict[str, Any]:
    """Return `value` if it is a JSON object, else an empty one."""
    return value if isinstance(value, dict) else {}


def records(value: Any) -> list[dict[str, Any]]:
    """Return the JSON objects of a list; nothing when it is no list."""
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def first(value: Any) -> Any:
    """Return the first of a list that has one."""
    return value[0] if isinstance(value, list) and value else None


def joined(parts: Any, key: str = "text") -> str:
    """Join the text under `key` of a list of objects."""
    return "".join(string(part.get(key)) or "" for part in records(parts))


def token_logprobs(tokens: Any, key: str = "logprob") -> tuple[float | None, ...] | None:
    """Return the natural logarithms of the tokens' probabilities; None stands for an impossible value.

    >>> token_logprobs([{"logprob": -0.5}, {"logprob": -9999.0}])
    (-0.5, None)
    """
    found = records(tokens)[:MAX_LOGPROBS]
    return tuple(_logprob(token.get(key)) for token in found) if found else None


def _logprob(value: Any) -> float | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not math.isfinite(value) or not IMPOSSIBLE_LOGPROB < value <= 0:
        return None
    return float(value)
