"""What a chat-completions reply means: an answer, a refusal, a block, a cut, or a failure."""

from __future__ import annotations

import json
from typing import Any

import pytest

from evaluator.providers.reply import HttpReply
from evaluator.providers.wires.openai_chat import OpenAIChat
from evaluator.providers.wires.reading import Reading
from evaluator.records import Message, Request, Sampling, Usage


def reply(body: object, status: int = 200, **headers: str) -> HttpReply:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return HttpReply(status=status, headers=headers, body=data)


def request_body(asked: Request, model_name: str) -> bytes:
    return json.dumps(OpenAIChat().body(asked, model_name)).encode()


def read_reply(received: HttpReply) -> Reading:
    return OpenAIChat().read(received)


def completion(content: Any, finish: str | None = "stop", **message: Any) -> dict[str, Any]:
    return {"model": "m", "choices": [{"finish_reason": finish, "message": {"content": content} | message}]}


def request(**sampling: Any) -> Request:
    return Request(
        request_id="r",
        probe_id="p",
        model="server/m",
        prompt="none",
        repeat=2,
        messages=(Message(role="system", content="Be brief."), Message(role="user", content="Né?")),
        sampling=Sampling(**sampling),
    )


def test_the_body_holds_what_was_set_and_nothing_else() -> None:
    assert json.loads(request_body(request(), "m")) == {
        "model": "m",
        "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Né?"}],
    }
    assert json.loads(request_body(request(max_tokens=99), "m"))["max_tokens"] == 99
    body = json.loads(request_body(request(temperature=0.0, top_p=0.5, seed=7, reasoning_effort="low"), "m"))
    assert (body["temperature"], body["top_p"], body["seed"], body["reasoning_effort"]) == (0.0, 0.5, 9, "low")


def test_the_body_is_the_same_bytes_every_time() -> None:
    assert request_body(request(seed=1), "m") == request_body(request(seed=1), "m")


def test_an_answer_is_read_with_all_that_came_with_it() -> None:
    body = completion("Canberra", reasoning_content="Australia ...") | {
        "id": "x1",
        "usage": {
            "prompt_tokens": 32,
            "completion_tokens": 75,
            "prompt_tokens_details": {"cached_tokens": 4},
            "completion_tokens_details": {"reasoning_tokens": 64},
        },
    }
    reading = read_reply(reply(body))
    assert (reading.outcome, reading.text, reading.reasoning) == ("answered", "Canberra", "Australia ...")
    assert (reading.served_model, reading.provider_request_id, reading.finish_reason) == ("m", "x1", "stop")
    assert reading.usage == Usage(prompt_tokens=32, completion_tokens=75, cached_tokens=4, reasoning_tokens=64)
    assert reading.failure is None


@pytest.mark.parametrize(
    ("body", "outcome", "detail"),
    [
        (completion(None, refusal="I can't help."), "refused", "refusal field"),
        (completion("Partly", refusal="I can't help."), "refused", "refusal field"),
        (completion("", "content_filter"), "blocked", "content_filter"),
        (completion("", "length"), "truncated", "no room"),
        (completion("The capital is Can", "length"), "truncated", "cut"),
        (completion("The capi", "insufficient_system_resource"), "failed", "insufficient_system_resource"),
        (completion("The capi", "error"), "failed", "error"),
        (completion(""), "malformed", "no text"),
        (completion(" \n"), "malformed", "no text"),
        (completion(None), "malformed", "no text"),
        (completion("", tool_calls=[{"id": "1"}]), "malformed", "tool calls"),
        (completion("See tool", tool_calls=[{"id": "1"}]), "malformed", "tool calls"),
        (completion(7), "malformed", "content"),
        (completion({"text": "x"}), "malformed", "content"),
        ({"choices": []}, "malformed", "no choices"),
        ({"choices": None}, "malformed", "no choices"),
        ({"id": "gen", "model": "x"}, "malformed", "no choices"),
        ({"choices": ["text"]}, "malformed", "no choices"),
        ([], "malformed", "not a JSON object"),
        ("a string", "malformed", "not a JSON object"),
        (b"", "malformed", "empty body"),
        (b"<html>Welcome to the Wi-Fi</html>", "malformed", "html"),
        (b'{"choices": []}{"choices": []}', "malformed", "not a JSON object"),
        (b'{"choices": [{"message": {"content": "\xff"}}]}', "malformed", "not a JSON object"),
        (b'{"a": NaN}', "malformed", "not a JSON object"),
        (b"[" * 200_000, "malformed", "not a JSON object"),
        (b'{"a": ' + b"9" * 5000 + b"}", "malformed", ""),
        ('{"choices": []}'.encode("utf-16"), "malformed", "not a JSON object"),
    ],
)
def test_what_is_no_answer_is_never_answered(body: object, outcome: str, detail: str) -> None:
    reading = read_reply(reply(body))
    assert reading.outcome == outcome
    assert detail in (reading.detail or "")


def test_a_list_of_parts_is_joined_from_its_text_parts() -> None:
    parts = [{"type": "text", "text": "Can"}, {"type": "image"}, {"type": "text", "text": "berra"}]
    assert read_reply(reply(completion(parts))).text == "Canberra"


def test_a_byte_order_mark_before_the_body_is_accepted() -> None:
    assert read_reply(reply(b"\xef\xbb\xbf" + json.dumps(completion("Yes")).encode())).text == "Yes"


@pytest.mark.parametrize("finish", [None, "surprise"])
def test_an_unknown_finish_reason_is_flagged_and_never_taken_for_stop(finish: str | None) -> None:
    reading = read_reply(reply(completion("Canberra", finish)))
    assert (reading.outcome, reading.finish_reason) == ("answered", finish)
    assert reading.flags == ("finish_reason_unknown",)


@pytest.mark.parametrize(
    ("status", "error", "kind"),
    [
        (429, {"message": "slow down", "code": "rate_limit_exceeded"}, "rate_limited"),
        (429, {"message": "quota", "type": "insufficient_quota", "code": None}, "halted"),
        (429, {"message": "no credit", "code": "credit_balance_exhausted"}, "halted"),
        (401, {"message": "bad key"}, "halted"),
        (402, {"message": "pay"}, "halted"),
        (403, {"message": "no"}, "halted"),
        (404, {"message": "The model `x` does not exist."}, "halted"),
        (400, {"message": "Unsupported parameter: 'temperature'", "code": "unsupported_parameter"}, "permanent"),
        (422, {"message": "no"}, "permanent"),
        (301, {}, "permanent"),
        (501, {}, "permanent"),
        (408, {}, "transient"),
        (500, {}, "transient"),
        (503, {"code": 503, "message": "Loading model", "type": "unavailable_error"}, "loading"),
        (529, {}, "transient"),
        (200, {"code": 502, "message": "Provider returned error"}, "transient"),
    ],
)
def test_an_error_says_what_to_do_next(status: int, error: dict[str, Any], kind: str) -> None:
    reading = read_reply(reply({"error": error}, status))
    assert reading.outcome == "failed"
    assert reading.failure is not None
    assert (reading.failure.kind, reading.failure.status) == (kind, status)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"error": "model 'x' not found"}, 404),
        ({"object": "error", "message": "The model `x` does not exist.", "code": 404}, 404),
        ({"choices": [{"error": {"code": 502, "message": "gone"}, "message": {"content": "The answer is 18"}}]}, 200),
        (b"<html>502 Bad Gateway</html>", 502),
        (b"", 500),
    ],
)
def test_every_shape_of_error_is_seen(body: object, status: int) -> None:
    reading = read_reply(reply(body, status))
    assert reading.outcome == "failed"
    assert reading.text == ""


@pytest.mark.parametrize(
    ("status", "error", "outcome"),
    [
        (400, {"message": "This model's maximum context length is 8192 tokens."}, "truncated"),
        (400, {"message": "too long", "type": "exceed_context_size_error"}, "truncated"),
        (400, {"message": "Invalid prompt", "code": "invalid_prompt"}, "blocked"),
        (400, {"message": "high risk", "type": "content_filter"}, "blocked"),
    ],
)
def test_an_error_that_speaks_of_the_question_is_no_failure_of_the_server(
    status: int, error: dict[str, Any], outcome: str
) -> None:
    reading = read_reply(reply({"error": error}, status))
    assert (reading.outcome, reading.failure) == (outcome, None)


def test_the_servers_wish_to_wait_is_passed_on() -> None:
    reading = read_reply(reply({"error": {"message": "slow"}}, 429, **{"retry-after": "7"}))
    assert reading.failure is not None
    assert reading.failure.wait_s == 7


@pytest.mark.parametrize("usage", [None, 3, [], {"prompt_tokens": -1}, {"prompt_tokens": "3"}, {"prompt_tokens": True}])
def test_odd_usage_is_unknown_never_zero(usage: object) -> None:
    reading = read_reply(reply(completion("x") | {"usage": usage}))
    assert reading.usage is None or reading.usage.prompt_tokens is None
