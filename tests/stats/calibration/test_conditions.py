from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import get_args

import numpy as np
import pytest

from evaluator.stats.calibration import conditions
from evaluator.stats.calibration.conditions import (
    Condition,
    ConditionCode,
    Thresholds,
    cell_name,
    cluster_conditions,
    refusals,
    result_conditions,
    table_conditions,
    youden_j,
)
from evaluator.stats.calibration.influence import RATES
from evaluator.stats.calibration.items import CellTable
from evaluator.stats.calibration.poststratified import poststratify
from tests.stats.calibration.textbook import of_counts

HR = RATES["hallucination_rate"]
Counts = dict[tuple[int, int], int]


def codes(found: Iterable[Condition]) -> dict[str, bool]:
    return {condition.code: condition.refuses for condition in found}


def of_table(counts: Counts, unlabelled: dict[int, int]) -> dict[str, bool]:
    return codes(table_conditions(CellTable.of(of_counts(counts, unlabelled))))


@pytest.mark.parametrize(
    ("counts", "unlabelled", "expected"),
    [
        ({(0, 0): 8, (1, 1): 8}, {0: 40, 1: 40}, {}),
        ({(0, 0): 0}, {0: 40, 1: 40}, {"no_labels": True}),
        ({(0, 0): 8, (1, 1): 4}, {0: 40, 1: 40}, {"few_labels_in_cell": True}),
        ({(0, 0): 8}, {0: 40, 1: 40}, {"few_labels_in_cell": True}),
        ({(0, 0): 8, (1, 1): 5}, {0: 40, 1: 40}, {"thin_cell": False}),
        ({(0, 0): 8, (1, 1): 7}, {0: 40, 1: 40}, {"thin_cell": False}),
        # A cell of 2% or less may stay without labels; one that is labelled whole has no doubt left.
        ({(0, 0): 8}, {0: 90, 1: 2}, {"unlabelled_cell": False}),
        ({(0, 0): 8, (1, 1): 1}, {0: 90, 1: 1}, {"thin_cell": False}),
        ({(0, 0): 8, (1, 1): 3}, {0: 40}, {}),
    ],
)
def test_cells_need_labels(counts: Counts, unlabelled: dict[int, int], expected: dict[str, bool]) -> None:
    assert of_table(counts, unlabelled) == expected


def test_a_refusal_names_the_cell_what_came_and_what_to_do() -> None:
    table = CellTable.of(of_counts({(0, 0): 8, (4, 4): 2}, {0: 40, 4: 40}))
    (found,) = table_conditions(table)
    assert found.note == (
        "refused (few_labels_in_cell): 5 labels needed on verdict=wrong (unanswerable), which holds 46.7% of the "
        "responses, got 2; label 6 more responses of this cell"
    )
    assert refusals([found]) == [found]


def test_limits_are_settings() -> None:
    table = CellTable.of(of_counts({(0, 0): 8, (1, 1): 4}, {0: 40, 1: 40}))
    assert codes(table_conditions(table, Thresholds(min_cell_labels=4))) == {"thin_cell": False}
    assert codes(table_conditions(table, Thresholds(small_cell_share=0.6))) == {"thin_cell": False}


def test_j_weighs_labels_back_to_their_cells() -> None:
    table = CellTable.of(of_counts({(0, 0): 18, (0, 1): 2, (1, 1): 20}, {0: 180}))
    assert youden_j(table) == pytest.approx(20 / (20 + 20) + 1 - 1)
    assert youden_j(CellTable.of(of_counts({(0, 0): 5}, {0: 5}))) is None
    assert youden_j(CellTable.of(of_counts({(1, 1): 5}, {}))) is None


def test_a_weak_judge_is_warned_about() -> None:
    found = of_table({(0, 0): 20, (0, 1): 12, (1, 1): 20, (1, 0): 12}, {0: 20, 1: 20})
    assert found == {"weak_judge": False}


@pytest.mark.parametrize(
    ("n_clusters", "expected"),
    [(9, {"few_clusters": True}), (10, {"rare_verdict_few_clusters": False}), (60, {}), (400, {})],
)
def test_few_clusters_are_refused_or_warned_about(n_clusters: int, expected: dict[str, bool]) -> None:
    table = CellTable.of(of_counts({(0, 0): 10, (1, 1): 10, (2, 2): 10}, {0: 100, 1: 250, 2: 20}))
    assert codes(cluster_conditions(table, n_clusters)) == expected


def test_few_clusters_without_a_rare_verdict_or_without_clusters_are_fine() -> None:
    even = CellTable.of(of_counts({(0, 0): 10, (1, 1): 10}, {0: 100, 1: 100}))
    assert codes(cluster_conditions(even, 40)) == {}
    small = CellTable.of(of_counts({(0, 0): 10, (1, 1): 2}, {0: 28}))
    assert codes(cluster_conditions(small, 40)) == {}


def of_result(counts: Counts, unlabelled: dict[int, int]) -> list[Condition]:
    found = poststratify(of_counts(counts, unlabelled), HR)
    assert found is not None
    return list(result_conditions(found, HR, level=0.95))


def test_a_denominator_close_to_nothing_is_refused_with_the_rate_per_response() -> None:
    found, wide = of_result({(0, 0): 40, (1, 1): 10, (2, 2): 10}, {0: 1920, 1: 10, 2: 10})
    assert wide.code == "not_informative", "forty labels do not rule out that a few of 1920 are something else"
    assert found.code == "small_denominator"
    assert "got 2.0% and 40" in found.sentence
    assert found.next_step == "per response the numerator is 0.01"


def test_few_effective_responses_are_refused() -> None:
    found = of_result({(0, 0): 10, (1, 1): 8, (2, 2): 8}, {0: 10})
    assert "small_denominator" in codes(found)


def test_an_interval_that_says_nothing_is_refused_with_the_labels_that_would_help() -> None:
    found = of_result({(0, 1): 3, (0, 2): 3, (1, 1): 3, (1, 2): 2, (2, 1): 2, (2, 2): 3}, {0: 300, 1: 300, 2: 300})
    (refused,) = [condition for condition in found if condition.code == "not_informative"]
    wanted = re.fullmatch(r"about (\d+) labels in all are needed, and enough probes", refused.next_step)
    assert wanted is not None
    assert 16 < int(wanted[1]) < 100


def test_where_labels_are_not_the_trouble_probes_are_asked_for() -> None:
    found = of_result({(1, 1): 12, (2, 2): 12}, {})
    (refused,) = [condition for condition in found if condition.code == "not_informative"]
    assert refused.next_step == "more labels will not help: add probes"


def test_every_code_is_raised_somewhere() -> None:
    source = "\n".join(path.read_text(encoding="utf-8") for path in Path(conditions.__file__).parent.glob("*.py"))
    used = set(re.findall(r'(?:refusal|warning)\(\s*"(\w+)"', source))
    assert used == set(get_args(ConditionCode))


def test_cells_have_names_for_people() -> None:
    assert [cell_name(cell) for cell in np.arange(6).tolist()][3] == "verdict=correct (unanswerable)"
