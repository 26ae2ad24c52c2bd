"""No text of a model leaves with a bundle that has none, whatever field it is in."""

from __future__ import annotations

import msgspec
import pytest

from evaluator.journal import Answered, FailedAttempt
from evaluator.jsonl import encode_line
from evaluator.records import Failure, Response, Verdict
from evaluator.run.publish import _without_text, withheld

SECRET = "The model said this."
NAMES = {
    "request_id", "probe_id", "model", "prompt", "outcome", "finish_reason", "served_model", "served_by",
    "provider_request_id", "cost_source",
}  # fmt: skip
"""Fields of a response that are no text of a model."""


def text_fields(record: type[msgspec.Struct]) -> list[str]:
    """Fields that may hold any text."""
    return [field.name for field in msgspec.structs.fields(record) if field.type in (str, str | None)]


def test_every_text_of_a_response_is_hidden_or_known_to_be_a_name() -> None:
    hidden = [name for name in text_fields(Response) if name not in NAMES]
    assert hidden == ["text", "reasoning", "detail"]
    failure = Failure(kind="malformed", message=SECRET)
    given = Response(
        request_id="r", probe_id="p", model="m", prompt="none", repeat=0, outcome="malformed", failure=failure,
        **dict.fromkeys(hidden, SECRET),
    )  # fmt: skip
    for entry in (Answered(at="t", response=given), FailedAttempt(request_id="r", at="t", failure=failure)):
        line = encode_line(_without_text(entry)).decode()
        assert SECRET not in line
        assert withheld(SECRET) in line


def test_the_evidence_of_a_verdict_is_its_only_free_text() -> None:
    names = {"request_id", "probe_id", "model", "prompt", "grader", "step"}
    assert [name for name in text_fields(Verdict) if name not in names] == ["evidence"]


@pytest.mark.parametrize("text", ["", "x", "sha256:" + "0" * 64, "\ud800"])
def test_a_hash_stands_for_its_text_and_for_itself(text: str) -> None:
    assert withheld(withheld(text)) == withheld(text)
    assert (withheld(text) == "") == (text == "")
