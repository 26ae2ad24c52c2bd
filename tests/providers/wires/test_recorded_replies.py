"""Replies in the shapes that the providers send: each means what its provider means by it."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from evaluator.providers.reply import HttpReply
from evaluator.providers.table import API_PROVIDERS
from evaluator.providers.wires.openai_chat import OpenAIChat
from evaluator.providers.wires.reading import Reading
from evaluator.providers.wires.wire import Wire
from evaluator.records import Usage
from tests.conftest import GOLDEN

CASES = [json.loads(line) for line in (GOLDEN / "replies.jsonl").read_text(encoding="utf-8").splitlines()]
WIRES: dict[str, Wire] = {name: provider.wire(None) for name, provider in API_PROVIDERS.items()} | {
    "openai-responses": API_PROVIDERS["openai"].wire("responses"),
    "server": OpenAIChat(),
}
EVERY_WIRE = pytest.mark.parametrize("wire", list(WIRES.values()), ids=list(WIRES))


def reply(body: object, status: int = 200, headers: dict[str, str] | None = None) -> HttpReply:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return HttpReply(status=status, headers=headers or {}, body=data)


def seen(reading: Reading) -> dict[str, Any]:
    usage, failure = reading.usage, reading.failure
    told = {
        **{name: getattr(reading, name) for name in ("outcome", "text", "finish_reason", "served_model", "served_by")},
        **{name: getattr(reading, name) for name in ("provider_request_id", "cost_usd", "reasoning")},
        "flags": list(reading.flags),
        "kind": failure.kind if failure else None,
        "wait_s": failure.wait_s if failure else None,
        "tokens": list(msgspec.structs.astuple(usage)) if usage else None,
    }
    return {name: value for name, value in told.items() if value not in (None, "", [])}


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['wire']}: {case['case']}")
def test_a_reply_means_what_its_provider_means(case: dict[str, Any]) -> None:
    reading = WIRES[case["wire"]].read(reply(case["body"], case["status"], case.get("headers")))
    assert seen(reading) == case["expect"]
    assert (reading.detail is None) == (reading.outcome == "answered")


def test_every_wire_has_its_answer_block_cut_and_failure() -> None:
    # A server of one's own blocks nothing.
    for name in set(WIRES) - {"server", "ollama"}:
        outcomes = {case["expect"]["outcome"] for case in CASES if case["wire"] == name}
        assert {"answered", "blocked", "failed"} <= outcomes, name


@EVERY_WIRE
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>Welcome to the Wi-Fi</html>",
        b"[]",
        b"null",
        b'"text"',
        b'{"choices": []}{"choices": []}',
        b'{"id": "\xff"}',
        b'{"id": "\\ud800"}',
        b'{"a": NaN}',
        b'{"a": Infinity}',
        b"[" * 200_000,
        b'{"a": ' + b"[" * 100_000,
        '{"choices": []}'.encode("utf-16"),
        '{"choices": []}'.encode("utf-32"),
        b'{"choices": [1]}',
        b'{"choices": {"0": 1}, "output": {}, "content": {}, "candidates": {}}',
        b'{"choices": [{"message": []}], "output": [[]], "content": [[]], "candidates": [[]]}',
        b'{"choices": [{"message": {"content": 5}}], "content": 5, "candidates": 5, "output": 5}',
        b'{"choices": [{"message": {"content": {"a": 1}}}], "content": {"a": 1}, "candidates": [5], "output": [5]}',
    ],
    ids=range(19),
)
def test_hostile_bodies_are_never_an_answer(wire: Wire, body: bytes) -> None:
    reading = wire.read(reply(body))
    assert reading.outcome in {"malformed", "blocked"}
    assert reading.text == ""
    assert reading.failure is None or reading.failure.kind == "malformed"


@EVERY_WIRE
@pytest.mark.parametrize(
    "status", [301, 400, 401, 402, 403, 404, 408, 409, 413, 422, 425, 429, 499, 500, 501, 503, 529]
)
@pytest.mark.parametrize(
    "body", [b"", b"<html>no</html>", b"{}", b'{"error": {}}', b'{"error": []}', b'{"error": "x"}']
)
def test_a_status_that_is_an_error_is_never_an_answer(wire: Wire, status: int, body: bytes) -> None:
    reading = wire.read(reply(body, status))
    assert reading.outcome == "failed"
    assert reading.failure is not None
    expected = {401: "halted", 402: "halted", 403: "halted", 404: "halted", 429: "rate_limited"}
    passing = {408, 409, 425, 499, 500, 503, 529}
    html_challenge = status == 403 and body.startswith(b"<")
    kind = "transient" if status in passing or html_challenge else expected.get(status, "permanent")
    assert (reading.failure.kind, reading.failure.status) == (kind, status)


@pytest.mark.parametrize(
    ("name", "finish", "text", "outcome"),
    [
        ("gemini", "SAFETY", "The", "blocked"),
        ("gemini", "SPII", "", "blocked"),
        ("gemini", "IMAGE_SAFETY", "", "blocked"),
        ("gemini", "MODEL_ARMOR", "", "blocked"),
        ("gemini", "OTHER", "", "blocked"),
        ("gemini", "OTHER", "Canberra", "answered"),
        ("gemini", "FINISH_REASON_UNSPECIFIED", "", "blocked"),
        ("gemini", "CONTINUATION", "Canb", "truncated"),
        ("gemini", "MAX_TOKENS", "Canb", "truncated"),
        ("gemini", "TOO_MANY_TOOL_CALLS", "", "malformed"),
        ("gemini", "PUP_LIMITED_DISABLED", "", "failed"),
        ("gemini", "STOP", " ", "malformed"),
        ("gemini", "SOMETHING_NEW", "Canberra", "answered"),
        ("anthropic", "end_turn", "Canberra", "answered"),
        ("anthropic", "stop_sequence", "Canberra", "answered"),
        ("anthropic", "max_tokens", "Canb", "truncated"),
        ("anthropic", "model_context_window_exceeded", "", "truncated"),
        ("anthropic", "tool_use", "", "malformed"),
        ("anthropic", "refusal", "I will", "blocked"),
        ("anthropic", "pause_turn", "Canberra", "answered"),
        ("anthropic", "end_turn", "", "malformed"),
    ],
)
def test_every_way_to_end_has_its_outcome(name: str, finish: str, text: str, outcome: str) -> None:
    body: dict[str, Any] = {
        "gemini": {"candidates": [{"finishReason": finish, "content": {"parts": [{"text": text}]}}]},
        "anthropic": {"stop_reason": finish, "content": [{"type": "text", "text": text}]},
    }[name]
    reading = WIRES[name].read(reply(body))
    assert reading.outcome == outcome
    is_unknown = "finish_reason_unknown" in reading.flags
    assert is_unknown == (outcome == "answered" and finish not in {"STOP", "end_turn", "stop_sequence"})
    if finish == "PUP_LIMITED_DISABLED":
        assert reading.failure is not None
        assert reading.failure.kind == "halted"
    if finish == "refusal":
        assert reading.text == ""


@pytest.mark.parametrize(
    ("native", "outcome"),
    [
        ("SAFETY", "blocked"),
        ("sensitive", "blocked"),
        ("RECITATION", "blocked"),
        ("refusal", "refused"),
        ("stop", "answered"),
        ("end_turn", "answered"),
    ],
)
def test_the_hosts_own_finish_reason_wins_for_a_block(native: str, outcome: str) -> None:
    choice = {"finish_reason": "stop", "native_finish_reason": native, "message": {"content": "I"}}
    assert WIRES["openrouter"].read(reply({"choices": [choice]})).outcome == outcome


@pytest.mark.parametrize(
    ("error", "status", "expected"),
    [
        ({"code": 400, "message": "x", "metadata": {"error_type": "content_policy_violation"}}, 400, "blocked"),
        ({"code": 400, "message": "x", "metadata": {"error_type": "max_tokens_exceeded"}}, 400, "truncated"),
        ({"code": 400, "message": "x", "metadata": {"error_type": "invalid_prompt"}}, 400, "permanent"),
        ({"code": 404, "message": "x", "error_type": "not_found"}, 404, "halted"),
        (
            {"code": 404, "message": "x", "availability": {"code": "privacy_restricted", "retryable": False}},
            404,
            "halted",
        ),
        ({"code": 404, "message": "x", "availability": {"code": "odd", "retryable": True}}, 404, "transient"),
        (
            {"code": 402, "metadata": {"error_type": "payment_required", "reason": "weight_exceeds_budget"}},
            402,
            "permanent",
        ),
        ({"code": 500, "message": "x", "metadata": {"error_type": "unmapped"}}, 500, "transient"),
        ({"code": "503", "message": "x"}, 200, "transient"),
        ({"code": 429, "message": "x"}, 200, "rate_limited"),
        ({"code": 400, "message": "x"}, 200, "permanent"),
    ],
)
def test_openrouters_typed_errors_win_over_the_status(error: dict[str, Any], status: int, expected: str) -> None:
    reading = WIRES["openrouter"].read(reply({"error": error}, status))
    assert (reading.failure.kind if reading.failure else reading.outcome) == expected


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        *[(code, "transient") for code in (1000, 1001, 1024, 1033, 7777)],
        *[(code, "rate_limited") for code in (1002, 1039, 1041)],
        *[(code, "halted") for code in (1004, 1008, 2049, 2056)],
        *[(code, "blocked") for code in (1026, 1027, "1027")],
        *[(code, "permanent") for code in (1042, 2013)],
        (0, "answered"),
    ],
)
def test_minimax_codes_in_a_200(code: int | str, expected: str) -> None:
    choice = {"finish_reason": "stop", "message": {"content": "Canberra"}}
    reading = WIRES["minimax"].read(reply({"choices": [choice], "base_resp": {"status_code": code}}))
    assert (reading.failure.kind if reading.failure else reading.outcome) == expected


def test_a_thinking_block_that_never_ends_is_no_answer() -> None:
    choice = {"finish_reason": "stop", "message": {"content": "<think>It could be"}}
    reading = WIRES["minimax"].read(reply({"choices": [choice]}))
    assert (reading.outcome, reading.text, reading.reasoning) == ("malformed", "", "It could be")


@pytest.mark.parametrize(
    ("error_type", "code", "status", "kind"),
    [
        ("authentication_error", None, 401, "halted"),
        ("billing_error", None, 402, "halted"),
        ("permission_error", None, 403, "halted"),
        ("not_found_error", None, 404, "halted"),
        ("conflict_error", None, 409, "transient"),
        ("request_too_large", None, 413, "permanent"),
        ("rate_limit_error", None, 429, "rate_limited"),
        ("rate_limit_error", "organization_on_hold", 429, "halted"),
        ("api_error", None, 500, "transient"),
        ("timeout_error", None, 504, "transient"),
        ("overloaded_error", None, 529, "transient"),
        ("overloaded_error", None, 200, "transient"),
        ("invalid_request_error", None, 400, "permanent"),
    ],
)
def test_anthropics_error_types(error_type: str, code: str | None, status: int, kind: str) -> None:
    error = {"type": error_type, "message": "x"} | ({"details": {"error_code": code}} if code else {})
    reading = WIRES["anthropic"].read(reply({"type": "error", "error": error}, status))
    assert reading.failure is not None
    assert reading.failure.kind == kind


@pytest.mark.parametrize(("header", "status", "kind"), [("true", 400, "transient"), ("false", 500, "permanent")])
def test_the_servers_word_on_retrying_wins_over_the_status(header: str, status: int, kind: str) -> None:
    reading = WIRES["anthropic"].read(reply({"error": {"message": "x"}}, status, {"x-should-retry": header}))
    assert reading.failure is not None
    assert reading.failure.kind == kind


def test_cached_tokens_are_part_of_the_prompts_everywhere() -> None:
    usage = {"input_tokens": 10, "cache_read_input_tokens": 100, "cache_creation_input_tokens": 5, "output_tokens": 3}
    body = {"content": [{"type": "text", "text": "x"}], "stop_reason": "end_turn", "usage": usage}
    assert WIRES["anthropic"].read(reply(body)).usage == Usage(
        prompt_tokens=115, completion_tokens=3, cached_tokens=100
    )
    chat = {"choices": [{"finish_reason": "stop", "message": {"content": "x"}}]}
    deepseek = chat | {"usage": {"prompt_tokens": 50, "completion_tokens": 3, "prompt_cache_hit_tokens": 40}}
    assert WIRES["deepseek"].read(reply(deepseek)).usage == Usage(
        prompt_tokens=50, completion_tokens=3, cached_tokens=40
    )


@pytest.mark.parametrize(
    ("usage", "cost", "flags"),
    [
        ({"cost": 0.01}, 0.01, ()),
        ({"cost": 0}, 0.0, ()),
        ({}, None, ()),
        ({"cost": -1}, None, ("cost_odd",)),
        ({"cost": "0.01"}, None, ("cost_odd",)),
        ({"cost": True}, None, ("cost_odd",)),
        ({"cost": 1e300}, None, ("cost_odd",)),
        ({"cost": 0.01, "is_byok": True, "cost_details": {"upstream_inference_cost": 0.2}}, 0.21, ()),
        ({"cost": 0.01, "is_byok": True}, None, ()),
    ],
)
def test_the_reported_cost_is_taken_when_it_can_be_one(
    usage: dict[str, Any], cost: float | None, flags: tuple[str, ...]
) -> None:
    choice = {"finish_reason": "stop", "message": {"content": "x"}}
    reading = WIRES["openrouter"].read(reply({"choices": [choice], "usage": usage}))
    assert reading.cost_usd == (None if cost is None else pytest.approx(cost))
    assert (reading.cost_source, reading.flags) == (None if cost is None else "usage.cost", flags)


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("openai", {"logprobs": {"content": [{"logprob": -0.5}, {"logprob": -9999.0}, {"logprob": "x"}]}}),
        ("gemini", {"logprobsResult": {"chosenCandidates": [{"logProbability": v} for v in (-0.5, 3, None)]}}),
    ],
)
def test_logprobs_are_read_and_impossible_ones_are_null(name: str, body: dict[str, Any]) -> None:
    whole = {
        "openai": {"choices": [{"finish_reason": "stop", "message": {"content": "x"}} | body]},
        "gemini": {"candidates": [{"finishReason": "STOP", "content": {"parts": [{"text": "x"}]}} | body]},
    }[name]
    assert WIRES[name].read(reply(whole)).logprobs == (-0.5, None, None)


def test_a_part_of_a_key_that_a_server_repeats_is_blotted_out() -> None:
    message = "Incorrect API key provided: sk-proj-abc***wxyz. You can find your key at ..."
    reading = WIRES["openai"].read(reply({"error": {"message": message, "code": "invalid_api_key"}}, 401))
    assert "wxyz" not in repr(reading)


def test_flagged_input_is_not_kept_in_the_detail() -> None:
    error = {"code": 403, "message": "flagged", "metadata": {"reasons": ["x"], "flagged_input": "private words"}}
    assert "private words" not in repr(WIRES["openrouter"].read(reply({"error": error}, 403)))
