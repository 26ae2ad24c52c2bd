"""Rows 63 to 80: answers that are JSON, and still odd."""

from __future__ import annotations

import json

import pytest

from evaluator.graders import default_grader
from evaluator.providers.reply import HttpReply
from evaluator.providers.table import API_PROVIDERS
from evaluator.records import Message, Price, Probe, Request, Sampling
from tests.faults.fault_server import ask_once, chat, http, told

PROBE = Probe(probe_id="p", question="Capital of Australia?", targets=("Canberra",))


def body(**fields: object) -> bytes:
    return http(json.dumps(fields).encode())


@pytest.mark.parametrize("choices", [None, [], "x", {}, [None], [1], [{}]])
def test_row_63_without_a_choice_there_is_no_answer(choices: object) -> None:
    assert told(ask_once(body(id="x", model="m", choices=choices)))[:2] == ("malformed", "malformed")
    assert told(ask_once(body(id="x", model="m")))[:2] == ("malformed", "malformed")


def test_row_63_of_more_than_one_choice_the_first_counts() -> None:
    choices = [{"index": n, "finish_reason": "stop", "message": {"content": text}} for n, text in enumerate("ab")]
    response = ask_once(body(choices=choices))
    assert (response.text, response.flags) == ("a", ("many_choices",))


def test_row_63_and_85_of_choices_out_of_order_the_one_numbered_0_counts() -> None:
    choices = [{"index": n, "finish_reason": "stop", "message": {"content": f"{n}"}} for n in (2, 0, 1)]
    assert ask_once(body(choices=choices)).text == "0"
    del choices[1]["index"]
    assert ask_once(body(choices=choices)).text == "2", "without a number 0, the first"
    assert "many_choices" not in ask_once(body(choices=choices[:1])).flags


@pytest.mark.parametrize("content", [None, "", "  \n", 7, {"text": "x"}, [], [7], [{"type": "image"}]])
def test_row_64_content_that_is_no_text_is_no_answer(content: object) -> None:
    response = ask_once(http(chat(content)))
    assert response.outcome == "malformed"
    assert response.text.strip() == ""


def test_row_64_text_in_parts_is_joined() -> None:
    parts = [{"type": "text", "text": "Can"}, {"type": "thinking", "text": "no"}, {"type": "text", "text": "berra"}]
    response = ask_once(http(chat(parts)))
    assert (response.outcome, response.text) == ("answered", "Canberra")


def test_row_65_an_answer_that_sits_in_the_reasoning_is_not_graded() -> None:
    message = {"role": "assistant", "content": "", "reasoning_content": "It is Canberra."}
    response = ask_once(http(chat(message=message)))
    assert response.outcome == "malformed"
    assert response.flags == ("empty", "answer_in_reasoning")
    assert response.detail == "no text; an answer may stand in the reasoning"
    assert response.reasoning == "It is Canberra."
    assert default_grader().grade(PROBE, response).ungraded == "empty"


def test_row_65_a_thought_that_never_ends_is_another_thing() -> None:
    assert ask_once(http(chat(""))).flags == ("empty",)
    for text, flags in (("<think>It could > be", ("reasoning_exhausted", "empty")), ("<think>Is it?</THINK> Yes", ())):
        reply = HttpReply(status=200, headers={}, body=chat(text))
        assert API_PROVIDERS["minimax"].wire(None).read(reply).flags == flags


def test_row_67_a_refusal_beside_content_is_a_refusal_and_both_are_kept() -> None:
    message = {"role": "assistant", "content": "Well.", "refusal": "I can't."}
    response = ask_once(http(chat(message=message)))
    assert (response.outcome, response.text) == ("refused", "Well.")
    assert response.detail == "the provider's refusal field: I can't."
    parts = [{"type": "output_text", "text": "Well."}, {"type": "refusal", "refusal": "I can't."}]
    both = json.dumps({"status": "completed", "output": [{"type": "message", "content": parts}]}).encode()
    reading = API_PROVIDERS["openai"].wire("responses").read(HttpReply(status=200, headers={}, body=both))
    assert (reading.outcome, reading.text) == ("refused", "Well.")
    assert reading.detail == "the provider's refusal field: I can't."


def test_row_68_an_error_beside_partial_text_is_not_an_answer() -> None:
    response = ask_once(http(chat("The capi", error={"code": 502, "message": "disconnected"}, finish_reason="error")))
    assert told(response) == ("failed", "transient", True), "it was at work, and may bill it"
    assert response.text == ""


@pytest.mark.parametrize("finish", ["error", "insufficient_system_resource"])
def test_row_68_a_host_that_gives_up_may_bill_what_it_did(finish: str) -> None:
    response = ask_once(http(chat("The capi", finish_reason=finish)))
    assert told(response) == ("failed", "transient", True)
    assert response.text == ""


def test_row_74_repeats_are_sent_with_different_seeds_and_no_cache_is_asked_for() -> None:
    def sent(repeat: int) -> dict[str, object]:
        request = Request(
            request_id="r",
            probe_id="p",
            model="m",
            prompt="none",
            repeat=repeat,
            messages=(Message(role="user", content="q"),),
            sampling=Sampling(temperature=1.0, seed=5),
        )
        return API_PROVIDERS["openrouter"].wire(None).body(request, "m")

    assert (sent(0)["seed"], sent(1)["seed"]) == (5, 6)
    headers = API_PROVIDERS["openrouter"].wire(None).headers
    assert not [name for name in headers if "cache" in name.lower()]


@pytest.mark.parametrize(
    ("usage", "flags"),
    [
        ({"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 999}, ("usage_odd",)),
        ({"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 3}, ("usage_odd",)),
        ({"prompt_tokens": 10, "completion_tokens": 5, "prompt_tokens_details": {"cached_tokens": 11}}, ("usage_odd",)),
        ({"prompt_tokens": 10.5, "completion_tokens": 5}, ()),
        ({"prompt_tokens": -10, "completion_tokens": 5}, ()),
        ({"prompt_tokens": 10, "completion_tokens": "5"}, ()),
        ({"prompt_tokens": 10}, ()),
        (None, ()),
    ],
)
def test_row_70_a_usage_that_cannot_be_has_no_price(usage: object, flags: tuple[str, ...]) -> None:
    price = Price(prompt=1e6, completion=1e6)
    response = ask_once(body(**json.loads(chat()), usage=usage), price=price)
    assert (response.outcome, response.text, response.flags) == ("answered", "Canberra", flags)
    assert response.cost_usd is None, "unknown, and not 0"
    sound = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}
    assert ask_once(body(**json.loads(chat()), usage=sound), price=price).cost_usd == 15


def test_row_74_an_answer_from_a_cache_is_flagged() -> None:
    response = ask_once(http(chat(), 200, "x-openrouter-cache-status: hit"))
    assert (response.outcome, response.flags) == ("answered", ("from_cache",))
    assert ask_once(http(chat(), 200, "x-openrouter-cache-status: MISS")).flags == ()


def test_row_76_a_call_of_tools_is_no_answer() -> None:
    message = {"role": "assistant", "content": None, "tool_calls": [{"id": "1", "type": "function"}]}
    response = ask_once(http(chat(message=message, finish_reason="tool_calls")))
    assert response.outcome == "malformed"


def test_row_77_no_count_of_prompt_tokens_is_no_error() -> None:
    answered = json.loads(chat())
    for usage in ({}, {"completion_tokens": 3}, {"prompt_tokens": 0, "completion_tokens": 3}):
        assert ask_once(body(**answered, usage=usage)).outcome == "answered"
