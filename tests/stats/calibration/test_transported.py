from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluator.stats.calibration.influence import RATES
from evaluator.stats.calibration.items import UNLABELLED, CellTable, GradedItems
from evaluator.stats.calibration.transported import Confusion, invert_shares, pooled, transport
from tests.stats.calibration.textbook import GOOD, confusion, of_counts, verdicts_of

HR = RATES["hallucination_rate"]
M = np.array(GOOD)
TRUE = (0.5, 0.2, 0.3)


def test_inside_the_simplex_the_inverse_is_the_solution() -> None:
    expected = (0.5277439249251041, 0.32502836030049626, 0.14722771477439953)
    assert invert_shares(M, np.array([0.52, 0.33, 0.15])) == pytest.approx(expected, abs=1e-9)


def test_outside_it_is_the_closest_point() -> None:
    found = invert_shares(M, np.array([0.6, 0.398, 0.002]))
    assert found == pytest.approx((0.6048901071819895, 0.39510989281801057, 0), abs=2e-5)
    assert np.linalg.solve(M.T, np.array([0.6, 0.398, 0.002]))[2] == pytest.approx(-0.006827544788202115)


@pytest.mark.parametrize(
    ("name", "key"), [("matrix_inversion_interior", "pi"), ("matrix_inversion_boundary", "pi_simplex")]
)
def test_inversions_agree_with_the_oracle(oracle: dict[str, Any], name: str, key: str) -> None:
    case = oracle[name]
    found = invert_shares(np.array(case["inputs"]["M"]), np.array(case["inputs"]["p"]))
    assert found == pytest.approx(case["expected"][key], abs=case["tolerance"])


@given(st.lists(st.floats(0.01, 1), min_size=3, max_size=3), st.integers(0, 1000))
def test_no_point_of_the_simplex_explains_the_verdicts_better(raw: list[float], seed: int) -> None:
    observed = np.array(raw) / sum(raw)
    found = invert_shares(M, observed)
    assert found.min() >= 0
    assert found.sum() == pytest.approx(1)
    best = ((M.T @ found - observed) ** 2).sum()
    for other in np.random.default_rng(seed).dirichlet(np.ones(3), size=50):
        assert best <= ((M.T @ other - observed) ** 2).sum() + 1e-12


@given(st.lists(st.floats(0.01, 1), min_size=3, max_size=3))
def test_what_a_judge_does_to_shares_is_undone(raw: list[float]) -> None:
    shares = np.array(raw) / sum(raw)
    assert invert_shares(M, M.T @ shares) == pytest.approx(shares, abs=1e-9)
    weighted = invert_shares(M, M.T @ shares, np.diag([1.0, 5.0, 2.0]))
    assert weighted == pytest.approx(shares, abs=1e-9)


def test_labels_drawn_by_verdict_are_weighted_back() -> None:
    """Every tenth of the verdict correct is labelled and all of the verdict wrong: plain counts would say 0.5."""
    items = of_counts({(0, 0): 90, (0, 1): 10, (1, 1): 100, (2, 2): 20}, {0: 900})
    found = Confusion.of(CellTable.of(items))
    assert found.matrix[1, :3] == pytest.approx([100 / 200, 100 / 200, 0])
    assert found.matrix[0, 0] == 1
    assert found.n_labels.tolist() == [90, 110, 20, 0, 0, 0]
    assert found.n_effective[0] == pytest.approx(90)
    assert found.n_effective[1] == pytest.approx(200**2 / (10 * 100 + 100))
    assert found.matrix.sum(axis=1) == pytest.approx(np.ones(6))


def test_the_verdict_correct_where_nothing_is_means_abstained() -> None:
    found = Confusion.of(CellTable.of(of_counts({(3, 5): 4, (4, 4): 10, (5, 5): 10}, {})))
    assert found.matrix[5].tolist() == [0, 0, 0, 0, 0, 1]


def test_pooling_weighs_rows_by_their_labels() -> None:
    perfect = ((1.0, 0, 0), (0, 1.0, 0), (0, 0, 1.0))
    found = pooled([confusion(perfect, 300), confusion(GOOD, 100)])
    assert found.matrix[1, 1] == pytest.approx(0.75 * 1 + 0.25 * 0.93)
    assert found.n_labels[1] == 400


def test_a_donor_without_labels_of_a_class_borrows_the_row() -> None:
    poor = Confusion(np.eye(6), np.array([50, 3, 50, 0, 50, 50.0]), np.array([50, 3, 50, 0, 50, 50.0]))
    filled = poor.filled(confusion(n=80))
    assert filled.matrix[1, :3].tolist() == list(GOOD[1])
    assert filled.matrix[0].tolist() == np.eye(6)[0].tolist()
    assert filled.n_effective.tolist() == [50, 80, 50, 0, 50, 50]


def test_the_condition_number_tells_good_judges_from_bad() -> None:
    assert confusion().condition_number(0) < 1.3
    blurred = ((0.4, 0.3, 0.3), (0.3, 0.4, 0.3), (0.3, 0.35, 0.35))
    assert confusion(blurred).condition_number(0) > 10


def test_the_true_rate_comes_back() -> None:
    found = transport(verdicts_of(GOOD, TRUE, 20_000), [confusion()] * 5, HR)
    assert found is not None
    assert found.value == pytest.approx(0.4, abs=1e-3)
    assert found.interval is not None
    assert found.interval[0] < 0.4 < found.interval[1]
    assert found.between == 0
    assert found.worst_share == float("inf")


def test_the_variance_is_that_of_redrawn_verdicts_and_labels() -> None:
    """The delta method against a simulation that draws both anew."""
    rng = np.random.default_rng(11)
    n, m, values = 600, 60, []
    for _ in range(800):
        verdicts = rng.multinomial(n, np.array(TRUE) @ M)
        rows = np.array([rng.multinomial(m, row) for row in M]) / m
        values.append(HR.value(np.concatenate([invert_shares(rows, verdicts / n), np.zeros(3)])))
    found = transport(verdicts_of(GOOD, TRUE, n), [confusion(n=m)], HR)
    assert found is not None
    assert np.var(values) == pytest.approx(found.variance, rel=0.15)


def test_donors_that_disagree_widen_the_interval() -> None:
    sharp = ((0.98, 0.01, 0.01), (0.01, 0.98, 0.01), (0.01, 0.01, 0.98))
    blunt = ((0.80, 0.15, 0.05), (0.15, 0.80, 0.05), (0.05, 0.15, 0.80))
    items = verdicts_of(GOOD, TRUE, 2000)
    alike = transport(items, [confusion(GOOD, 200)] * 6, HR)
    mixed = transport(items, [confusion(sharp, 200), confusion(blunt, 200)] * 3, HR)
    assert alike is not None
    assert mixed is not None
    assert alike.between == 0 < mixed.between
    assert mixed.interval is not None
    assert alike.interval is not None
    assert mixed.interval[1] - mixed.interval[0] > 1.5 * (alike.interval[1] - alike.interval[0])
    assert min(mixed.by_donor) < alike.value < max(mixed.by_donor)


@pytest.mark.parametrize("n_donors", [1, 3])
def test_few_donors_give_a_range_and_no_interval(n_donors: int) -> None:
    found = transport(verdicts_of(GOOD, TRUE, 500), [confusion()] * n_donors, HR)
    assert found is not None
    assert found.interval is None
    assert len(found.by_donor) == n_donors


def test_verdicts_that_the_donors_cannot_explain_are_noticed() -> None:
    """Fewer verdicts of wrong than the judge's false alarms alone would give."""
    cells = np.repeat([0, 1, 2], [1850, 1, 159])
    items = GradedItems(cells, np.full(2010, UNLABELLED), np.arange(2010), np.arange(2010))
    alarmed = ((0.85, 0.14, 0.01), (0.05, 0.93, 0.02), (0.01, 0.01, 0.98))
    found = transport(items, [confusion(alarmed, 200)], HR)
    assert found is not None
    assert found.worst_share < -2
    assert found.shares[1] == 0


def test_without_donors_or_denominator_there_is_no_rate() -> None:
    items = verdicts_of(GOOD, TRUE, 100)
    assert transport(items, [], HR) is None
    assert transport(items, [confusion()], RATES["abstention_f1"]) is None
    right = GradedItems(np.zeros(50, dtype=np.int64), np.full(50, UNLABELLED), np.arange(50), np.arange(50))
    perfect = ((1.0, 0, 0), (0, 1.0, 0), (0, 0, 1.0))
    assert transport(right, [confusion(perfect)], HR) is None
