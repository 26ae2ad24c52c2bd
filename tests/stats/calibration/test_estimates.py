from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from evaluator.stats.calibration.conditions import Thresholds, warning
from evaluator.stats.calibration.estimates import Slice, calibrated_estimate, transported_estimate
from evaluator.stats.calibration.items import UNLABELLED, GradedItems
from evaluator.stats.estimates import Scope
from evaluator.stats.metrics import HALLUCINATION_RATE, METRICS, OMNISCIENCE_INDEX
from tests.stats.calibration.textbook import GOOD, confusion, of_counts, random_items, verdicts_of

SCOPE = Scope(slice="all", model="m", prompt="p", level=0.95)
NOTHING = GradedItems(*(np.array([], dtype=np.int64) for _ in range(4)))
BY_NAME = {metric.name: metric for metric in METRICS}


def data(items: GradedItems, **fields: Any) -> Slice:
    return Slice(items=items, scope=SCOPE, **fields)


def test_an_estimate_has_its_number_and_what_to_know_about_it() -> None:
    known = warning("one_annotator", "said", "do")
    found = calibrated_estimate(HALLUCINATION_RATE, data(random_items(1, 400), ungraded_share=0.02), known=[known])
    assert found.value is not None
    assert found.low is not None
    assert found.low < found.value
    assert found.calibrated
    assert found.notes == (
        "warning (one_annotator): said; do",
        "warning (ungraded): 2.0% of the responses are ungraded and in no rate; see the bounds of the raw rate",
    )


@pytest.mark.parametrize(
    ("items", "note"),
    [
        (NOTHING, "undefined: no graded response"),
        (of_counts({(1, 1): 0}, {1: 30, 2: 30}), "refused (no_labels)"),
        (of_counts({(1, 1): 3, (2, 2): 3}, {1: 30, 2: 30}), "refused (few_labels_in_cell)"),
        (of_counts({(0, 0): 30}, {0: 30}), "refused (small_denominator): by the labels no response counts"),
        (of_counts({(0, 0): 9, (1, 1): 9, (2, 2): 9}, {0: 900}), "refused (small_denominator)"),
    ],
)
def test_a_refused_number_is_absent_with_its_reason(items: GradedItems, note: str) -> None:
    found = calibrated_estimate(HALLUCINATION_RATE, data(items))
    assert (found.value, found.low, found.high, found.method) == (None, None, None, "none")
    assert (found.numerator, found.denominator) == (0, 0)
    assert found.notes[0].startswith(note)
    assert len(found.notes) == 1


def test_few_clusters_and_one_kind_of_probes_are_refused() -> None:
    few = calibrated_estimate(HALLUCINATION_RATE, data(random_items(1, 90, size=10)))
    assert few.notes[0].startswith("refused (few_clusters): 10 independent clusters of probes needed, got 9")
    one_kind = calibrated_estimate(BY_NAME["abstention_f1"], data(random_items(1, 200, both_kinds=False)))
    assert one_kind.notes == ("undefined: needs answerable and unanswerable probes",)


def test_limits_decide() -> None:
    items = data(of_counts({(1, 1): 4, (2, 2): 4}, {1: 60, 2: 60}))
    assert calibrated_estimate(HALLUCINATION_RATE, items).value is None
    assert calibrated_estimate(HALLUCINATION_RATE, items, limits=Thresholds(min_cell_labels=3)).value == 0.5


def test_a_borrowed_number_counts_the_labels_of_the_donors() -> None:
    items = data(verdicts_of(GOOD, (0.5, 0.2, 0.3), 2000))
    found = transported_estimate(HALLUCINATION_RATE, items, [confusion(n=100)] * 5)
    assert found.value == pytest.approx(0.4, abs=0.005)
    assert found.n_labels == 5 * 500
    assert found.denominator == pytest.approx(1000, abs=5)
    assert found.method.endswith("Student t over models")
    assert found.notes[0].startswith("warning (transported): corrected with labels of 5 other models, not its own")


def test_few_donors_show_a_range_on_the_scale_of_the_rate() -> None:
    items = data(verdicts_of(GOOD, (0.5, 0.2, 0.3), 2000))
    sharp = ((0.98, 0.01, 0.01), (0.01, 0.98, 0.01), (0.01, 0.01, 0.98))
    donors = [confusion(n=100), confusion(sharp, 100)]
    rate = transported_estimate(HALLUCINATION_RATE, items, donors)
    assert rate.notes[0].startswith("range over 2 labelled models: 4")
    assert rate.notes[0].endswith("%")
    index = transported_estimate(OMNISCIENCE_INDEX, items, donors)
    assert "%" not in index.notes[0]
    assert (rate.low, rate.high, index.low, index.high) == (None, None, None, None)


@pytest.mark.parametrize(
    ("items", "donors", "note"),
    [
        (NOTHING, [confusion()], "undefined: no graded response"),
        (verdicts_of(GOOD, (0.5, 0.2, 0.3), 300), [], "refused (no_labels)"),
        (verdicts_of(GOOD, (0.5, 0.2, 0.3), 300), [confusion(n=5)], "refused (few_labels_of_class)"),
        (
            GradedItems(
                np.repeat([0, 1, 2], [1850, 1, 159]), np.full(2010, UNLABELLED), np.arange(2010), np.arange(2010)
            ),
            [confusion(n=400)],
            "refused (outside_judge_range)",
        ),
    ],
)
def test_what_cannot_be_borrowed_is_absent(items: GradedItems, donors: Any, note: str) -> None:
    found = transported_estimate(HALLUCINATION_RATE, data(items), donors)
    assert found.value is None
    assert found.notes[0].startswith(note)
