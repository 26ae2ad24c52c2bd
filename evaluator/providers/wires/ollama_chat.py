"""Ollama's own chat wire: unlike its OpenAI-compatible one it can be told how much context to keep."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from evaluator.providers.reply import HttpReply
from evaluator.providers.wires.chat_faults import fault_of
from evaluator.providers.wires.faults import read_fault
from evaluator.providers.wires.reading import (
    Reading,
    count,
    decode,
    ended,
    malformed,
    not_an_object,
    record,
    string,
    token_logprobs,
    truncated,
    wants_tools,
)
from evaluator.records import Request, Usage

CONTEXT_TOKENS = 8192
"""Room for the question, beside what the answer may take. Without it Ollama cuts long prompts in silence."""


class OllamaChat(msgspec.Struct, frozen=True):
    """The wire; a `Wire`."""

    key_header: str = "authorization"
    headers: Mapping[str, str] = {}

    def path(self, model_name: str) -> str:  # noqa: ARG002
        """Return the path of chats."""
        return "/chat"

    def body(self, request: Request, model_name: str) -> dict[str, Any]:
        """Return the request as JSON; what was not set is not sent, but for the room of the context."""
        sampling = request.sampling
        options = {
            "num_ctx": CONTEXT_TOKENS + (sampling.max_tokens or 0),
            "num_predict": sampling.max_tokens,
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
            "seed": None if sampling.seed is None else sampling.seed + request.repeat,
        }
        optional = {
            "think": _think(sampling.reasoning_effort),
            "logprobs": sampling.logprobs,
            "format": request.json_schema,
        }
        return {
            "model": model_name,
            "messages": [{"role": message.role, "content": message.content} for message in request.messages],
            "stream": False,
            "options": {key: value for key, value in options.items() if value is not None},
            **{key: value for key, value in optional.items() if value is not None},
        }

    def read(self, reply: HttpReply) -> Reading:
        """Read one HTTP reply: the error, a string or an object, then the message."""
        body = decode(reply.body)
        about = _about(record(body), reply)
        fault = fault_of(body, reply)
        if fault is not None:
            return read_fault(reply, fault, about)
        if not isinstance(body, dict):
            return not_an_object(reply)
        message = body.get("message")
        if not isinstance(message, dict) or not isinstance(message.get("content"), str):
            return malformed("no message with text", reply, about)
        if body.get("done") is not True:
            return malformed("the answer is not done", reply, about)
        return _classify(about, message)


def _think(effort: str | None) -> bool | str | None:
    """Return how to think: models know either yes and no, or three levels."""
    return False if effort == "none" else effort


def _about(body: dict[str, Any], reply: HttpReply) -> Reading:
    message = record(body.get("message"))
    prompt_tokens, completion_tokens = count(body.get("prompt_eval_count")), count(body.get("eval_count"))
    is_counted = prompt_tokens is not None or completion_tokens is not None
    return Reading(
        outcome="answered",
        text=string(message.get("content")) or "",
        reasoning=string(message.get("thinking")) or "",
        finish_reason=string(body.get("done_reason")),
        served_model=string(body.get("model")),
        provider_request_id=reply.headers.get("x-request-id"),
        # The prompt is not counted when it was still in memory.
        usage=Usage(prompt_tokens=prompt_tokens, completion_tokens=completion_tokens) if is_counted else None,
        logprobs=token_logprobs(body.get("logprobs")),
    )


def _classify(reading: Reading, message: dict[str, Any]) -> Reading:
    if reading.finish_reason == "length":
        return truncated(reading)
    if message.get("tool_calls"):
        return wants_tools(reading)
    return ended(reading, is_normal_end=reading.finish_reason == "stop")
