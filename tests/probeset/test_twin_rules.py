from __future__ import annotations

from typing import Any

from evaluator.probeset.twin_rules import twin_findings
from evaluator.records import Probe


def answerable(name: str, question: str, **fields: Any) -> Probe:
    return Probe(probe_id=name, question=question, targets=("t",), **fields)


def unanswerable(name: str, question: str, **fields: Any) -> Probe:
    return Probe(probe_id=name, question=question, unanswerable="unknown", **fields)


def found(*probes: Probe) -> list[tuple[str, str, str | None]]:
    return [(finding.code, finding.severity, finding.probe_id) for finding in twin_findings(probes)]


PAST, FUTURE = "Who won the final of 1998?", "Who won the final of 2098?"


def test_a_good_pair_is_left_alone() -> None:
    assert found(answerable("a", PAST, twin="b"), unanswerable("b", FUTURE, twin="a"), answerable("c", PAST)) == []


def test_a_twin_that_does_not_exist_is_an_error() -> None:
    assert found(answerable("a", PAST, twin="z")) == [("P201", "error", "a")]


def test_twins_must_name_each_other() -> None:
    one_way = [answerable("a", PAST, twin="b"), unanswerable("b", FUTURE)]
    assert found(*one_way) == [("P202", "error", "a")]
    triangle = [answerable("a", PAST, twin="b"), unanswerable("b", FUTURE, twin="c"), answerable("c", PAST, twin="b")]
    assert found(*triangle) == [("P202", "error", "a")]


def test_both_sides_answerable_is_an_error_reported_once() -> None:
    assert found(answerable("a", PAST, twin="b"), answerable("b", FUTURE, twin="a")) == [("P203", "error", "a")]
    assert found(unanswerable("a", PAST, twin="b"), unanswerable("b", FUTURE, twin="a")) == [("P203", "error", "a")]


def test_a_probe_is_not_its_own_twin() -> None:
    assert {code for code, _, _ in found(answerable("a", PAST, twin="a"))} == {"P201"}


def test_the_same_question_is_an_error_unless_what_is_shown_differs() -> None:
    same = [answerable("a", PAST, twin="b"), unanswerable("b", PAST.upper() + "!", twin="a")]
    assert found(*same) == [("P204", "error", "a")]
    contexts = [
        answerable("a", PAST, twin="b", context="It says."),
        unanswerable("b", PAST, twin="a", context="Silent."),
    ]
    assert found(*contexts) == []
    one_context = [answerable("a", PAST, twin="b", context="It says."), unanswerable("b", PAST, twin="a")]
    assert found(*one_context) == []
    choices = [
        answerable("a", PAST, twin="b", choices=("t", "u")),
        unanswerable("b", PAST, twin="a", choices=("v", "u")),
    ]
    assert found(*choices) == []


def test_twins_with_little_in_common_are_a_warning() -> None:
    far = [answerable("a", PAST, twin="b"), unanswerable("b", "What did Cleopatra dream last?", twin="a")]
    assert found(*far) == [("P205", "warning", "a")]
