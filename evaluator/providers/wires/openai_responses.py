"""The OpenAI Responses wire."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from evaluator.providers.reply import HttpReply
from evaluator.providers.wires.chat_faults import fault_of
from evaluator.providers.wires.faults import CODES, Meaning, read_fault
from evaluator.providers.wires.reading import (
    Reading,
    blocked,
    count,
    decode,
    ended,
    joined,
    not_an_object,
    record,
    records,
    refused,
    string,
    token_logprobs,
    truncated,
    unusable,
    wants_tools,
)
from evaluator.records import Request, Usage

RESPONSES_CODES: dict[str, Meaning] = CODES | {"data_residency_mismatch": "halted"}


class OpenAIResponses(msgspec.Struct, frozen=True):
    """The wire; a `Wire`. Nothing is stored at the provider."""

    key_header: str = "authorization"
    headers: Mapping[str, str] = {}

    def path(self, model_name: str) -> str:  # noqa: ARG002
        """Return the path of responses."""
        return "/responses"

    def body(self, request: Request, model_name: str) -> dict[str, Any]:
        """Return the request as JSON; what was not set is not sent."""
        sampling = request.sampling
        system = "\n\n".join(message.content for message in request.messages if message.role == "system")
        optional = {
            "instructions": system or None,
            "max_output_tokens": sampling.max_tokens,
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
            "reasoning": {"effort": sampling.reasoning_effort} if sampling.reasoning_effort else None,
            "include": ["message.output_text.logprobs"] if sampling.logprobs else None,
            "text": _text_format(request.json_schema),
        }
        turns = [{"role": m.role, "content": m.content} for m in request.messages if m.role != "system"]
        return {
            "model": model_name,
            "input": turns,
            "store": False,
            **{key: value for key, value in optional.items() if value is not None},
        }

    def read(self, reply: HttpReply) -> Reading:
        """Read one HTTP reply; a failure inside a 200 is one too."""
        body = decode(reply.body)
        fault = fault_of(body, reply)
        about = _about(record(body), reply)
        if fault is not None:
            return read_fault(reply, fault, about, codes=RESPONSES_CODES)
        if not isinstance(body, dict):
            return not_an_object(reply)
        return _classify(about, body)


def _text_format(json_schema: dict[str, Any] | None) -> dict[str, Any] | None:
    if json_schema is None:
        return None
    return {"format": {"type": "json_schema", "name": "reply", "strict": True, "schema": json_schema}}


def _about(body: dict[str, Any], reply: HttpReply) -> Reading:
    items = records(body.get("output"))
    parts = [part for item in items if item.get("type") == "message" for part in records(item.get("content"))]
    said = [part for part in parts if part.get("type") == "output_text"]
    tokens = [token for part in said for token in records(part.get("logprobs"))]
    thoughts = [thought for item in items if item.get("type") == "reasoning" for thought in _thoughts(item)]
    reason = string(record(body.get("incomplete_details")).get("reason"))
    return Reading(
        outcome="answered",
        text=joined(said),
        reasoning="\n\n".join(thoughts),
        finish_reason=reason or string(body.get("status")),
        served_model=string(body.get("model")),
        provider_request_id=string(body.get("id")) or reply.headers.get("x-request-id"),
        usage=_usage_of(body.get("usage")),
        logprobs=token_logprobs(tokens),
    )


def _thoughts(item: dict[str, Any]) -> list[str]:
    return [text for part in records(item.get("summary")) if (text := string(part.get("text")))]


def _classify(reading: Reading, body: dict[str, Any]) -> Reading:
    items = records(body.get("output"))
    parts = [part for item in items if item.get("type") == "message" for part in records(item.get("content"))]
    refusal = joined([part for part in parts if part.get("type") == "refusal"], "refusal")
    if refusal:
        return refused(reading, refusal)
    match reading.finish_reason:
        case "content_filter":
            return blocked(reading, "content_filter")
        case "max_output_tokens":
            return truncated(reading)
    if any(str(item.get("type")).endswith("_call") for item in items):
        return wants_tools(reading)
    status = string(body.get("status"))
    if status == "completed" and not parts:
        return unusable(reading, "completed without a message")
    if status in {"failed", "cancelled", "queued", "in_progress"}:
        return unusable(reading, f"status {status}")
    return ended(reading, is_normal_end=reading.finish_reason == "completed")


def _usage_of(usage: Any) -> Usage | None:
    if not isinstance(usage, dict):
        return None
    return Usage(
        prompt_tokens=count(usage.get("input_tokens")),
        completion_tokens=count(usage.get("output_tokens")),
        cached_tokens=count(record(usage.get("input_tokens_details")).get("cached_tokens")),
        reasoning_tokens=count(record(usage.get("output_tokens_details")).get("reasoning_tokens")),
    )
