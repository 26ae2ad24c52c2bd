from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from evaluator.errors import AnswersFileError
from evaluator.providers.formats import read_format
from evaluator.records import RecordedAnswer, Usage

RESULTS = Path(__file__).with_name("promptfoo.json")


def answers(path: Path) -> list[RecordedAnswer]:
    return [answer for _, answer in read_format(path, "promptfoo")]


def result(test: int = 0, prompt: int = 0, **fields: Any) -> dict[str, Any]:
    base = {
        "testIdx": test,
        "promptIdx": prompt,
        "provider": {"id": "p", "label": ""},
        "vars": {"probe_id": "a"},
        "testCase": {},
        "response": {"output": "x", "finishReason": "stop"},
        "failureReason": 0,
    }
    return base | fields


def write(path: Path, *results: object) -> Path:
    path.write_text(json.dumps({"evalId": "e", "results": {"version": 3, "results": results}}), encoding="utf-8")
    return path


def test_every_result_becomes_an_answer_of_its_model() -> None:
    found = {(a.model, a.probe_id, a.repeat): (a.finish_reason, a.text) for a in answers(RESULTS)}
    assert found == {
        ("large-1", "canberra", 0): ("stop", "Canberra."),
        ("large-1", "canberra", 1): ("refusal", "I can't help with that."),
        ("large-1", "atlantis", 0): ("stop", "I don't know."),
        ("large-1", "everest", 0): ("length", "K2 is often thought"),
        ("openai:chat:small-1", "canberra", 0): ("stop", "Sydney."),
        ("openai:chat:small-1", "canberra", 1): ("error", ""),
        ("openai:chat:small-1", "atlantis", 0): ("stop", ""),
        ("openai:chat:small-1", "everest", 0): ("content_filter", "API error: 400 invalid_prompt"),
    }
    assert answers(RESULTS)[0].usage == Usage(prompt_tokens=5, completion_tokens=7, cached_tokens=2, reasoning_tokens=3)


def test_lines_are_read_like_a_document(tmp_path: Path) -> None:
    results = json.loads(RESULTS.read_text(encoding="utf-8"))["results"]["results"]
    path = tmp_path / "results.jsonl"
    path.write_text("\n".join(map(json.dumps, results)), encoding="utf-8")
    assert answers(path) == answers(RESULTS)


@pytest.mark.parametrize(
    ("response", "failure", "finish_reason", "text"),
    [
        ({"output": "x"}, 0, None, "x"),
        ({"output": "x"}, 1, None, "x"),
        ({"output": "x", "finishReason": "tool_calls"}, 0, "tool_calls", "x"),
        ({"output": None}, 0, "error", ""),
        ({"output": None, "finishReason": "length"}, 0, "length", ""),
        ({"error": "HTTP 500"}, 2, "error", ""),
        ({"output": "half", "error": "HTTP 500"}, 0, "error", "half"),
        (None, 2, "error", ""),
        (None, 0, "error", ""),
        ({"output": "x", "isRefusal": True, "finishReason": "content_filter"}, 0, "content_filter", "x"),
        ({"output": "x", "guardrails": {"flagged": True}}, 0, "content_filter", "x"),
        ({"output": "x", "guardrails": {"flagged": False}, "isRefusal": False}, 0, None, "x"),
        ({"output": {"answer": "né"}}, 0, None, '{"answer":"né"}'),
        ({"output": 42}, 0, None, "42"),
    ],
)
def test_an_answer_is_told_from_what_is_none(
    tmp_path: Path, response: object, failure: int, finish_reason: str | None, text: str
) -> None:
    path = write(tmp_path / "r.json", result(response=response, failureReason=failure))
    assert [(a.finish_reason, a.text) for a in answers(path)] == [(finish_reason, text)]


@pytest.mark.parametrize(
    ("fields", "probe_id"),
    [
        ({"vars": {"probe_id": 7}}, "7"),
        ({"vars": {"probe_id": "a"}, "testCase": {"metadata": {"probe_id": "b"}, "description": "c"}}, "a"),
        ({"vars": {}, "testCase": {"metadata": {"probe_id": "b"}, "description": "c"}}, "b"),
        ({"vars": {}, "testCase": {"metadata": None, "description": "c"}}, "c"),
    ],
)
def test_the_probe_id_is_the_first_that_is_there(tmp_path: Path, fields: dict[str, Any], probe_id: str) -> None:
    assert answers(write(tmp_path / "r.json", result(**fields)))[0].probe_id == probe_id


@pytest.mark.parametrize(
    ("second", "says"),
    [
        (result(1, vars={}), ":2: vars: need the variable probe_id in every test"),
        (result(1, vars={"probe_id": ["a", "b"]}), ":2: vars: need the variable probe_id"),
        (result(1, vars={"probe_id": "a", "question": "other"}), ":2: vars: need one question for the probe_id 'a'"),
        (result(0, 1), ":2: need one prompt and one provider for the model 'p'"),
        (result(1, provider={"id": "", "label": ""}), ":2: provider: need an id or a label"),
        (result(1, provider=None), ":2: provider: expected `object`, got `null`"),
        (result(1, response={"output": "x", "finishReason": 3}), r":2: response\.finishReason: expected `str"),
        ({"testIdx": 1}, ":2: object missing required field"),
        (None, ":2: expected `object`, got `null`"),
    ],
)
def test_a_bad_result_is_named(tmp_path: Path, second: object, says: str) -> None:
    with pytest.raises(AnswersFileError, match=r"r\.json" + says):
        answers(write(tmp_path / "r.json", result(), second))
