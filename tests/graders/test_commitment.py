"""Candidates beside a target: lists, alternatives, and what only looks like them."""

from __future__ import annotations

import pytest

from evaluator.graders import default_grader
from evaluator.records import Probe, Response

GRADER = default_grader()
CAPITAL = "What is the capital of France?"
OPERATOR = "Which C++ operator frees an object created with new?"


def label(targets: str, text: str, question: str) -> str | None:
    probe = Probe(probe_id="p", question=question, targets=tuple(targets.split(" ## ")), match="text")
    response = Response(request_id="r", probe_id="p", model="m", prompt="", repeat=0, outcome="answered", text=text)
    return GRADER.grade(probe, response).label


@pytest.mark.parametrize(
    ("targets", "text", "question"),
    [
        ("Paris", "Paris, Lyon, Marseille", CAPITAL),
        ("Paris", "Lyon, Paris and Marseille.", CAPITAL),
        ("pear", "apple, pear, plum", "Which fruit is it?"),
        ("Paris", "Paris (or Lyon)", CAPITAL),
        ("Paris", "Paris or Lyon", CAPITAL),
    ],
)
def test_candidates_are_no_commitment(targets: str, text: str, question: str) -> None:
    assert label(targets, text, question) == "wrong"


@pytest.mark.parametrize(
    ("targets", "text", "question"),
    [
        ("delete", "`delete` (or `delete[]` for arrays)", OPERATOR),
        ("Paris", "Paris, France", CAPITAL),
        ("Paris", "Paris, Île-de-France, France", CAPITAL),
        ("Landover, Maryland", "Landover, Maryland", "Where is it?"),
        ("Landover", "Landover, Maryland, USA", "Where is it?"),
        ("Paris ## Lutetia ## Lutece", "Paris, Lutetia, Lutece", CAPITAL),
        ("Charles Dickens", "Charles Dickens, English novelist, 1812", "Who wrote it?"),
        ("Martin Luther King", "King, Martin Luther, Jr.", "Who spoke?"),
        ("Paris", "Paris, Lyon, Marseille", "Name two cities of France"),
        ("Paris", "Paris, Lyon, Marseille", "3 cities of France"),
        ("red, white, blue", "Red, white and blue", "Which colours has the flag?"),
        ("head-up display", "a head-up display (HUD)", "What is the display called?"),
        ("Paris", "It is Paris, which lies on the Seine, in the north.", CAPITAL),
    ],
)
def test_company_that_is_no_candidate(targets: str, text: str, question: str) -> None:
    assert label(targets, text, question) == "correct"
