"""The OpenAI chat-completions wire and its dialects: OpenRouter, DeepSeek, Moonshot, MiniMax, self-hosted servers.

Where the dialects differ in what is sent, a `ChatDialect` says so. What they answer is read by one
reader, because no field means two things.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from evaluator.money import COST_ODD, USAGE_ODD
from evaluator.providers.reply import HttpReply
from evaluator.providers.wires.chat_faults import fault_of
from evaluator.providers.wires.faults import CODES, Meaning, read_fault
from evaluator.providers.wires.reading import (
    UNENDED,
    Reading,
    blocked,
    broken_off,
    count,
    decode,
    ended,
    first,
    joined,
    malformed,
    not_an_object,
    record,
    records,
    refused,
    string,
    token_logprobs,
    truncated,
    wants_tools,
)
from evaluator.records import Request, Usage

BLOCKING_ENDS = frozenset(
    {
        "content_filter",
        "sensitive",
        "safety",
        "recitation",
        "prohibited_content",
        "blocklist",
        "spii",
        "image_safety",
        "model_armor",
        "language",
        "escalation",
    }
)
NORMAL_ENDS = frozenset({"stop", "eos"})
ID_HEADERS = ("x-request-id", "trace-id", "trace_id", "x-ds-trace-id")
MANY_CHOICES = "many_choices"
"""The flag of a reply with more answers than the one that was asked for."""
FROM_CACHE = "from_cache"
"""The flag of an answer that a router gave from its cache: it says nothing about another repeat."""
MOST_AMOUNT = 1e15
"""A number of dollars that nobody has is no cost."""
_THINKING = re.compile(r"\s*<think>(.*?)(?:</think>|\Z)", re.DOTALL | re.IGNORECASE)


def effort_field(effort: str) -> dict[str, Any]:
    """Return the reasoning effort under OpenAI's own name."""
    return {"reasoning_effort": effort}


class ChatDialect(msgspec.Struct, frozen=True, kw_only=True):
    """How one provider wants its chat completions."""

    limit_name: str = "max_tokens"
    """What it calls the limit of tokens."""
    effort: Callable[[str], dict[str, Any]] = effort_field
    fixed: Mapping[str, Any] = {}
    """Sent with every request."""
    codes: Mapping[str, Meaning] = msgspec.field(default_factory=lambda: CODES)
    splits_thinking: bool = False
    """Whether a leading <think> block of the content is the model's reasoning."""


class OpenAIChat(msgspec.Struct, frozen=True):
    """The wire in one dialect; a `Wire`."""

    dialect: ChatDialect = ChatDialect()
    key_header: str = "authorization"
    headers: Mapping[str, str] = {}

    def path(self, model_name: str) -> str:  # noqa: ARG002
        """Return the path of chat completions."""
        return "/chat/completions"

    def body(self, request: Request, model_name: str) -> dict[str, Any]:
        """Return the request as JSON; what was not set is not sent."""
        sampling = request.sampling
        optional = {
            self.dialect.limit_name: sampling.max_tokens,
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
            "seed": None if sampling.seed is None else sampling.seed + request.repeat,
            "logprobs": sampling.logprobs,
            "response_format": _response_format(request.json_schema),
        }
        effort = self.dialect.effort(sampling.reasoning_effort) if sampling.reasoning_effort else {}
        return {
            "model": model_name,
            "messages": [{"role": message.role, "content": message.content} for message in request.messages],
            **{key: value for key, value in optional.items() if value is not None},
            **effort,
            **self.dialect.fixed,
        }

    def read(self, reply: HttpReply) -> Reading:
        """Read one HTTP reply: an error by its typed code first, then by its status, then the answer."""
        body = decode(reply.body)
        fault = fault_of(body, reply)
        if fault is not None:
            return read_fault(reply, fault, _about(record(body), reply), codes=self.dialect.codes)
        if not isinstance(body, dict):
            return not_an_object(reply)
        return self._read_answer(body, reply)

    def _read_answer(self, body: dict[str, Any], reply: HttpReply) -> Reading:
        choice, flags = _choice_of(body.get("choices"))
        message = choice.get("message") if isinstance(choice, dict) else None
        if not isinstance(choice, dict) or not isinstance(message, dict):
            return malformed("no choices with a message", reply, _about(body, reply))
        text = _text_of(message.get("content"))
        if text is None:
            return malformed("content is neither text nor a list of parts", reply, _about(body, reply))
        told = _about(body, reply)
        reading = msgspec.structs.replace(
            told,
            outcome="answered",
            text=text,
            reasoning=_reasoning_of(message),
            finish_reason=string(choice.get("finish_reason")),
            flags=(*told.flags, *flags),
            usage=usage_of(body.get("usage")) or usage_of(choice.get("usage")),
            logprobs=token_logprobs(record(choice.get("logprobs")).get("content")),
        )
        if self.dialect.splits_thinking:
            reading = split_thinking(reading)
        return _classify(reading, choice, message)


def _choice_of(choices: Any) -> tuple[Any, tuple[str, ...]]:
    """Return the choice that was asked for: of several, which nobody asked for, the one numbered 0."""
    if not isinstance(choices, list) or len(choices) < 2:
        return first(choices), ()
    numbered = (choice for choice in records(choices) if choice.get("index") == 0)
    return next(numbered, choices[0]), (MANY_CHOICES,)


def _response_format(json_schema: dict[str, Any] | None) -> dict[str, Any] | None:
    if json_schema is None:
        return None
    return {"type": "json_schema", "json_schema": {"name": "reply", "strict": True, "schema": json_schema}}


def _about(body: dict[str, Any], reply: HttpReply) -> Reading:
    """Return what a body says beside the answer."""
    ids = (string(body.get("id")), reply.headers.get("x-generation-id"), *map(reply.headers.get, ID_HEADERS))
    cost, flags = _cost_of(record(body.get("usage")))
    return Reading(
        outcome="failed",
        served_model=string(body.get("model")),
        served_by=string(body.get("provider")),
        provider_request_id=next((each for each in ids if each), None),
        cost_usd=cost,
        cost_source=None if cost is None else "usage.cost",
        flags=(*flags, *_doubts(body, reply)),
    )


def _doubts(body: dict[str, Any], reply: HttpReply) -> tuple[str, ...]:
    is_cached = reply.headers.get("x-openrouter-cache-status", "").strip().upper() == "HIT"
    doubts = {FROM_CACHE: is_cached, USAGE_ODD: not _adds_up(record(body.get("usage")))}
    return tuple(flag for flag, is_so in doubts.items() if is_so)


def _adds_up(usage: dict[str, Any]) -> bool:
    """Whether the total is the sum of its parts, where all are told: else some tokens are in no part, and unpaid."""
    parts = [count(usage.get(key)) for key in ("prompt_tokens", "completion_tokens", "total_tokens")]
    prompt, completion, whole = parts
    return prompt is None or completion is None or whole is None or whole == prompt + completion


def _cost_of(usage: dict[str, Any]) -> tuple[float | None, tuple[str, ...]]:
    """Return the USD that the provider says it cost, and a flag when what it says cannot be."""
    cost = usage.get("cost")
    if cost is None:
        return None, ()
    if usage.get("is_byok") is True:
        # With the caller's own upstream key, `cost` is the fee only.
        upstream = record(usage.get("cost_details")).get("upstream_inference_cost")
        cost = cost + upstream if _is_amount(cost) and _is_amount(upstream) else None
        return (float(cost), ()) if cost is not None else (None, ())
    return (float(cost), ()) if _is_amount(cost) else (None, (COST_ODD,))


def _is_amount(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < MOST_AMOUNT


def _classify(reading: Reading, choice: dict[str, Any], message: dict[str, Any]) -> Reading:
    refusal = string(message.get("refusal"))
    native = (string(choice.get("native_finish_reason")) or "").lower()
    finish = reading.finish_reason
    if refusal or native == "refusal" or finish == "refusal":
        return refused(reading, refusal or "")
    if finish in BLOCKING_ENDS or native in BLOCKING_ENDS:
        return blocked(reading, finish if finish in BLOCKING_ENDS and native in {"", finish} else f"{finish}: {native}")
    if finish == "length":
        return truncated(reading)
    if finish in {"error", "insufficient_system_resource"}:
        return broken_off(reading, finish)
    if message.get("tool_calls") or finish in {"tool_calls", "function_call"}:
        return wants_tools(reading)
    return ended(reading, is_normal_end=finish in NORMAL_ENDS)


def split_thinking(reading: Reading) -> Reading:
    """Move a leading <think> block from the text to the reasoning; one that never ends took all the text."""
    found = _THINKING.match(reading.text)
    if found is None:
        return reading
    reasoning = reading.reasoning or found[1].strip()
    flags = reading.flags if found[0].lower().endswith("</think>") else (*reading.flags, UNENDED)
    text = reading.text[found.end() :].lstrip()
    return msgspec.structs.replace(reading, text=text, reasoning=reasoning, flags=flags)


def _reasoning_of(message: dict[str, Any]) -> str:
    for key in ("reasoning_content", "reasoning"):
        if text := string(message.get(key)):
            return text
    return joined(message.get("reasoning_details"))


def _text_of(content: Any) -> str | None:
    if content is None:
        return ""
    if isinstance(content, str):
        return content
    if isinstance(content, list) and all(isinstance(part, dict) for part in content):
        return joined([part for part in content if part.get("type") == "text"])
    return None


def usage_of(usage: Any) -> Usage | None:
    """Read the tokens of a chat completion, wherever a dialect puts the cached ones."""
    if not isinstance(usage, dict):
        return None
    cached = (
        record(usage.get("prompt_tokens_details")).get("cached_tokens"),
        usage.get("cached_tokens"),
        usage.get("prompt_cache_hit_tokens"),
    )
    return Usage(
        prompt_tokens=count(usage.get("prompt_tokens")),
        completion_tokens=count(usage.get("completion_tokens")),
        cached_tokens=next((number for each in cached if (number := count(each)) is not None), None),
        reasoning_tokens=count(record(usage.get("completion_tokens_details")).get("reasoning_tokens")),
    )
