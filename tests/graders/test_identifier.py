"""Names of code are matched whole."""

from __future__ import annotations

import pytest

from evaluator.graders import default_grader
from evaluator.records import Probe, Response

GRADER = default_grader()


@pytest.mark.parametrize(
    ("target", "text", "label"),
    [
        ("right_on", "right", "wrong"),
        ("right_on", "`right_on`", "correct"),
        ("right_on", "It is right\\_on.", "correct"),
        ("right_on", "The parameter is called left_right_on.", "wrong"),
        ("uuid", "The `safe_uuid` module is imported from the `lib` module.", "wrong"),
        ("uuid", "It is imported from `uuid`.", "correct"),
        ("uuid", "It is not in uuid.", "wrong"),
        ("Error", "Its parent is `sqlite3.Error`.", "correct"),
        ("sklearn.metrics", "From sklearn.metrics.", "correct"),
        ("--classify", "The long form is `--classify`.", "correct"),
        ("--classify", "It is --classify-all", "wrong"),
        ("columns", "the default is 'columns'", "correct"),
    ],
)
def test_a_name_counts_whole(target: str, text: str, label: str) -> None:
    question = "Which name is the fifth parameter of `pandas.DataFrame.merge`?"
    probe = Probe(probe_id="p", question=question, targets=(target,), match="text")
    response = Response(request_id="r", probe_id="p", model="m", prompt="", repeat=0, outcome="answered", text=text)
    assert GRADER.grade(probe, response).label == label


def test_questions_about_the_world_are_matched_as_before() -> None:
    probe = Probe(probe_id="p", question="Which city is it?", targets=("York",), match="text")
    response = Response(
        request_id="r", probe_id="p", model="m", prompt="", repeat=0, outcome="answered", text="The_York_Minster"
    )
    assert GRADER.grade(probe, response).label == "correct"
