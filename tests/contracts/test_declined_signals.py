"""Every way in which a provider says that it, or its model, declined: refused, blocked, cut, or broken."""

from __future__ import annotations

import json
from typing import Any

import pytest

from evaluator.providers.reply import HttpReply
from tests.providers.wires.test_recorded_replies import WIRES

GEMINI_OUTPUT_BLOCKS = (
    "SAFETY",
    "BLOCKLIST",
    "PROHIBITED_CONTENT",
    "SPII",
    "LANGUAGE",
    "ESCALATION",
    "MODEL_ARMOR",
    "RECITATION",
    "IMAGE_SAFETY",
    "IMAGE_PROHIBITED_CONTENT",
    "IMAGE_RECITATION",
    "NO_IMAGE",
)
GEMINI_UNUSABLE = (
    "MALFORMED_RESPONSE",
    "MALFORMED_FUNCTION_CALL",
    "UNEXPECTED_TOOL_CALL",
    "TOO_MANY_TOOL_CALLS",
    "MISSING_THOUGHT_SIGNATURE",
)


def chat(content: Any = "", finish: str | None = "stop", **more: Any) -> dict[str, Any]:
    message = {"role": "assistant", "content": content} | more.pop("message", {})
    return {"id": "x", "choices": [{"index": 0, "finish_reason": finish, "message": message, **more}]}


def responses(status: str, content: list[dict[str, Any]] | None = None, **more: Any) -> dict[str, Any]:
    output = [{"type": "message", "content": content}] if content is not None else []
    return {"id": "x", "status": status, "output": output, **more}


def failed(code: str) -> dict[str, Any]:
    return responses("failed", error={"code": code, "message": "no"})


def error(**fields: Any) -> dict[str, Any]:
    return {"error": {"message": "no", **fields}}


def gemini(finish: str, text: str | None = None) -> dict[str, Any]:
    content = {"content": {"parts": [{"text": text}]}} if text is not None else {}
    return {"candidates": [{"finishReason": finish, **content}]}


Row = tuple[str, str, dict[str, Any], int, str]
ROWS: list[Row] = [
    ("refusal field", "openai", chat(None, message={"refusal": "I won't"}), 200, "refused"),
    ("refusal field beside text", "openai", chat("Well", message={"refusal": "I won't"}), 200, "refused"),
    ("refusal field, cut", "openai", chat(None, "length", message={"refusal": "I won't"}), 200, "refused"),
    (
        "refusal part",
        "openai-responses",
        responses("completed", [{"type": "refusal", "refusal": "No"}]),
        200,
        "refused",
    ),
    (
        "refusal part beside text",
        "openai-responses",
        responses("completed", [{"type": "output_text", "text": "Well"}, {"type": "refusal", "refusal": "No"}]),
        200,
        "refused",
    ),
    ("refusal field of a router", "openrouter", chat(None, message={"refusal": "I won't"}), 200, "refused"),
    ("refusal error", "openrouter", error(code=400, metadata={"error_type": "refusal"}), 400, "refused"),
    *[(f"filter of {w}", w, chat("Well", "content_filter"), 200, "blocked") for w in ("openai", "openrouter")],
    *[(f"filter of {w}", w, chat("Well", "content_filter"), 200, "blocked") for w in ("deepseek", "moonshot")],
    (
        "filter of responses",
        "openai-responses",
        responses("incomplete", incomplete_details={"reason": "content_filter"}),
        200,
        "blocked",
    ),
    *[
        (f"policy {code}", "openai-responses", failed(code), 200, "blocked")
        for code in (
            "invalid_prompt",
            "bio_policy",
            "misalignment_policy_violation",
            "image_content_policy_violation",
            "audio_content_policy_violation",
        )
    ],
    *[
        (f"400 {code}", "openai", error(code=code), 400, "blocked")
        for code in ("invalid_prompt", "content_policy_violation", "content_filter")
    ],
    ("classifier", "anthropic", {"content": [], "stop_reason": "refusal"}, 200, "blocked"),
    (
        "content filtering",
        "anthropic",
        {"type": "error", "error": {"type": "invalid_request_error", "message": "blocked by content filtering policy"}},
        400,
        "blocked",
    ),
    ("prompt", "gemini", {"promptFeedback": {"blockReason": "JAILBREAK"}}, 200, "blocked"),
    *[(f"output {finish}", "gemini", gemini(finish), 200, "blocked") for finish in GEMINI_OUTPUT_BLOCKS],
    *[
        (f"no text {finish}", "gemini", gemini(finish), 200, "blocked")
        for finish in ("OTHER", "FINISH_REASON_UNSPECIFIED")
    ],
    *[(f"unusable {finish}", "gemini", gemini(finish), 200, "malformed") for finish in GEMINI_UNUSABLE],
    ("continuation", "gemini", gemini("CONTINUATION", "Well"), 200, "truncated"),
    ("account limited", "gemini", gemini("PUP_LIMITED_DISABLED"), 200, "halted"),
    ("moderation", "openrouter", error(code=403, metadata={"reasons": ["x"]}), 403, "blocked"),
    ("flagged input", "openrouter", error(code=403, metadata={"flagged_input": "x"}), 403, "blocked"),
    ("own guardrail", "openrouter", error(code=403, metadata={"patterns": ["x"]}), 403, "halted"),
    ("own budget", "openrouter", error(code=403, metadata={"limit_source": "openrouter_key_limit"}), 403, "halted"),
    (
        "policy error",
        "openrouter",
        error(code=400, metadata={"error_type": "content_policy_violation"}),
        400,
        "blocked",
    ),
    *[
        (f"native {native}", "openrouter", chat("Well", "stop", native_finish_reason=native), 200, outcome)
        for native, outcome in (("SAFETY", "blocked"), ("sensitive", "blocked"), ("refusal", "refused"))
    ],
    ("high risk", "moonshot", error(type="content_filter"), 400, "blocked"),
    *[
        (f"base_resp {code}", "minimax", chat("Well") | {"base_resp": {"status_code": code}}, 200, "blocked")
        for code in (1026, 1027)
    ],
    *[
        (side, "minimax", chat("Well") | {side: True}, 200, "blocked")
        for side in ("input_sensitive", "output_sensitive")
    ],
    ("content exists risk", "deepseek", {"error": {"message": "Content Exists Risk"}}, 400, "blocked"),
    ("out of resources", "deepseek", chat("Well", "insufficient_system_resource"), 200, "transient"),
    ("cut before text", "openai", chat("", "length"), 200, "truncated"),
    ("cut in text", "openai", chat("Well", "length"), 200, "truncated"),
    (
        "cut before text",
        "anthropic",
        {"content": [{"type": "thinking", "thinking": "x"}], "stop_reason": "max_tokens"},
        200,
        "truncated",
    ),
    ("window", "anthropic", {"content": [], "stop_reason": "model_context_window_exceeded"}, 200, "truncated"),
    ("cut before text", "gemini", gemini("MAX_TOKENS"), 200, "truncated"),
    ("context", "openai", error(code="context_length_exceeded"), 400, "truncated"),
    ("empty with a stop", "openai", chat("", "stop"), 200, "malformed"),
    ("empty without an end", "openrouter", chat("", None), 200, "malformed"),
    ("given up", "openrouter", chat("Well", "error"), 200, "transient"),
    ("choice error", "openrouter", chat("Well", "error", error={"code": 502, "message": "x"}), 200, "transient"),
    (
        "choice error of policy",
        "openrouter",
        chat("Well", "error", error={"code": 400, "metadata": {"error_type": "content_policy_violation"}}),
        200,
        "blocked",
    ),
    ("tools", "openai", chat(None, "tool_calls", message={"tool_calls": [{"id": "1"}]}), 200, "malformed"),
    ("plain words", "deepseek", chat("I can't help with that."), 200, "answered"),
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row[1]}: {row[0]}")
def test_a_signal_has_its_outcome(row: Row) -> None:
    _, wire, body, status, expected = row
    reading = WIRES[wire].read(HttpReply(status=status, headers={}, body=json.dumps(body).encode()))
    found = reading.failure.kind if reading.failure else reading.outcome
    assert found == expected
    if expected in {"blocked", "transient"} and wire in {"anthropic", "deepseek"} and "filter" not in row[0]:
        assert reading.text == "", "a fragment is no answer"


def test_the_fragment_that_a_filter_left_is_kept_as_evidence() -> None:
    for wire in ("openai", "openrouter", "deepseek", "moonshot"):
        body = json.dumps(chat("Well", "content_filter")).encode()
        reading = WIRES[wire].read(HttpReply(status=200, headers={}, body=body))
        assert (reading.outcome, reading.text, reading.detail) == ("blocked", "Well", "content_filter")


@pytest.mark.parametrize(
    ("wire", "body", "why"),
    [
        (
            "anthropic",
            {"content": [], "stop_reason": "refusal", "stop_details": {"category": "bio"}},
            "classifier: bio",
        ),
        ("gemini", {"promptFeedback": {"blockReason": "JAILBREAK"}}, "prompt: JAILBREAK"),
        ("gemini", gemini("SAFETY"), "output: SAFETY"),
        ("gemini", gemini("RECITATION"), "output: RECITATION"),
        ("gemini", gemini("OTHER"), "output: OTHER, which may also be a fault"),
        ("openrouter", chat("Well", "stop", native_finish_reason="SAFETY"), "stop: safety"),
    ],
)
def test_who_blocked_is_told(wire: str, body: dict[str, Any], why: str) -> None:
    reading = WIRES[wire].read(HttpReply(status=200, headers={}, body=json.dumps(body).encode()))
    assert (reading.outcome, reading.detail) == ("blocked", why)


def test_only_what_was_answered_or_refused_is_ever_graded() -> None:
    graded, lost = {"answered", "refused"}, {"blocked", "truncated", "malformed", "transient", "halted"}
    assert {row[4] for row in ROWS} == graded | lost
