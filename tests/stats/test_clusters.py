from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given
from hypothesis import strategies as st
from scipy import optimize, stats

from evaluator.stats.clusters import (
    denominator_variation,
    effective_trials,
    fieller_interval,
    ratio_standard_error,
)

# R, survey 4.5, data apiclus1 by district: sums of api.stu and of enroll.
API_STU = [6047, 12618, 1461, 5935, 7573, 610, 199, 1184, 6431, 12292, 1877, 4895, 22452, 532, 1373]
ENROLL = [6777, 15038, 1668, 6958, 9025, 683, 274, 1436, 7375, 14968, 2180, 6081, 25814, 680, 1641]

cluster_totals = st.lists(
    st.integers(1, 8).flatmap(lambda d: st.tuples(st.integers(0, d), st.just(d))), min_size=2, max_size=25
)


def arrays(totals: list[tuple[int, int]]) -> tuple[Any, Any]:
    pairs = np.array(totals, dtype=np.float64)
    return pairs[:, 0], pairs[:, 1]


def test_ratio_standard_error_reproduces_the_survey_package() -> None:
    """R, survey::svyratio(~api.stu, ~enroll, dclus1): 0.8497087, SE 0.008386297 with 15 of 757 districts drawn."""
    numerators, denominators = np.array(API_STU, float), np.array(ENROLL, float)
    assert numerators.sum() / denominators.sum() == pytest.approx(0.8497087, abs=1e-7)
    without_correction = ratio_standard_error(numerators, denominators)
    assert without_correction * math.sqrt(1 - 15 / 757) == pytest.approx(0.008386297, abs=1e-9)


def test_ratio_standard_error_agrees_with_the_oracles(oracle: dict[str, Any]) -> None:
    case = oracle["ratio_cluster_svyratio"]
    found = ratio_standard_error(np.array(case["inputs"]["W_cluster"]), np.array(case["inputs"]["D_cluster"]))
    assert found == pytest.approx(case["expected"]["se_without_fpc"], abs=case["tolerance"])
    case = oracle["cluster_se_mean"]
    clusters = np.array(case["inputs"]["cluster"])
    found = ratio_standard_error(
        np.bincount(clusters, weights=case["inputs"]["y"]), np.bincount(clusters).astype(float)
    )
    assert found == pytest.approx(case["expected"]["se_times_sqrt_C_over_Cm1"], abs=case["tolerance"])


def test_fieller_agrees_with_the_oracle(oracle: dict[str, Any]) -> None:
    case = oracle["fieller_ratio"]
    found = fieller_interval(np.array(case["inputs"]["W"], float), np.array(case["inputs"]["D"], float))
    assert found == pytest.approx(case["expected"], abs=case["tolerance"])


@given(cluster_totals)
def test_ratio_standard_error_equals_the_sum_over_pairs_of_responses(totals: list[tuple[int, int]]) -> None:
    """The slow textbook twin: covariances of all pairs of responses within a cluster."""
    responses = [(c, int(i < k)) for c, (k, n) in enumerate(totals) for i in range(n)]
    mean = sum(y for _, y in responses) / len(responses)
    pairwise = sum((y1 - mean) * (y2 - mean) for c1, y1 in responses for c2, y2 in responses if c1 == c2)
    n_clusters = len(totals)
    expected = math.sqrt(max(0.0, pairwise) * n_clusters / (n_clusters - 1)) / len(responses)
    assert ratio_standard_error(*arrays(totals)) == pytest.approx(expected, abs=1e-7)


@given(cluster_totals)
def test_ratio_standard_error_agrees_with_statsmodels(totals: list[tuple[int, int]]) -> None:
    y = np.array([float(i < k) for k, n in totals for i in range(n)])
    groups = np.array([c for c, (_, n) in enumerate(totals) for _ in range(n)])
    fit = sm.OLS(y, np.ones(len(y))).fit(cov_type="cluster", cov_kwds={"groups": groups, "use_correction": False})
    expected = math.sqrt(fit.cov_params()[0, 0] * len(totals) / (len(totals) - 1))
    assert ratio_standard_error(*arrays(totals)) == pytest.approx(expected, abs=1e-7)


@given(st.lists(st.integers(0, 1), min_size=2, max_size=50))
def test_clusters_of_one_give_the_independent_standard_error(y: list[int]) -> None:
    values = np.array(y, dtype=np.float64)
    expected = values.std(ddof=1) / math.sqrt(len(y))
    assert ratio_standard_error(values, np.ones(len(y))) == pytest.approx(expected, abs=1e-12)


@given(cluster_totals)
def test_fieller_limits_solve_their_equation(totals: list[tuple[int, int]]) -> None:
    """The slow textbook twin: at a limit the t statistic of a - r·b is exactly critical."""
    numerators, denominators = arrays(totals)
    interval = fieller_interval(numerators, denominators)
    critical = stats.t.ppf(0.975, len(totals) - 1)

    def excess(ratio: float) -> float:
        differences = numerators - ratio * denominators
        return float(differences.mean() ** 2 - critical**2 * differences.var(ddof=1) / len(totals))

    if interval is not None:
        value = numerators.sum() / denominators.sum()
        assert interval[0] <= value + 1e-9
        assert value - 1e-9 <= interval[1]
        for limit in interval:
            assert excess(limit) == pytest.approx(0, abs=1e-6)


def test_fieller_agrees_with_a_root_finder() -> None:
    numerators, denominators = np.array([3.0, 0, 4, 1, 2, 5, 2, 3]), np.array([5.0, 4, 4, 6, 3, 5, 5, 6])

    def excess(ratio: float) -> float:
        differences = numerators - ratio * denominators
        return float(abs(stats.ttest_1samp(differences, 0).statistic) - stats.t.ppf(0.975, 7))

    value = numerators.sum() / denominators.sum()
    expected = optimize.brentq(excess, -1, value - 1e-9), optimize.brentq(excess, value + 1e-9, 3)
    assert fieller_interval(numerators, denominators) == pytest.approx(expected, abs=1e-9)


def test_fieller_refuses_a_denominator_that_may_be_zero() -> None:
    assert fieller_interval(np.array([1.0, 0, 0]), np.array([9.0, 0, 0])) is None


def test_denominator_variation_is_the_relative_error_of_the_mean() -> None:
    sizes = np.array([5.0, 2, 4, 6])
    assert denominator_variation(sizes) == pytest.approx(stats.sem(sizes) / sizes.mean())
    assert denominator_variation(np.full(7, 3.0)) == 0


def test_effective_trials_never_exceed_the_trials() -> None:
    assert effective_trials(0.5, 0.0, 30, 10, level=0.95) < 30
    assert effective_trials(0.5, 1e-9, 30, 10_000, level=0.95) == pytest.approx(30, rel=1e-3)


@pytest.mark.parametrize("rate", [0.0, 1.0])
def test_effective_trials_at_the_edge_are_the_clusters(rate: float) -> None:
    assert effective_trials(rate, 0.0, 30, 10, level=0.95) == 10


def test_effective_trials_of_independent_responses_are_the_trials_less_the_price_of_t() -> None:
    n, p = 40, 0.3
    error = math.sqrt(p * (1 - p) / n)
    expected = n * (stats.norm.ppf(0.975) / stats.t.ppf(0.975, n - 1)) ** 2
    assert effective_trials(p, error, n, n, level=0.95) == pytest.approx(expected)


@pytest.mark.parametrize("function", [ratio_standard_error, fieller_interval])
def test_one_cluster_or_an_empty_denominator_is_refused(function: Any) -> None:
    with pytest.raises(ValueError, match="at least two clusters, got 1"):
        function(np.array([1.0]), np.array([2.0]))
    with pytest.raises(ValueError, match="positive sum"):
        function(np.zeros(3), np.zeros(3))


def test_effective_trials_of_one_cluster_are_refused() -> None:
    with pytest.raises(ValueError, match="at least two clusters"):
        effective_trials(0.5, 0.1, 30, 1, level=0.95)
