from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from evaluator.stats.estimates import (
    CLUSTERED_T,
    CLUSTERED_WILSON,
    FIELLER,
    NO_INTERVAL,
    RESCALED_WILSON,
    WILSON,
    Scope,
    SliceCells,
    metric_estimate,
    score_interval,
)
from evaluator.stats.intervals import wilson_interval
from evaluator.stats.metrics import METRICS, Metric

BY_NAME = {metric.name: metric for metric in METRICS}
SCOPE = Scope(slice="s", model="m", prompt="p", level=0.95)

cell_rows = st.lists(st.tuples(*[st.integers(0, 3)] * 3, st.just(0), *[st.integers(0, 3)] * 2), min_size=1, max_size=15)


def estimate(name: str, rows: Any, ungraded: tuple[int, int] = (0, 0)) -> Any:
    cells = np.array(rows, dtype=np.float64).reshape(-1, 6)
    return metric_estimate(BY_NAME[name], SliceCells(cells=cells, ungraded=ungraded), SCOPE)


def test_independent_responses_get_the_plain_wilson_interval() -> None:
    """Newcombe (1998), Table I: 81 of 263."""
    rows = np.repeat(np.eye(6), [40, 81, 182, 0, 0, 0], axis=0)
    found = estimate("hallucination_rate", rows)
    assert (found.low, found.high) == pytest.approx((0.2553, 0.3662), abs=6e-5)
    assert (found.method, found.numerator, found.denominator, found.n, found.n_clusters) == (WILSON, 81, 263, 303, 263)
    assert found.notes == ()


def test_repeats_do_not_pretend_to_be_independent() -> None:
    """Ten probes asked a hundred times each, always the same answer: ten facts, not a thousand."""
    rows = np.repeat(100 * np.eye(6), [0, 4, 6, 0, 0, 0], axis=0)
    found = estimate("hallucination_rate", rows)
    naive = wilson_interval(400, 1000)
    honest = wilson_interval(4, 10)
    assert found.method == CLUSTERED_WILSON
    assert found.low < honest[0] < naive[0]
    assert found.high > honest[1] > naive[1]


def test_no_event_in_clusters_is_an_interval_over_clusters() -> None:
    found = estimate("hallucination_rate", np.repeat(5 * np.eye(6), [0, 0, 20, 0, 0, 0], axis=0))
    assert found.value == 0
    assert (found.low, found.high) == pytest.approx((0, 0.1611), abs=6e-5)


def test_one_cluster_has_a_value_but_no_interval() -> None:
    found = estimate("accuracy", [[3, 2, 1, 0, 0, 0]])
    assert (found.value, found.low, found.high, found.method) == (0.5, None, None, NO_INTERVAL)
    assert found.notes == ("no interval: it needs at least two clusters, got 1",)


def test_one_independent_response_has_a_wide_interval() -> None:
    found = estimate("accuracy", [[1, 0, 0, 0, 0, 0]])
    assert (found.low, found.high) == pytest.approx(wilson_interval(1, 1))
    assert found.notes == ("few clusters (1): treat the interval with caution",)


def test_clusters_without_anything_in_the_denominator_do_not_count() -> None:
    rows = [[5, 0, 0, 0, 0, 0]] * 50 + [[0, 0, 2, 0, 0, 0]] * 3
    found = estimate("hallucination_rate", rows)
    assert found.n_clusters == 3
    assert found.high == pytest.approx(wilson_interval(0, 3)[1])


def test_scores_have_a_t_interval_from_clusters() -> None:
    rows = np.repeat(np.eye(6), [12, 9, 4, 0, 0, 0], axis=0)
    found = estimate("omniscience_index", rows)
    scores = np.repeat([100, -100, 0], [12, 9, 4])
    expected = stats.t.interval(0.95, 24, loc=scores.mean(), scale=stats.sem(scores))
    assert (found.low, found.high) == pytest.approx(expected)
    assert found.method == CLUSTERED_T


@pytest.mark.parametrize(("labels", "value"), [((30, 0, 0), 100), ((0, 30, 0), -100), ((0, 0, 30), 0)])
def test_equal_scores_everywhere_still_leave_doubt(labels: tuple[int, int, int], value: float) -> None:
    found = estimate("omniscience_index", np.repeat(np.eye(6), [*labels, 0, 0, 0], axis=0))
    assert found.value == value
    assert found.method == RESCALED_WILSON
    assert -100 <= found.low <= value <= found.high <= 100
    assert found.high - found.low > 10


def test_scores_over_uneven_clusters_use_fieller() -> None:
    rows = [[9, 3, 0, 0, 0, 0], [1, 0, 1, 0, 0, 0], [0, 1, 0, 0, 0, 0], [4, 4, 4, 0, 0, 0], [1, 0, 0, 0, 0, 0]] * 2
    assert estimate("omniscience_index", rows).method == FIELLER


def test_scores_stay_possible_when_fieller_has_no_limits() -> None:
    numerators, denominators = np.array([30.0, 0, 0]), np.array([40.0, 1, 1])
    (low, high), method = score_interval(numerators, denominators, limits=(-1.0, 1.0), level=0.95)
    assert method == CLUSTERED_T
    assert -1 <= low < 30 / 42 < high <= 1


@pytest.mark.parametrize("name", ["f_score", "abstention_f1"])
def test_fractions_that_are_no_shares_use_an_effective_n(name: str) -> None:
    rows = np.repeat(np.eye(6), [10, 5, 5, 0, 6, 8], axis=0)
    found = estimate(name, rows)
    assert found.method == CLUSTERED_WILSON
    assert 0 < found.low < found.value < found.high < 1


def test_the_share_of_unanswerable_probes_stands_beside_abstention_scores() -> None:
    found = estimate("abstention_precision", np.repeat(np.eye(6), [10, 5, 5, 0, 6, 14], axis=0))
    assert found.notes == ("50.0% of the graded responses are to unanswerable probes",)


def test_a_few_ungraded_have_bounds_and_many_also_a_note() -> None:
    rows = np.repeat(np.eye(6), [500, 200, 300, 0, 0, 0], axis=0)
    few, many = estimate("accuracy", rows, (5, 0)), estimate("accuracy", rows, (50, 0))
    assert (few.bound_low, few.bound_high) == pytest.approx((500 / 1005, 505 / 1005))
    assert few.notes == ()
    assert (many.bound_low, many.bound_high) == pytest.approx((500 / 1050, 550 / 1050))
    assert many.notes == ("4.8% of the responses are ungraded: see the bounds",)
    assert few.value == many.value == 0.5
    assert estimate("accuracy", rows).bound_low is None


def test_bounds_of_abstention_scores_need_both_kinds_too() -> None:
    found = estimate("abstention_precision", [[0, 0, 1, 0, 0, 0]], (1, 0))
    assert (found.value, found.bound_low, found.bound_high) == (None, None, None)


def test_ungraded_alone_give_bounds_without_a_value() -> None:
    found = estimate("hallucination_rate", np.zeros((0, 6)), (3, 0))
    assert (found.value, found.bound_low, found.bound_high) == (None, 0, 1)
    assert found.notes[0] == "undefined: no graded response"


@given(cell_rows, st.integers(0, 4), st.integers(0, 4), st.sampled_from(METRICS))
def test_bounds_hold_every_way_to_label_the_ungraded(rows: Any, n_ans: int, n_unans: int, metric: Metric) -> None:
    """The slow textbook twin: all ways to spread the ungraded over the labels."""
    found = metric_estimate(metric, SliceCells(cells=np.array(rows, float), ungraded=(n_ans, n_unans)), SCOPE)
    totals = np.array(rows).sum(axis=0)
    values = []
    for c, w, a, uw in product(range(n_ans + 1), range(n_ans + 1), range(n_ans + 1), range(n_unans + 1)):
        if c + w + a == n_ans:
            full = totals + np.array([c, w, a, 0, uw, n_unans - uw])
            both = full[:3].sum() and full[3:].sum()
            size = full @ np.array(metric.denominator.flat)
            if size > 0 and (both or not metric.needs_both_kinds):
                values.append(full @ np.array(metric.numerator.flat) / size)
    if n_ans + n_unans == 0:
        assert found.bound_low is None
    elif values:
        assert (found.bound_low, found.bound_high) == pytest.approx((min(values), max(values)))
    else:
        assert (found.bound_low, found.bound_high) == (None, None)


@given(cell_rows, st.sampled_from(METRICS), st.sampled_from([0.5, 0.8, 0.95]))
def test_every_interval_holds_its_value_in_range_and_is_never_a_point(rows: Any, metric: Metric, level: float) -> None:
    scope = Scope(slice="s", model="m", prompt="p", level=level)
    found = metric_estimate(metric, SliceCells(cells=np.array(rows, float), ungraded=(0, 0)), scope)
    if found.low is not None:
        assert metric.low <= found.low <= found.value <= found.high <= metric.high  # type: ignore[operator]
        assert found.high > found.low  # type: ignore[operator]
    assert (found.low is None) == (found.method == NO_INTERVAL)


@given(cell_rows, st.sampled_from(METRICS))
def test_the_order_of_clusters_changes_nothing_that_shows(rows: Any, metric: Metric) -> None:
    cells = np.array(rows, float)
    one, two = (metric_estimate(metric, SliceCells(cells=c, ungraded=(0, 0)), SCOPE) for c in (cells, cells[::-1]))
    assert one.value == two.value
    if one.low is not None:
        assert (one.low, one.high) == pytest.approx((two.low, two.high), abs=1e-6)


def test_tallies_are_summed_over_the_clusters_of_the_slice() -> None:
    tallies = np.array([[1, 2, 3, 4], [1, 0, 0, 1], [0, 5, 6, 2]])
    data = SliceCells.from_tallies(tallies, np.array([True, True, False]), np.array([7, 3, 7]))
    assert data.cells.tolist() == [[1, 0, 0, 0, 0, 0], [1, 2, 3, 0, 5, 6]]
    assert data.ungraded == (5, 2)
    assert data.n_graded == 18
    assert data.unanswerable_share == pytest.approx(11 / 18)
    assert data.ungraded_share == pytest.approx(7 / 25)
