"""The Anthropic Messages wire, at the version of the API that still takes a temperature."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from evaluator.providers.reply import HttpReply, is_success
from evaluator.providers.wires.faults import CODES, Fault, Meaning, read_fault
from evaluator.providers.wires.reading import (
    Reading,
    blocked,
    context_exceeded,
    count,
    decode,
    ended,
    joined,
    malformed,
    not_an_object,
    record,
    records,
    string,
    total,
    truncated,
    wants_tools,
)
from evaluator.records import Request, Usage

VERSION = "2023-06-01"
"""2026-10-21 refuses temperature, top_p and top_k for every model."""
ANTHROPIC_CODES: dict[str, Meaning] = CODES | {
    **dict.fromkeys(
        (
            "authentication_error",
            "billing_error",
            "permission_error",
            "not_found_error",
            "enforced_spend_limit_reached",
            "contract_spend_limit_reached",
            "linked_organization_spend_limit_reached",
            "organization_on_hold",
        ),
        "halted",
    ),
    **dict.fromkeys(("api_error", "timeout_error", "overloaded_error", "conflict_error"), "transient"),
    "request_too_large": "permanent",
}


class AnthropicMessages(msgspec.Struct, frozen=True):
    """The wire; a `Wire`."""

    key_header: str = "x-api-key"

    @property
    def headers(self) -> Mapping[str, str]:
        """The pinned version of the API."""
        return {"anthropic-version": VERSION}

    def path(self, model_name: str) -> str:  # noqa: ARG002
        """Return the path of messages."""
        return "/messages"

    def body(self, request: Request, model_name: str) -> dict[str, Any]:
        """Return the request as JSON; what was not set is not sent."""
        sampling = request.sampling
        system = "\n\n".join(message.content for message in request.messages if message.role == "system")
        optional = {
            "system": system or None,
            "max_tokens": sampling.max_tokens,
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
            "thinking": _thinking(sampling.reasoning_effort),
            "output_config": _output_config(sampling.reasoning_effort, request.json_schema),
        }
        return {
            "model": model_name,
            "messages": [{"role": m.role, "content": m.content} for m in request.messages if m.role != "system"],
            **{key: value for key, value in optional.items() if value is not None},
        }

    def read(self, reply: HttpReply) -> Reading:
        """Read one HTTP reply: the error envelope, then the message."""
        body = decode(reply.body)
        fault = _fault_of(record(body), reply)
        about = _about(record(body), reply)
        if fault is not None:
            return read_fault(reply, fault, about, codes=ANTHROPIC_CODES)
        if not isinstance(body, dict):
            return not_an_object(reply)
        if not isinstance(body.get("content"), list):
            return malformed("no list of content", reply, about)
        return _classify(about, body)


def _thinking(effort: str | None) -> dict[str, Any] | None:
    if effort is None:
        return None
    return {"type": "disabled"} if effort == "none" else {"type": "adaptive"}


def _output_config(effort: str | None, json_schema: dict[str, Any] | None) -> dict[str, Any] | None:
    config: dict[str, Any] = {}
    if effort not in {None, "none"}:
        config["effort"] = effort
    if json_schema is not None:
        config["format"] = {"type": "json_schema", "schema": json_schema}
    return config or None


def _fault_of(body: dict[str, Any], reply: HttpReply) -> Fault | None:
    if body.get("type") != "error" and "error" not in body and is_success(reply.status):
        return None
    error = record(body.get("error"))
    told = (record(error.get("details")).get("error_code"), error.get("type"))
    message = string(error.get("message")) or string(body.get("error")) or ""
    return Fault(message=message, codes=tuple(str(code)[:100] for code in told if code is not None))


def _about(body: dict[str, Any], reply: HttpReply) -> Reading:
    content = records(body.get("content"))
    ids = (string(body.get("id")), string(body.get("request_id")), reply.headers.get("request-id"))
    return Reading(
        outcome="answered",
        text=joined([part for part in content if part.get("type") == "text"]),
        reasoning=joined([part for part in content if part.get("type") == "thinking"], "thinking"),
        finish_reason=string(body.get("stop_reason")),
        served_model=string(body.get("model")),
        provider_request_id=next((each for each in ids if each), None),
        usage=_usage_of(body.get("usage")),
        flags=("substituted",) if any(part.get("type") == "fallback" for part in content) else (),
    )


def _classify(reading: Reading, body: dict[str, Any]) -> Reading:
    match reading.finish_reason:
        case "refusal":
            # Not the model's own: a classifier beside it, whose partial text is to be discarded.
            category = string(record(body.get("stop_details")).get("category")) or "unnamed"
            return blocked(msgspec.structs.replace(reading, text=""), f"classifier: {category[:100]}")
        case "max_tokens":
            return truncated(reading)
        case "model_context_window_exceeded":
            return context_exceeded(reading, "model_context_window_exceeded")
        case "tool_use":
            return wants_tools(reading)
    return ended(reading, is_normal_end=reading.finish_reason in {"end_turn", "stop_sequence"})


def _usage_of(usage: Any) -> Usage | None:
    """`input_tokens` counts the uncached only, so the cached ones are added."""
    if not isinstance(usage, dict):
        return None
    cached, written = usage.get("cache_read_input_tokens"), usage.get("cache_creation_input_tokens")
    return Usage(
        prompt_tokens=total(usage.get("input_tokens"), cached, written),
        completion_tokens=count(usage.get("output_tokens")),
        cached_tokens=count(cached),
        reasoning_tokens=_reasoning_tokens(record(usage.get("output_tokens_details"))),
    )


def _reasoning_tokens(details: dict[str, Any]) -> int | None:
    return next((count(details[key]) for key in ("thinking_tokens", "reasoning_tokens") if key in details), None)
