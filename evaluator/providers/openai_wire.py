"""The OpenAI chat-completions wire: a request to bytes, a reply to a response.

Used by every server that speaks it, the embedded model included. Bytes are decoded strictly;
whatever does not fit is `malformed`, never an answer.
"""

from __future__ import annotations

from typing import Any

import msgspec

from evaluator.providers.client import HttpReply
from evaluator.providers.wait_hints import wait_hint_s
from evaluator.records import Failure, FailureKind, Outcome, Request, Usage

CONTEXT_PHRASES = (
    "maximum context length",
    "exceed context limit",
    "prompt is too long",
    "input is too long",
    "exceeds the available context size",
    "exceeds the maximum number of tokens allowed",
    "context_length_exceeded",
    "exceed_context_size_error",
)
BILLING_CODES = frozenset(
    {
        "insufficient_quota",
        "credit_balance_exhausted",
        "organization_spend_limit_exceeded",
        "project_spend_limit_exceeded",
        "organization_usage_limit_exceeded",
        "billing_not_active",
    }
)
BLOCK_CODES = frozenset({"content_filter", "invalid_prompt", "content_policy_violation"})
TRANSIENT_STATUSES = frozenset({408, 409, 425, 499, *range(500, 600)} - {501})
HALTING_STATUSES = frozenset({401, 402, 403, 404})


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """What a reply says, before it is joined with its request."""

    outcome: Outcome
    text: str = ""
    reasoning: str = ""
    finish_reason: str | None = None
    detail: str | None = None
    served_model: str | None = None
    provider_request_id: str | None = None
    usage: Usage | None = None
    flags: tuple[str, ...] = ()
    failure: Failure | None = None


def request_body(request: Request, model_name: str) -> bytes:
    """Encode the request: the same bytes for the same request, on every attempt and resume."""
    sampling = request.sampling
    seed = None if sampling.seed is None else sampling.seed + request.repeat
    optional = {
        "max_tokens": sampling.max_tokens,
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
        "seed": seed,
        "reasoning_effort": sampling.reasoning_effort,
        "response_format": _response_format(request.json_schema),
    }
    body = {
        "model": model_name,
        "messages": [{"role": message.role, "content": message.content} for message in request.messages],
    }
    return msgspec.json.encode(body | {key: value for key, value in optional.items() if value is not None})


def _response_format(json_schema: dict[str, Any] | None) -> dict[str, Any] | None:
    if json_schema is None:
        return None
    return {"type": "json_schema", "json_schema": {"name": "reply", "strict": True, "schema": json_schema}}


def read_reply(reply: HttpReply) -> Reading:
    """Read one HTTP reply: an error by its typed code first, then by its status, then the answer."""
    try:
        body = msgspec.json.decode(reply.body.removeprefix(b"\xef\xbb\xbf"))
    except (msgspec.DecodeError, ValueError, RecursionError):
        body = None
    error = _error_of(body)
    if error is not None or reply.status != 200:
        return _read_error(reply, error or {})
    if not isinstance(body, dict):
        return _malformed("html" if reply.body.lstrip()[:1] == b"<" else "not a JSON object", reply)
    return _read_answer(body, reply)


def _error_of(body: Any) -> dict[str, Any] | None:
    if not isinstance(body, dict):
        return None
    error = body.get("error")
    if error is None and body.get("object") == "error":
        error = body
    if error is None:
        choice = _first(body.get("choices"))
        error = choice.get("error") if isinstance(choice, dict) else None
    if error is None:
        return None
    return error if isinstance(error, dict) else {"message": str(error)}


def _read_error(reply: HttpReply, error: dict[str, Any]) -> Reading:
    message = _string(error.get("message")) or reply.body[:200].decode("utf-8", "replace")
    codes = {str(error.get(key)) for key in ("code", "type", "error_type") if error.get(key) is not None}
    where = f"HTTP {reply.status}: {' '.join(message.split())[:300]}"
    lowered = f"{message} {' '.join(codes)}".lower()
    if any(phrase in lowered for phrase in CONTEXT_PHRASES):
        return Reading(outcome="truncated", detail=f"context exceeded: {where}")
    if codes & BLOCK_CODES:
        return Reading(outcome="blocked", detail=where)
    kind = _failure_kind(reply.status, codes)
    wait_s = wait_hint_s(reply.headers)
    failure = Failure(kind=kind, message=where, status=reply.status, wait_s=wait_s)
    return Reading(outcome="failed", detail=where, failure=failure)


def _failure_kind(status: int, codes: set[str]) -> FailureKind:
    if codes & BILLING_CODES or status in HALTING_STATUSES:
        return "halted"
    if status == 429:
        return "rate_limited"
    # A generation error inside a 200 comes from the host behind the server and may pass.
    return "transient" if status in TRANSIENT_STATUSES or status == 200 else "permanent"


def _read_answer(body: dict[str, Any], reply: HttpReply) -> Reading:
    choice = _first(body.get("choices"))
    message = choice.get("message") if isinstance(choice, dict) else None
    if not isinstance(choice, dict) or not isinstance(message, dict):
        return _malformed("no choices with a message", reply)
    text = _text_of(message.get("content"))
    if text is None:
        return _malformed("content is neither text nor a list of parts", reply)
    finish = _string(choice.get("finish_reason"))
    refusal = _string(message.get("refusal"))
    usage = _usage_of(body.get("usage"))
    reading = Reading(
        outcome="answered",
        text=text,
        reasoning=_string(message.get("reasoning_content")) or _string(message.get("reasoning")) or "",
        finish_reason=finish,
        served_model=_string(body.get("model")),
        provider_request_id=_string(body.get("id")),
        usage=usage,
    )
    return _classify(reading, refusal, message.get("tool_calls"))


def _classify(reading: Reading, refusal: str | None, tool_calls: Any) -> Reading:
    replace = msgspec.structs.replace
    if refusal:
        return replace(reading, outcome="refused", text=reading.text or refusal, detail="the provider's refusal field")
    match reading.finish_reason:
        case "content_filter":
            return replace(reading, outcome="blocked", detail="content_filter")
        case "length":
            detail = "the answer was cut" if reading.text.strip() else "the token limit left no room for an answer"
            return replace(reading, outcome="truncated", detail=detail)
        case "error" | "insufficient_system_resource" as reason:
            failure = Failure(kind="transient", message=f"finish_reason {reason}", status=200)
            return replace(reading, outcome="failed", detail=failure.message, failure=failure)
    if tool_calls:
        return replace(reading, outcome="malformed", detail="tool calls although no tool was offered")
    if not reading.text.strip():
        failure = Failure(kind="malformed", message="empty answer", status=200, maybe_paid=True)
        return replace(reading, outcome="malformed", detail="no text", flags=("empty",), failure=failure)
    if reading.finish_reason not in {"stop", "eos"}:
        return replace(reading, flags=("finish_reason_unknown",))
    return reading


def _malformed(detail: str, reply: HttpReply) -> Reading:
    start = reply.body[:2000].decode("utf-8", "backslashreplace")
    failure = Failure(kind="malformed", message=detail, status=reply.status)
    return Reading(outcome="malformed", detail=f"{detail}: {start}" if start else "empty body", failure=failure)


def _text_of(content: Any) -> str | None:
    if content is None:
        return ""
    if isinstance(content, str):
        return content
    if isinstance(content, list) and all(isinstance(part, dict) for part in content):
        return "".join(_string(part.get("text")) or "" for part in content if part.get("type") == "text")
    return None


def _usage_of(usage: Any) -> Usage | None:
    if not isinstance(usage, dict):
        return None
    prompt_details, completion_details = usage.get("prompt_tokens_details"), usage.get("completion_tokens_details")
    return Usage(
        prompt_tokens=_count(usage.get("prompt_tokens")),
        completion_tokens=_count(usage.get("completion_tokens")),
        cached_tokens=_count(prompt_details.get("cached_tokens")) if isinstance(prompt_details, dict) else None,
        reasoning_tokens=_count(completion_details.get("reasoning_tokens"))
        if isinstance(completion_details, dict)
        else None,
    )


def _count(value: Any) -> int | None:
    is_count = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**53
    return value if is_count else None


def _string(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _first(value: Any) -> Any:
    return value[0] if isinstance(value, list) and value else None
