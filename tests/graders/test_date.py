"""Dates in the forms people write them."""

from __future__ import annotations

import pytest

from evaluator.graders import default_grader
from evaluator.graders.date import is_date
from evaluator.records import Probe, Response

GRADER = default_grader()


def label(target: str, text: str, question: str = "When did it happen?") -> str | None:
    probe = Probe(probe_id="p", question=question, targets=(target,), match="date")
    response = Response(request_id="r", probe_id="p", model="m", prompt="", repeat=0, outcome="answered", text=text)
    return GRADER.grade(probe, response).label


@pytest.mark.parametrize(
    "text",
    [
        "1948-04-21",
        "21 April 1948",
        "April 21, 1948",
        "Apr 21st 1948",
        "21. dubna 1948",
        "the 21st of April, 1948",
        "21 de abril de 1948",
        "21 avril 1948",
        "21. April 1948",
        "21 апреля 1948 года",
        "1948年4月21日",
        "21 ابريل 1948",
        "21 अप्रैल 1948",
        "21/4/1948",
        "4/21/1948",
        "21.4.1948",
        "1948/04/21",
        "It happened on April 21 , 1948, I believe.",
    ],
)
def test_one_date_in_many_forms(text: str) -> None:
    assert label("21 April 1948", text) == "correct"
    assert label("1948-04-21", text) == "correct"
    assert label("April 1948", text) == "correct"
    assert label("1948", text) == "correct"
    assert label("22 April 1948", text) == "wrong"
    assert label("1949", text) == "wrong"


@pytest.mark.parametrize(
    ("question", "text", "expected"),
    [
        ("When did it happen?", "in April 1948", "correct"),
        ("When did it happen?", "1948", "correct"),
        ("When did it happen?", "in the 1940s", "correct"),
        ("When did it happen?", "in the 20th century", "correct"),
        ("When did it happen?", "in the 19th century", "wrong"),
        ("When did it happen?", "in May 1948", "wrong"),
        ("When did it happen?", "in April", "wrong"),
        ("On which day did it happen?", "in April 1948", "wrong"),
        ("In which month and year did it happen?", "1948", "wrong"),
        ("In which year did it happen?", "in the 1940s", "wrong"),
        ("Který den se to stalo?", "v dubnu 1948", "wrong"),
    ],
)
def test_an_answer_is_as_precise_as_the_question_asks(question: str, text: str, expected: str) -> None:
    assert label("21 April 1948", text, question) == expected


def test_an_ambiguous_order_is_accepted_either_way() -> None:
    assert label("3 April 1948", "3/4/1948") == "correct"
    assert label("4 March 1948", "3/4/1948") == "correct"


def test_the_year_may_be_left_out_when_the_question_gives_it() -> None:
    assert label("21 April 1948", "On April 21", question="On which day of 1948 was it?") == "correct"
    assert label("21 April 1948", "On April 21") == "wrong"


def test_only_the_year_counts_when_only_the_year_is_asked() -> None:
    assert label("21 April 1948", "1948", question="In which year was it?") == "correct"


@pytest.mark.parametrize(
    "target", ["1948", "21 April 1948", "in 1948", "1948-04-21", "Wednesday, 21 April 1948", "May 2"]
)
def test_targets_that_are_dates(target: str) -> None:
    assert is_date(target)


@pytest.mark.parametrize("target", ["May", "the battle of 21 April 1948", "Paris", "12", "99/99/1948"])
def test_targets_that_are_not_dates(target: str) -> None:
    assert not is_date(target)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("8 November 1968", "correct"),
        ("in 1968", "correct"),
        ("November 1968", "correct"),
        ("September 1968", "wrong"),
        ("9 November 1968", "wrong"),
        ("7 to 8 November 1968", "correct"),
        ("November 8-10, 1968", "correct"),
        ("8.–10. November 1968", "correct"),
    ],
)
def test_of_several_targets_the_most_exact_date_counts(text: str, expected: str) -> None:
    probe = Probe(probe_id="p", question="When was it?", targets=("late 1968", "November 8, 1968"), match="date")
    response = Response(request_id="r", probe_id="p", model="m", prompt="", repeat=0, outcome="answered", text=text)
    assert GRADER.grade(probe, response).label == expected


@pytest.mark.parametrize(
    ("target", "text", "expected"),
    [
        ("1524", "in the 16th century", "correct"),
        ("1524", "in the early 16th century", "correct"),
        ("1524", "late 16th century", "wrong"),
        ("1524", "at the end of the 16th century", "wrong"),
        ("1965", "in the mid-1960s", "correct"),
        ("1961", "in the late 1960s", "wrong"),
    ],
)
def test_a_part_of_a_period(target: str, text: str, expected: str) -> None:
    assert label(target, text) == expected


def test_a_day_asked_for_in_czech_is_wanted() -> None:
    question = "Ve kterém roce, měsíci a dni to bylo?"
    assert label("9. září 1996", "17. září 1996", question=question) == "wrong"
