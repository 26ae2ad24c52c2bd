"""The Gemini generateContent wire."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from evaluator.providers.reply import HttpReply, is_success
from evaluator.providers.wait_hints import seconds_of
from evaluator.providers.wires.faults import CODES, Fault, Meaning, read_fault
from evaluator.providers.wires.reading import (
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
    string,
    token_logprobs,
    total,
    truncated,
    unusable,
)
from evaluator.records import Failure, Request, Usage

GEMINI_CODES: dict[str, Meaning] = CODES | {
    **dict.fromkeys(("API_KEY_INVALID", "UNAUTHENTICATED", "PERMISSION_DENIED"), "halted"),
    **dict.fromkeys(("UNAVAILABLE", "INTERNAL", "DEADLINE_EXCEEDED", "ABORTED"), "transient"),
}
BLOCKING_ENDS = frozenset(
    {
        "SAFETY",
        "RECITATION",
        "LANGUAGE",
        "BLOCKLIST",
        "PROHIBITED_CONTENT",
        "SPII",
        "ESCALATION",
        "MODEL_ARMOR",
        "NO_IMAGE",
    }
)
UNUSABLE_ENDS = frozenset(
    {
        "MALFORMED_RESPONSE",
        "MALFORMED_FUNCTION_CALL",
        "UNEXPECTED_TOOL_CALL",
        "TOO_MANY_TOOL_CALLS",
        "MISSING_THOUGHT_SIGNATURE",
    }
)
AMBIGUOUS_ENDS = frozenset({"OTHER", "FINISH_REASON_UNSPECIFIED"})
SHOWS_THOUGHTS = re.compile(r"gemini-(?:2\.5|[3-9])")


class GeminiGenerate(msgspec.Struct, frozen=True):
    """The wire; a `Wire`. The key travels in a header, never in the URL."""

    key_header: str = "x-goog-api-key"
    headers: Mapping[str, str] = {}

    def path(self, model_name: str) -> str:
        """Return the path of the model."""
        return f"/models/{model_name}:generateContent"

    def body(self, request: Request, model_name: str) -> dict[str, Any]:
        """Return the request as JSON; what was not set is not sent."""
        sampling = request.sampling
        optional = {
            "maxOutputTokens": sampling.max_tokens,
            "temperature": sampling.temperature,
            "topP": sampling.top_p,
            "seed": None if sampling.seed is None else sampling.seed + request.repeat,
            "responseLogprobs": sampling.logprobs,
            "responseMimeType": None if request.json_schema is None else "application/json",
            "responseJsonSchema": request.json_schema,
            "thinkingConfig": _thinking(model_name, sampling.reasoning_effort),
        }
        system = [{"text": message.content} for message in request.messages if message.role == "system"]
        turns = [{"role": "user", "parts": [{"text": m.content}]} for m in request.messages if m.role != "system"]
        return {
            "contents": turns,
            **({"systemInstruction": {"parts": system}} if system else {}),
            "generationConfig": {key: value for key, value in optional.items() if value is not None},
        }

    def read(self, reply: HttpReply) -> Reading:
        """Read one HTTP reply: the error, the prompt's block, the first candidate."""
        body = first(found) if isinstance(found := decode(reply.body), list) else found
        about = _about(record(body), reply)
        if not is_success(reply.status) or "error" in record(body):
            return read_fault(reply, _fault_of(record(body)), about, codes=GEMINI_CODES)
        if not isinstance(body, dict):
            return not_an_object(reply)
        return _classify(about, body, reply)


def _thinking(model_name: str, effort: str | None) -> dict[str, Any] | None:
    thinking: dict[str, Any] = {"includeThoughts": True} if SHOWS_THOUGHTS.match(model_name) else {}
    if effort is not None:
        thinking["thinkingLevel"] = effort.upper()
    return thinking or None


def _fault_of(body: dict[str, Any]) -> Fault:
    error = record(body.get("error"))
    details = records(error.get("details"))
    told = (*(detail.get("reason") for detail in details), error.get("status"))
    delays = (string(detail.get("retryDelay")) for detail in details)
    wait_s = next((seconds_of(delay, datetime.now(UTC)) for delay in delays if delay), None)
    quotas = [str(v.get("quotaId")) for detail in details for v in records(detail.get("violations"))]
    is_daily = any("PerDay" in quota for quota in quotas)
    return Fault(
        message=string(error.get("message")) or string(body.get("error")) or "",
        codes=tuple(str(code)[:100] for code in told if code is not None),
        wait_s=wait_s,
        # A daily quota without a time to wait for: only a person knows when to go on.
        meaning="halted" if is_daily and wait_s is None else None,
    )


def _about(body: dict[str, Any], reply: HttpReply) -> Reading:
    candidate = record(first(body.get("candidates")))
    parts = records(record(candidate.get("content")).get("parts"))
    return Reading(
        outcome="answered",
        text=joined([part for part in parts if part.get("thought") is not True]),
        reasoning=joined([part for part in parts if part.get("thought") is True]),
        finish_reason=string(candidate.get("finishReason")),
        served_model=string(body.get("modelVersion")),
        provider_request_id=string(body.get("responseId")) or reply.headers.get("x-request-id"),
        usage=_usage_of(body.get("usageMetadata")),
        logprobs=token_logprobs(record(candidate.get("logprobsResult")).get("chosenCandidates"), "logProbability"),
    )


def _classify(reading: Reading, body: dict[str, Any], reply: HttpReply) -> Reading:
    reason = string(record(body.get("promptFeedback")).get("blockReason"))
    if reason and not reading.text.strip():
        return blocked(reading, f"prompt: {reason[:100]}")
    if not isinstance(first(body.get("candidates")), dict):
        return malformed("no candidates", reply, reading)
    return _by_finish(reading, reading.finish_reason or "")


def _by_finish(reading: Reading, finish: str) -> Reading:
    if finish in BLOCKING_ENDS or finish.startswith("IMAGE_"):
        # A recitation filter suggests that the model knew the text: it is told apart in the detail.
        return blocked(reading, f"output: {finish}")
    if finish in AMBIGUOUS_ENDS and not reading.text.strip():
        return blocked(reading, f"output: {finish}, which may also be a fault")
    if finish in {"MAX_TOKENS", "CONTINUATION"}:
        return truncated(reading)
    if finish in UNUSABLE_ENDS:
        return unusable(reading, f"finishReason {finish}")
    if finish == "ERROR":
        return broken_off(reading, finish)
    if finish == "PUP_LIMITED_DISABLED":
        failure = Failure(
            kind="halted", message="finishReason PUP_LIMITED_DISABLED: the account is limited", status=200
        )
        return msgspec.structs.replace(reading, outcome="failed", text="", detail=failure.message, failure=failure)
    return ended(reading, is_normal_end=finish == "STOP")


def _usage_of(usage: Any) -> Usage | None:
    """Thoughts are not among the candidates' tokens, and are added."""
    if not isinstance(usage, dict):
        return None
    prompt, thoughts = count(usage.get("promptTokenCount")), usage.get("thoughtsTokenCount")
    completion = total(usage.get("candidatesTokenCount"), thoughts)
    every = count(usage.get("totalTokenCount"))
    if completion is None and prompt is not None and every is not None and every >= prompt:
        # A blocked or thought-out answer names no candidates' tokens.
        completion = every - prompt
    return Usage(
        prompt_tokens=prompt,
        completion_tokens=completion,
        cached_tokens=count(usage.get("cachedContentTokenCount")),
        reasoning_tokens=count(thoughts),
    )
