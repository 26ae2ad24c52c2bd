from __future__ import annotations

import pytest

from evaluator.errors import ConfigError
from evaluator.records import Response
from evaluator.run.prompts import CONFIDENCE, prompt_named
from evaluator.run.stated import answer_alone


def response(text: str, prompt: str = "permit+confidence") -> Response:
    return Response(request_id="r", probe_id="p", model="m", prompt=prompt, repeat=0, outcome="answered", text=text)


@pytest.mark.parametrize(
    ("text", "answer", "confidence"),
    [
        ("Paris\nConfidence: 85%", "Paris", 0.85),
        ("Paris.\n\n**Confidence: 100%**\n", "Paris.", 1.0),
        ("I don't know.\nconfidence: 0 %", "I don't know.", 0.0),
        ("Paris\nConfidence: 12.5%.", "Paris", 0.125),
        ("Confidence: 40%", "", 0.4),
        ("Paris\nConfidence: high", "Paris", None),
        ("Paris\nConfidence: 150%", "Paris", None),
        ("Paris\nConfidence: 0.85", "Paris", None),
        ("Paris\nConfidence: 85% or 90%", "Paris", None),
        ("Paris, confidence: 85%", "Paris, confidence: 85%", None),
        ("Confidence: 85%\nParis", "Confidence: 85%\nParis", None),
        ("Paris", "Paris", None),
    ],
)
def test_only_a_last_line_of_the_stated_form_is_a_confidence(text: str, answer: str, confidence: float | None) -> None:
    found = answer_alone(response(text))
    assert (found.text, found.confidence) == (answer, confidence)


def test_other_prompts_leave_the_answer_as_it_is() -> None:
    plain = response("Paris\nConfidence: 85%", prompt="permit")
    assert answer_alone(plain) is plain


def test_a_hostile_answer_is_read_in_linear_time() -> None:
    found = answer_alone(response("\n" * 200_000 + "confidence:" * 100_000 + " " * 200_000))
    assert found.confidence is None


@pytest.mark.parametrize("name", ["none", "permit", "target:0.75"])
def test_every_prompt_can_also_ask_for_a_confidence(name: str) -> None:
    plain, asking = prompt_named(name), prompt_named(f"{name}+confidence")
    assert asking.system == f"{plain.system} {CONFIDENCE}"
    assert asking.name == f"{name}+confidence"
    assert asking.version == f"{plain.version}+confidence-1"


@pytest.mark.parametrize(
    "name", ["+confidence", "permit+confidence+confidence", "permit +confidence", "target:2+confidence"]
)
def test_what_is_no_prompt_is_refused(name: str) -> None:
    with pytest.raises(ConfigError, match="prompt"):
        prompt_named(name)
