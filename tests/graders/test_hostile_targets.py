"""No target and no answer ends a run: what cannot be read simply does not match."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluator.graders import default_grader
from evaluator.records import Probe, Response, Verdict

GRADER = default_grader()
ODD = ["!!!", "-", "%", "∞", "\u200b", "\ufeff", "\x00", "1e400", "9" * 400, "1e-400", "1e" + "9" * 5000]
MATCHES = ["auto", "text", "number", "date"]


def grade(target: str, text: str, match: str = "auto") -> Verdict:
    probe = Probe(probe_id="p", question="What is it?", targets=(target,), match=match, distractors=("%",))  # type: ignore[arg-type]
    answer = Response(request_id="r", probe_id="p", model="m", prompt="none", repeat=0, outcome="answered", text=text)
    return GRADER.grade(probe, answer)


@pytest.mark.parametrize("match", MATCHES)
@pytest.mark.parametrize("target", ODD, ids=range(len(ODD)))
def test_an_odd_target_is_not_found_in_a_plain_answer(target: str, match: str) -> None:
    assert grade(target, "It is 5 or so.", match).label == "wrong"


@pytest.mark.parametrize("match", MATCHES)
@pytest.mark.parametrize("text", ["It is 1e400.", "1e-" + "9" * 5000, "9" * 500, "(" + "1," * 3000 + ")", "1969-99-99"])
def test_an_odd_number_in_an_answer_is_graded(text: str, match: str) -> None:
    assert grade("5", text, match).label == "wrong"


@settings(deadline=None, max_examples=300)
@given(
    st.text(min_size=1, max_size=30).filter(str.strip),
    st.text(max_size=80),
    st.sampled_from(MATCHES),
)
def test_whatever_the_target_and_the_answer_there_is_a_verdict(target: str, text: str, match: str) -> None:
    verdict = grade(target, text, match)
    assert (verdict.label is None) != (verdict.ungraded is None)
