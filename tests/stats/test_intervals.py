from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.proportion import confint_proportions_2indep, multinomial_proportions_confint, proportion_confint

from evaluator.stats.intervals import (
    agresti_coull_interval,
    clopper_pearson_interval,
    effective_wilson_interval,
    goodman_intervals,
    jeffreys_interval,
    newcombe_difference_interval,
    normal_quantile,
    student_quantile,
    wilson_interval,
)

counts = st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
levels = st.sampled_from([0.8, 0.9, 0.95, 0.99])


@pytest.mark.parametrize(
    ("k", "n", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_gives_the_published_limits(k: int, n: int, low: float, high: float) -> None:
    """Newcombe (1998), Statistics in Medicine 17:857-872, Table I, method 3."""
    assert wilson_interval(k, n) == pytest.approx((low, high), abs=6e-5)


@pytest.mark.parametrize(
    ("k", "n", "low", "high"),
    [(81, 263, 0.2527, 0.3676), (15, 148, 0.0578, 0.1617), (0, 20, 0.0, 0.1684), (1, 29, 0.0009, 0.1776)],
)
def test_clopper_pearson_gives_the_published_limits(k: int, n: int, low: float, high: float) -> None:
    """Newcombe (1998), Statistics in Medicine 17:857-872, Table I, method 5."""
    assert clopper_pearson_interval(k, n) == pytest.approx((low, high), abs=6e-5)


def test_newcombe_difference_gives_the_published_limits() -> None:
    """Newcombe (1998), Statistics in Medicine 17:873-890, Table II, example (a), method 10."""
    assert newcombe_difference_interval(56, 70, 48, 80) == pytest.approx((0.0524, 0.3339), abs=5e-5)


def test_goodman_gives_the_published_limits() -> None:
    """Sison & Glaz (1995), JASA 90:366-369, the seven-class example as printed in R's DescTools."""
    published = [(0.085, 0.166), (0.115, 0.204), (0.116, 0.207), (0.091, 0.173), (0.096, 0.181), (0.143, 0.239)]
    found = goodman_intervals([56, 72, 73, 59, 62, 87, 58])
    for interval, expected in zip(found, [*published, (0.089, 0.171)], strict=True):
        assert interval == pytest.approx(expected, abs=6e-4)


@pytest.mark.parametrize("case", ["wilson_newcombe_81_263", "wilson_newcombe_0_20"])
def test_wilson_agrees_with_the_oracle(oracle: dict[str, Any], case: str) -> None:
    inputs = oracle[case]["inputs"]
    found = wilson_interval(inputs["x"], inputs["n"], level=1 - inputs["alpha"])
    assert found == pytest.approx(oracle[case]["expected"], abs=oracle[case]["tolerance"])


@pytest.mark.parametrize(
    ("case", "interval"),
    [
        ("clopper_pearson_set", clopper_pearson_interval),
        ("jeffreys_set", jeffreys_interval),
        ("agresti_coull_set", agresti_coull_interval),
    ],
)
def test_interval_agrees_with_the_oracle_set(oracle: dict[str, Any], case: str, interval: Any) -> None:
    inputs = oracle[case]["inputs"]
    for k, n, (low, high) in zip(inputs["x"], inputs["n"], oracle[case]["expected"], strict=True):
        is_closed = interval is jeffreys_interval
        expected = (0.0 if is_closed and k == 0 else low, 1.0 if is_closed and k == n else high)
        assert interval(k, n) == pytest.approx(expected, abs=oracle[case]["tolerance"])


def test_goodman_and_newcombe_agree_with_the_oracles(oracle: dict[str, Any]) -> None:
    case = oracle["goodman_7class"]
    for found, expected in zip(goodman_intervals(case["inputs"]["counts"]), case["checked_here"], strict=True):
        assert found == pytest.approx(expected, abs=1e-9)
    case = oracle["newcombe_diff_56_70"]
    found = newcombe_difference_interval(*(case["inputs"][name] for name in ("x1", "n1", "x2", "n2")))
    assert found == pytest.approx(case["expected"], abs=case["tolerance"])


@given(counts, levels)
def test_intervals_agree_with_statsmodels(count: tuple[int, int], level: float) -> None:
    k, n = count
    pairs = [
        (wilson_interval, "wilson"),
        (clopper_pearson_interval, "beta"),
        (agresti_coull_interval, "agresti_coull"),
        (jeffreys_interval, "jeffreys"),
    ]
    for interval, method in pairs:
        if method == "jeffreys" and k in {0, n}:
            continue
        assert interval(k, n, level=level) == pytest.approx(proportion_confint(k, n, 1 - level, method), abs=1e-9)


@given(counts, counts, levels)
def test_newcombe_agrees_with_statsmodels(one: tuple[int, int], two: tuple[int, int], level: float) -> None:
    expected = confint_proportions_2indep(*one, *two, compare="diff", method="newcomb", alpha=1 - level)
    assert newcombe_difference_interval(*one, *two, level=level) == pytest.approx(expected, abs=1e-9)


@given(st.lists(st.integers(1, 200), min_size=2, max_size=8), levels)
def test_goodman_agrees_with_statsmodels(classes: list[int], level: float) -> None:
    expected = multinomial_proportions_confint(classes, 1 - level, method="goodman")
    for found, wanted in zip(goodman_intervals(classes, level=level), expected, strict=True):
        assert found == pytest.approx(tuple(wanted), abs=1e-9)


@given(counts)
def test_wilson_limits_solve_the_score_equation(count: tuple[int, int]) -> None:
    """The slow textbook twin: a limit p lies z standard errors, at p, from the rate."""
    k, n = count
    z = normal_quantile(0.95)
    for limit in wilson_interval(k, n):
        assert (k / n - limit) ** 2 == pytest.approx(z**2 * limit * (1 - limit) / n, abs=1e-12)


@given(st.integers(1, 300), levels)
def test_clopper_pearson_of_no_event_is_the_closed_form(n: int, level: float) -> None:
    low, high = clopper_pearson_interval(0, n, level=level)
    assert low == 0
    assert high == pytest.approx(1 - ((1 - level) / 2) ** (1 / n))


@given(levels, st.integers(1, 200))
def test_quantiles_agree_with_scipy(level: float, degrees: int) -> None:
    assert normal_quantile(level) == pytest.approx(stats.norm.ppf((1 + level) / 2))
    assert student_quantile(level, degrees) == pytest.approx(stats.t.ppf((1 + level) / 2, degrees))


@pytest.mark.parametrize(("k", "n"), [(-1, 5), (6, 5), (0, 0), (0, -3), (math.nan, 5), (1, math.nan)])
@pytest.mark.parametrize(
    "interval", [wilson_interval, clopper_pearson_interval, jeffreys_interval, agresti_coull_interval]
)
def test_impossible_counts_are_refused(interval: Any, k: float, n: float) -> None:
    with pytest.raises(ValueError, match="need n >= 1"):
        interval(k, n)


@pytest.mark.parametrize("level", [0, 1, 95, -0.1, math.nan])
@pytest.mark.parametrize(
    "interval", [wilson_interval, clopper_pearson_interval, jeffreys_interval, agresti_coull_interval]
)
def test_a_level_outside_its_range_is_refused(interval: Any, level: float) -> None:
    with pytest.raises(ValueError, match="need level in"):
        interval(1, 2, level=level)


@pytest.mark.parametrize(("rate", "n_eff"), [(1.1, 5), (-0.1, 5), (0.5, 0), (0.5, -1), (math.nan, 5), (0.5, math.nan)])
def test_an_impossible_effective_sample_is_refused(rate: float, n_eff: float) -> None:
    with pytest.raises(ValueError, match="need a rate"):
        effective_wilson_interval(rate, n_eff)


@pytest.mark.parametrize("classes", [[], [5], [0, 0], [-1, 5]])
def test_goodman_refuses_impossible_counts(classes: list[int]) -> None:
    with pytest.raises(ValueError, match="need at least two counts"):
        goodman_intervals(classes)
