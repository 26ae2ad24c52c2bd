from __future__ import annotations

import pytest

from evaluator.errors import ConfigError
from evaluator.graders import check_patterns, default_grader
from evaluator.records import Probe, Response

GRADER = default_grader()


def probe(*patterns: str) -> Probe:
    return Probe(probe_id="bad-7", question="Which?", targets=patterns, match="regex")


@pytest.mark.parametrize(
    ("pattern", "text", "label"),
    [
        (r"\b42\b", "It is 42.", "correct"),
        (r"\b42\b", "It is 421.", "wrong"),
        (r"(?i)paris", "PARIS", "correct"),
        (r"paris", "PARIS", "wrong"),
        (r"(a+)+$", "a" * 5000 + "b", "wrong"),
        (r"京", "北京", "correct"),
        (r"Paris", "I don't know whether it is Paris", "abstained"),
    ],
)
def test_patterns(pattern: str, text: str, label: str) -> None:
    response = Response(request_id="r", probe_id="p", model="m", prompt="", repeat=0, outcome="answered", text=text)
    assert GRADER.grade(probe(pattern), response).label == label


@pytest.mark.parametrize("pattern", ["(", r"(?=look)ahead", "a{99999}", "["])
def test_a_pattern_that_does_not_compile_names_its_probe(pattern: str) -> None:
    with pytest.raises(ConfigError, match="bad-7"):
        check_patterns(probe("fine", pattern))


def test_good_patterns_and_other_probes_pass() -> None:
    check_patterns(probe("fine", "[a-z]+"))
    check_patterns(Probe(probe_id="p", question="Which?", targets=("(",)))
