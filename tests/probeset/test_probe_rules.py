from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from evaluator.probeset.probe_rules import rules_on
from evaluator.records import Probe

TODAY = date(2026, 3, 1)
ANSWERABLE = {"probe_id": "a-1", "question": "Which metal is liquid?", "targets": ("mercury",), "source": "handbook"}
UNANSWERABLE = {
    "probe_id": "b-1",
    "question": "What did Cleopatra dream?",
    "unanswerable": "unknown",
    "why": "not recorded",
    "source": "Plutarch",
}


def codes(base: dict[str, Any], **changes: Any) -> set[str]:
    probe = Probe(**{**base, **changes})
    return {rule.code for rule in rules_on(TODAY) if rule.breach(probe)}


def choice(**changes: Any) -> set[str]:
    return codes(ANSWERABLE, match="choice", choices=("mercury", "gold"), **changes)


def test_good_probes_break_no_rule() -> None:
    assert codes(ANSWERABLE) == set()
    assert codes(UNANSWERABLE) == set()
    assert choice() == set()


@pytest.mark.parametrize(
    ("base", "changes", "expected"),
    [
        (ANSWERABLE, {"probe_id": "A 1"}, "P001"),
        (ANSWERABLE, {"probe_id": "a\n"}, "P001"),
        (ANSWERABLE, {"question": "why " * 1_001}, "P002"),
        (UNANSWERABLE, {"why": None}, "P003"),
        (UNANSWERABLE, {"why": " "}, "P003"),
        (ANSWERABLE, {"source": None}, "P004"),
        (UNANSWERABLE, {"source": ""}, "P005"),
        (ANSWERABLE, {"valid_until": "March 2026"}, "P006"),
        (ANSWERABLE, {"valid_until": "2026-02-30"}, "P006"),
        (ANSWERABLE, {"valid_until": "20260401"}, "P006"),
        (ANSWERABLE, {"valid_until": "2026-02-28"}, "P007"),
        (UNANSWERABLE, {"unanswerable": "missing_context"}, "P008"),
        (UNANSWERABLE, {"unanswerable": "missing_context", "context": " "}, "P008"),
        (ANSWERABLE, {"language": "ru"}, "P009"),
        (ANSWERABLE, {"question": "Which m\ufffdtal?"}, "P010"),
        (ANSWERABLE, {"targets": ("mer\0cury",)}, "P010"),
        (ANSWERABLE, {"question": "Is mercury a liquid?"}, "P101"),
        (ANSWERABLE, {"targets": ("x",)}, "P102"),
        (ANSWERABLE, {"targets": ("7",), "match": "text"}, "P102"),
        (ANSWERABLE, {"targets": ("12", "twelve"), "match": "number"}, "P103"),
        (ANSWERABLE, {"targets": ("1,5",), "match": "number"}, "P103"),
        (ANSWERABLE, {"targets": ("1,2345",), "match": "number"}, "P103"),
        (ANSWERABLE, {"targets": ("about 12",), "match": "number"}, "P103"),
        (ANSWERABLE, {"targets": ("km",), "match": "number"}, "P103"),
        (ANSWERABLE, {"targets": (".",), "match": "number"}, "P103"),
        (ANSWERABLE, {"targets": ("1 May 1999",), "match": "date"}, "P104"),
        (ANSWERABLE, {"targets": ("1999-05",), "match": "date"}, "P104"),
        (ANSWERABLE, {"targets": ("2023-02-29",), "match": "date"}, "P104"),
        (ANSWERABLE, {"targets": ("0044",), "match": "date"}, "P104"),
        (ANSWERABLE, {"targets": ("(mercury",), "match": "regex"}, "P105"),
        (ANSWERABLE, {"targets": (r"(a)\1",), "match": "regex"}, "P105"),
        (ANSWERABLE, {"targets": ("(?=a)b",), "match": "regex"}, "P105"),
        (ANSWERABLE, {"targets": ("mercury|",), "match": "regex"}, "P106"),
        (ANSWERABLE, {"match": "choice", "choices": ("mercury", "mercury")}, "P107"),
        (UNANSWERABLE, {"match": "choice"}, "P107"),
        (ANSWERABLE, {"distractors": ("Mercury",)}, "P108"),
    ],
)
def test_each_breach_is_found_by_its_own_rule_alone(
    base: dict[str, Any], changes: dict[str, Any], expected: str
) -> None:
    assert codes(base, **changes) == {expected}


@pytest.mark.parametrize(
    "changes",
    [
        {"valid_until": "2026-03-01"},
        {"targets": ("7",)},
        {
            "targets": ("7", "-1,234.5", "6.02e23", "40%", "$1,000", "12 km", "7", ".5", "1 000 000", "6.5 (2019)"),
            "match": "number",
        },
        {"targets": ("1969", "1969-07-20", "2000-02-29"), "match": "date"},
        {"targets": ("mercur(y|ius)",), "match": "regex"},
        {"distractors": ("gold", "7")},
        {"context": "Line one.\nLine two.\tEnd"},
    ],
)
def test_what_is_right_is_left_alone(changes: dict[str, Any]) -> None:
    # Several numbers for one question are a matter of their own: P109.
    assert codes(ANSWERABLE, **changes) - {"P109"} == set()


def test_a_choice_may_name_its_options_in_the_question() -> None:
    assert choice(question="Which is liquid, mercury or gold?") == set()


def test_codes_are_unique_and_in_order() -> None:
    listed = [rule.code for rule in rules_on(TODAY)]
    assert listed == sorted(set(listed))


def test_a_regex_that_would_hang_another_engine_is_checked_at_once() -> None:
    assert codes(ANSWERABLE, targets=("(a+)+$",), match="regex") == set()
