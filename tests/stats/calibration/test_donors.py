from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np
import pytest

from evaluator.stats.calibration.conditions import Condition, Thresholds
from evaluator.stats.calibration.donors import donor_conditions, judge_accuracy, transport_conditions
from evaluator.stats.calibration.influence import RATES
from evaluator.stats.calibration.items import CellTable
from evaluator.stats.calibration.transported import Confusion, Transported, transport
from tests.stats.calibration.textbook import GOOD, confusion, verdicts_of

HR = RATES["hallucination_rate"]
TABLE = CellTable.of(verdicts_of(GOOD, (0.5, 0.2, 0.3), 400))
WEAK = ((0.75, 0.20, 0.05), (0.35, 0.55, 0.10), (0.15, 0.20, 0.65))
INVERTED = ((0.1, 0.8, 0.1), (0.8, 0.1, 0.1), (0.1, 0.8, 0.1))


def codes(found: Iterable[Condition]) -> dict[str, bool]:
    return {condition.code: condition.refuses for condition in found}


def of(donors: list[Confusion], **limits: float) -> dict[str, bool]:
    return codes(donor_conditions(donors, TABLE, level=0.95, limits=Thresholds(**limits)))  # type: ignore[arg-type]


def test_without_any_label_the_number_is_refused() -> None:
    assert of([]) == {"no_labels": True}


def test_a_transported_number_always_says_so() -> None:
    assert of([confusion()] * 4) == {"transported": False}
    assert of([confusion()]) == {"transported": False, "few_donors": False}


def test_each_true_class_needs_labels() -> None:
    scarce = Confusion(confusion().matrix, np.array([50, 9, 50, 0, 0, 0.0]), np.array([50, 9, 50, 0, 0, 0.0]))
    found = list(donor_conditions([scarce] * 1, TABLE, level=0.95))
    (refused,) = [condition for condition in found if condition.refuses]
    assert refused.code == "few_labels_of_class"
    assert "10 labels that say wrong (answerable) needed, got 9" in refused.note


@pytest.mark.parametrize(
    ("judge", "n", "code", "refuses"),
    [
        (WEAK, 400, "weak_judge", False),
        (WEAK, 12, "judge_uninformative", True),
        (INVERTED, 100, "judge_inverted", True),
        (((0.4, 0.3, 0.3), (0.3, 0.4, 0.3), (0.3, 0.35, 0.35)), 100, "matrix_ill_conditioned", True),
    ],
)
def test_judges_that_tell_too_little_are_found(judge: object, n: float, code: str, refuses: bool) -> None:
    assert of([confusion(judge, n)] * 4)[code] is refuses  # type: ignore[arg-type]


def test_limits_can_be_changed() -> None:
    assert "judge_uninformative" not in of([confusion(WEAK, 100)] * 4)
    assert "judge_uninformative" in of([confusion(WEAK, 100)] * 4, min_judge_j=0.9)


def test_a_judge_that_treats_models_differently_is_flagged() -> None:
    """J of 0.92 on one model and 0.72 on another: correcting both alike would turn their order round."""
    first = ((0.97, 0.03, 0.0), (0.05, 0.95, 0.0), (0.0, 0.03, 0.97))
    second = ((0.97, 0.03, 0.0), (0.25, 0.75, 0.0), (0.0, 0.03, 0.97))
    found = list(donor_conditions([confusion(first, 100), confusion(second, 100)], TABLE, level=0.95))
    (flag,) = [condition for condition in found if condition.code == "differential_judge"]
    assert "0.72 to 0.92" in flag.sentence
    assert not flag.refuses
    assert "differential_judge" not in of([confusion(first, 100)] * 2)
    assert "differential_judge" not in of([confusion(first, 100), confusion(second, 5)])


def test_the_accuracy_of_a_judge_weighs_the_other_classes_by_their_labels() -> None:
    matrix = confusion().matrix
    labels = np.array([90, 40, 10, 0, 5, 5.0])
    found = judge_accuracy(Confusion(matrix, labels, labels), 0)
    assert found is not None
    assert found.specificity == pytest.approx(1 - (90 * 0.045 + 10 * 0.027) / 100)
    assert (found.sensitivity, found.n_negative, found.n_positive) == (0.93, 100, 40)
    nothing = np.array([90, 0, 10, 0, 5, 5.0])
    assert judge_accuracy(Confusion(matrix, nothing, nothing), 0) is None


def result(**fields: object) -> Transported:
    found = transport(verdicts_of(GOOD, (0.5, 0.2, 0.3), 400), [confusion()] * 4, HR)
    assert found is not None
    known = {name: getattr(found, name) for name in Transported.__slots__}
    return Transported(**{**known, **fields})


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, {}),
        ({"worst_share": -1.9}, {}),
        ({"worst_share": -2.1}, {"outside_judge_range": True}),
        ({"worst_share": -math.inf}, {"outside_judge_range": True}),
        ({"interval": (0.1, 0.6)}, {"not_informative": True}),
        ({"interval": None}, {}),
        ({"shares": np.array([0.97, 0.02, 0.01, 0, 0, 0])}, {"small_denominator": True}),
        ({"n_clusters": 30}, {"small_denominator": True}),
    ],
)
def test_results_are_refused(fields: dict[str, object], expected: dict[str, bool]) -> None:
    assert codes(transport_conditions(result(**fields), HR, 400)) == expected
