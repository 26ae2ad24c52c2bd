"""What every grader must keep to, built in or installed."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib.metadata import entry_points
from types import FrameType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluator.graders import load_grader
from evaluator.protocols import Grader
from evaluator.records import LABELS, OUTCOMES, Probe, Response

NAMES = ["cascade-4", *sorted(point.name for point in entry_points(group="evaluator.graders"))]
PROBES = [
    Probe(probe_id="p", question="What is the capital of France?", targets=("Paris", "Lutetia"), distractors=("Lyon",)),
    Probe(probe_id="p", question="How many?", targets=("1,234 km", "10-12"), match="number", tolerance=0.01),
    Probe(probe_id="p", question="When?", targets=("21 April 1948",), match="date"),
    Probe(probe_id="p", question="Which?", targets=("York",), choices=("York", "Rome"), match="choice"),
    Probe(probe_id="p", question="Which?", targets=(r"\bYork\b",), match="regex"),
    Probe(
        probe_id="p",
        question="What happens if you swallow gum?",
        targets=("It passes through your digestive system", "Nothing happens to you at all"),
        distractors=("It stays in your stomach for seven years",),
    ),
    Probe(probe_id="p", question="北京在哪里？", targets=("中国",), language="zh"),
    Probe(probe_id="p", question="Kdo to byl?", targets=("Antonín Dvořák",), language="cs"),
    Probe(probe_id="p", question="Who signed the Treaty of Zanbar?", unanswerable="nonexistent"),
]
HOSTILE = [
    "a" * 1_000_000,
    "Paris " * 170_000,
    "I don't know. " * 70_000,
    "1,234." * 170_000,
    "<think>" * 140_000,
    "(" * 1_000_000,
    "not " * 250_000,
    "1948-04-21 " * 90_000,
    "北" * 1_000_000,
    "e\u0301" * 500_000,
    "\u0301" * 1_000_000,
    "ﷺ" * 300_000,
    "one hundred " * 80_000,
    "九" * 1_000_000,
    " \n" * 500_000 + "x",
]


@pytest.fixture(params=NAMES)
def grader(request: pytest.FixtureRequest) -> Grader:
    return load_grader(request.param)


def respond(text: str = "", outcome: str = "answered", flags: tuple[str, ...] = ()) -> Response:
    return Response(
        request_id="r",
        probe_id="p",
        model="m",
        prompt="permit",
        repeat=3,
        outcome=outcome,  # type: ignore[arg-type]
        text=text,
        flags=flags,
    )


@pytest.mark.parametrize("probe", PROBES, ids=range(len(PROBES)))
@pytest.mark.parametrize("text", ["", " \n", "\u200b"])
def test_empty_text_is_never_an_abstention(grader: Grader, probe: Probe, text: str) -> None:
    assert grader.grade(probe, respond(text)).ungraded == "empty"


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_a_failure_in_is_ungraded_out(grader: Grader, outcome: str) -> None:
    verdict = grader.grade(PROBES[0], respond("Paris", outcome))
    if outcome == "answered":
        assert verdict.label == "correct"
    elif outcome == "refused":
        assert (verdict.label, verdict.abstention_kind) == ("abstained", "policy_refusal")
    else:
        assert (verdict.label, verdict.ungraded) == (None, outcome)


def test_another_models_answer_is_ungraded(grader: Grader) -> None:
    assert grader.grade(PROBES[0], respond("Paris", flags=("substituted",))).ungraded == "substituted"


@pytest.mark.parametrize(
    "text", ["It is not Paris, it is Lyon.", "Not Paris but Lyon.", "Some say Paris, but it is Lyon."]
)
def test_a_target_quoted_in_a_wrong_answer_is_wrong(grader: Grader, text: str) -> None:
    assert grader.grade(PROBES[0], respond(text)).label == "wrong"


@pytest.mark.parametrize("text", ["Paris", "King Otto", "yes", "no", "1903", "I don't know.", "It does not exist."])
def test_an_unanswerable_probe_is_never_correct(grader: Grader, text: str) -> None:
    assert grader.grade(PROBES[-1], respond(text)).label in {"wrong", "abstained"}


@pytest.mark.parametrize("probe", PROBES, ids=range(len(PROBES)))
def test_the_verdict_says_whose_it_is(grader: Grader, probe: Probe) -> None:
    verdict = grader.grade(probe, respond("Something else."))
    assert (verdict.request_id, verdict.probe_id, verdict.model) == ("r", "p", "m")
    assert (verdict.prompt, verdict.repeat, verdict.grader) == ("permit", 3, grader.name)
    assert verdict.step


@pytest.mark.parametrize(
    "text", ["Lyon " * 100, "I don't know " + "why " * 200, "not " * 300, "Paris, " * 90, "5 " * 300]
)
def test_evidence_is_a_line_of_at_most_200_characters(grader: Grader, text: str) -> None:
    for probe in PROBES:
        evidence = grader.grade(probe, respond(text)).evidence
        assert 0 < len(evidence) <= 200
        assert "\n" not in evidence


def count_lines(run: Callable[[], object]) -> int:
    """Count the lines of Python that `run` executes."""
    n_lines = 0

    def trace(frame: FrameType, event: str, argument: object) -> object:
        nonlocal n_lines
        n_lines += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)  # type: ignore[arg-type]
    try:
        run()
    finally:
        sys.settrace(before)
    return n_lines


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: ascii(text[:6]))
def test_a_megabyte_of_hostile_text_costs_bounded_work(grader: Grader, text: str) -> None:
    for probe in PROBES:
        n_lines = count_lines(lambda probe=probe: grader.grade(probe, respond(text)))  # type: ignore[misc]
        assert n_lines < 1_500_000


@settings(max_examples=60, deadline=None)
@given(text=st.text(max_size=300), at=st.integers(0, len(PROBES) - 1))
@pytest.mark.parametrize("name", NAMES)
def test_no_text_raises_and_verdicts_repeat(name: str, text: str, at: int) -> None:
    verdict = load_grader(name).grade(PROBES[at], respond(text))
    assert verdict.label in LABELS or verdict.ungraded is not None
    assert verdict == load_grader(name).grade(PROBES[at], respond(text))


PIECES = [
    "Paris",
    "not",
    "or",
    "I don't know",
    ".",
    ",",
    "?",
    "1,234",
    "21. 4. 1948",
    "<think>",
    "</think>",
    "北京",
    "не",
    "A)",
    "\n",
    "but",
]


@settings(max_examples=150, deadline=None)
@given(pieces=st.lists(st.sampled_from(PIECES), max_size=12), at=st.integers(0, len(PROBES) - 1))
@pytest.mark.parametrize("name", NAMES)
def test_no_arrangement_of_meaningful_pieces_raises(name: str, pieces: list[str], at: int) -> None:
    verdict = load_grader(name).grade(PROBES[at], respond(" ".join(pieces)))
    assert (verdict.label is None) != (verdict.ungraded is None)


def test_a_surrogate_in_the_text_does_not_raise(grader: Grader) -> None:
    assert grader.grade(PROBES[0], respond("Paris \ud800")).label == "correct"
