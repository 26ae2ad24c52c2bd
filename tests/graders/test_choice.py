from __future__ import annotations

import pytest

from evaluator.graders import default_grader
from evaluator.records import Probe, Response

GRADER = default_grader()
PROBE = Probe(
    probe_id="p", question="Which is it?", targets=("York",), choices=("London", "York", "New York"), match="choice"
)


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("B", "correct"),
        ("(b)", "correct"),
        ("B.", "correct"),
        ("B) York", "correct"),
        ("**B**", "correct"),
        ("The answer is B.", "correct"),
        ("Answer: (B)", "correct"),
        ("答案是B", "correct"),
        ("Odpověď: B", "correct"),
        ("York", "correct"),
        ("It is York.", "correct"),
        ("A", "wrong"),
        ("New York", "wrong"),
        ("The answer is C", "wrong"),
        ("London or York", "wrong"),
        ("Z", "wrong"),
        ("A nice question. The answer is B", "correct"),
        ("I don't know.", "abstained"),
        ("A) London\n\nThe answer is B) York.", "correct"),
        ("B) York\n\nThe correct answer is A) London.", "wrong"),
        ("A) London\nB) York\nC) New York", "wrong"),
        ("B) York\n\nOption A is a city in England too.", "correct"),
    ],
)
def test_choices(text: str, label: str) -> None:
    response = Response(request_id="r", probe_id="p", model="m", prompt="", repeat=0, outcome="answered", text=text)
    assert GRADER.grade(PROBE, response).label == label
