from __future__ import annotations

from typing import Any

import pytest

from evaluator.probeset import target_rules
from evaluator.records import Probe


def message(rule: str, *targets: str, **fields: Any) -> str | None:
    found: str | None = getattr(target_rules, rule)(Probe(probe_id="p", question="q", targets=targets, **fields))
    return found


@pytest.mark.parametrize(
    ("targets", "match"),
    [
        (("1994", "1995"), "date"),
        (("3", "4"), "number"),
        (("12", "13"), "auto"),
        (("1969-07-20", "1970"), "date"),
        (("59597542", "62,000,000"), "number"),
    ],
)
def test_two_different_values_are_ambiguous(targets: tuple[str, ...], match: str) -> None:
    assert "different answers" in (message("several_values", *targets, match=match) or "")


@pytest.mark.parametrize(
    ("targets", "match"),
    [
        (("1969-07-20", "1969"), "date"),
        (("3.14", "3.1416"), "number"),
        (("1,000", "1000"), "number"),
        (("59597542", "59,597,300"), "number"),
        (("9.1", "9.0"), "auto"),
        (("12 km", "12"), "auto"),
        (("Ann", "12"), "auto"),
        (("1994", "1995"), "text"),
    ],
)
def test_one_value_in_several_forms_is_not(targets: tuple[str, ...], match: str) -> None:
    assert message("several_values", *targets, match=match) is None


def test_targets_that_stand_in_wrong_answers_too_are_found() -> None:
    assert message("empty_phrase", "No")
    assert message("empty_phrase", "No", match="choice", choices=("No", "Yes")) is None
    assert message("empty_phrase", "Norway") is None


@pytest.mark.parametrize("target", ["I don't know", "I have no comment.", "Unknown"])
def test_targets_that_decline_are_found(target: str) -> None:
    assert message("declining_target", target)


@pytest.mark.parametrize("target", ["Rome; Paris", "Rome | Paris", "Rome or Paris", "Rome / Paris"])
def test_lists_in_one_target_are_found(target: str) -> None:
    assert message("several_answers_in_one", target)


@pytest.mark.parametrize("target", ["Rome, Italy", "and/or", "Oregon", "x|y"])
def test_single_answers_are_not_lists(target: str) -> None:
    assert message("several_answers_in_one", target) is None


def test_numbers_as_text_are_found() -> None:
    assert message("number_as_text", "1000", match="text")
    assert message("number_as_text", "1000", "a thousand", match="text") is None
    assert message("number_as_text", "1000") is None


def test_choices_that_no_match_reads_are_found() -> None:
    assert message("unused_choices", "a", choices=("a", "b"))
    assert message("unused_choices", "a", choices=("a", "b"), match="choice") is None
