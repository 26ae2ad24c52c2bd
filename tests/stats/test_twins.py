from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from evaluator.stats.estimates import Scope
from evaluator.stats.twins import TwinRates, d_prime, discrimination_estimates, twin_rates, youden_j

SCOPE = Scope(slice="twins", model="m", prompt="p", level=0.95)
binary_pairs = st.lists(st.tuples(st.booleans(), st.booleans()), min_size=2, max_size=60)


def estimates(pairs: Any, clusters: Any = None, ungraded: Any = ()) -> list[Any]:
    """Estimates from (abstained on unanswerable, abstained on answerable) per pair."""
    tallies = []
    for unanswerable, answerable in pairs:
        tallies += [[0, 1 - unanswerable, int(unanswerable), 0], [1 - answerable, 0, int(answerable), 0]]
    for row in ungraded:
        tallies[row] = [0, 0, 0, 1]
    positions = [(2 * i, 2 * i + 1) for i in range(len(pairs))]
    of_pair = np.arange(len(pairs)) if clusters is None else np.array(clusters)
    return discrimination_estimates(np.array(tallies).reshape(-1, 4), positions, np.repeat(of_pair, 2), SCOPE)


def test_d_prime_has_the_log_linear_correction() -> None:
    """Hautus (1995): rates (x + 1/2) / (n + 1), so 10 of 10 against 0 of 10 is 2 z(10.5/11)."""
    perfect = TwinRates(np.ones(10), np.zeros(10), np.arange(10))
    assert d_prime(perfect) == pytest.approx(2 * 1.690622, abs=1e-6)
    assert d_prime(perfect) == pytest.approx(2 * stats.norm.ppf(10.5 / 11))


@given(binary_pairs)
def test_point_values_are_the_textbook_ones(pairs: list[tuple[bool, bool]]) -> None:
    youden, prime = estimates(pairs)
    hits, alarms, n = sum(u for u, _ in pairs), sum(a for _, a in pairs), len(pairs)
    assert youden.value == pytest.approx(hits / n - alarms / n)
    corrected = [(count + 0.5) / (n + 1) for count in (hits, alarms)]
    assert prime.value == pytest.approx(stats.norm.ppf(corrected[0]) - stats.norm.ppf(corrected[1]))
    assert (youden.n, youden.n_clusters, youden.denominator) == (2 * n, n, n)


@given(binary_pairs)
def test_the_interval_of_j_is_the_paired_t_interval(pairs: list[tuple[bool, bool]]) -> None:
    differences = np.array([float(u) - float(a) for u, a in pairs])
    youden = estimates(pairs)[0]
    if np.ptp(differences) > 0:
        low, high = stats.t.interval(0.95, len(pairs) - 1, loc=differences.mean(), scale=stats.sem(differences))
        assert (youden.low, youden.high) == pytest.approx((max(-1, low), min(1, high)))


@given(binary_pairs)
def test_intervals_hold_their_value_and_are_never_a_point(pairs: list[tuple[bool, bool]]) -> None:
    for found in estimates(pairs):
        assert found.low <= found.value <= found.high
        assert found.high - found.low > 0.01
    youden = estimates(pairs)[0]
    assert youden.low >= -1
    assert youden.high <= 1


def test_sides_that_move_together_still_leave_doubt() -> None:
    for found in estimates([(0, 0), (1, 1)] * 10):
        assert found.value == 0
        assert found.high - found.low > 0.2


@given(binary_pairs)
def test_exchanging_the_sides_changes_the_sign(pairs: list[tuple[bool, bool]]) -> None:
    for one, two in zip(estimates(pairs), estimates([(a, u) for u, a in pairs]), strict=True):
        assert one.value == pytest.approx(-two.value)
        assert (one.low, one.high) == pytest.approx((-two.high, -two.low))


def test_the_interval_of_d_prime_is_the_linearised_one() -> None:
    """The slow textbook twin: numerical derivative of d′ in every pair."""
    rng = np.random.default_rng(1)
    sides = rng.random((2, 40)) < np.array([[0.7], [0.3]])
    rates = TwinRates(*sides.astype(float), np.arange(40))
    step = 1e-6
    slopes = []
    for i in range(40):
        weights = np.ones(40)
        weights[i] += step
        shifted = [float(weights @ side) / weights.sum() * 40 for side in sides]
        corrected = [(count + 0.5) / 41 for count in shifted]
        slopes.append((stats.norm.ppf(corrected[0]) - stats.norm.ppf(corrected[1]) - d_prime(rates)) / step)
    error = math.sqrt(40 / 39 * sum(slope**2 for slope in slopes))
    found = estimates(sides.T.tolist())[1]
    assert (found.high - found.low) / 2 == pytest.approx(error * stats.t.ppf(0.975, 39), rel=1e-4)


def test_pairs_of_one_family_are_one_cluster() -> None:
    pairs = [(1, 0), (1, 0), (0, 0), (1, 1)] * 6
    alone, together = estimates(pairs), estimates(pairs, clusters=np.repeat(np.arange(6), 4))
    assert together[0].n_clusters == 6
    assert together[0].notes == ("few clusters (6): treat the interval with caution",)
    assert together[0].value == alone[0].value
    assert together[1].value == alone[1].value


def test_both_sides_must_be_graded() -> None:
    youden, prime = estimates([(1, 0), (1, 0), (0, 1)], ungraded=[4])
    assert (youden.value, youden.denominator, youden.n) == (1, 2, 5)
    assert "16.7% of the responses are ungraded: see the bounds" in youden.notes
    assert (youden.bound_low, youden.bound_high) == pytest.approx((1 / 3, 2 / 3))
    assert prime.bound_low < prime.bound_high


def test_repeats_are_averaged_within_their_pair() -> None:
    graded = np.array([[0, 1, 3], [3, 0, 1], [0, 0, 2], [2, 0, 0]])
    rates = twin_rates(graded, [(0, 1), (2, 3)], np.array([0, 0, 1, 1]))
    assert youden_j(rates) == pytest.approx(((0.75 - 0.25) + 1) / 2)


def test_no_twins_is_undefined_and_one_pair_has_no_interval() -> None:
    for found in estimates([]):
        assert (found.value, found.low, found.high, found.bound_low) == (None, None, None, None)
        assert found.notes == ("undefined: no twin pair has both sides graded",)
    for found in estimates([(1, 0)]):
        assert found.value > 0
        assert (found.low, found.notes) == (None, ("no interval: it needs at least two clusters, got 1",))


@pytest.mark.parametrize(
    "tallies",
    [
        [[0, 0, 0, 1], [0, 0, 0, 0]],
        [[0, 0, 0, 0], [0, 0, 0, 1]],
        [[0, 0, 1, 0], [0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 1]],
    ],
    ids=["unanswerable half", "answerable half", "halves of two pairs"],
)
def test_halves_of_pairs_have_neither_value_nor_bounds(tallies: list[list[int]]) -> None:
    pairs = [(row, row + 1) for row in range(0, len(tallies), 2)]
    clusters = np.repeat(np.arange(len(pairs)), 2)
    for found in discrimination_estimates(np.array(tallies), pairs, clusters, SCOPE):
        assert (found.value, found.low, found.high) == (None, None, None)
        assert (found.bound_low, found.bound_high) == (None, None)
        assert "undefined: no twin pair has both sides graded" in found.notes


def test_a_pair_whose_one_half_is_ungraded_has_bounds_without_a_value() -> None:
    youden, prime = estimates([(1, 0)], ungraded=[0])
    assert (youden.value, prime.value) == (None, None)
    assert (youden.bound_low, youden.bound_high) == (0, 1)
    assert prime.bound_low < prime.bound_high
