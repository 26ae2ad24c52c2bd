from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluator.stats.calibration.rogan_gladen import (
    JudgeAccuracy,
    lang_reiczigel_interval,
    rogan_gladen,
    shared_calibration_bias,
)
from evaluator.stats.intervals import clopper_pearson_interval


def judge(q0: float, n0: float, q1: float, n1: float) -> JudgeAccuracy:
    return JudgeAccuracy(specificity=q0, n_negative=n0, sensitivity=q1, n_positive=n1)


# Lang & Reiczigel (2014), Prev Vet Med 113:13, examples 1, 2 and 4: counts, published interval, its rounding.
PUBLISHED = [
    ((4060, 11284), (178, 179), (358, 359), 0.36003, (0.349, 0.372), 0.0006),
    ((51, 2971), (32, 33), (20, 20), 0.017702, (0.0, 0.053), 0.0006),
    ((259, 509), (84, 127), (96, 109), 0.718572, (0.58, 0.87), 0.0051),
]


@pytest.mark.parametrize(("positive", "found", "cleared", "point", "interval", "tolerance"), PUBLISHED)
def test_published_examples_are_reproduced(
    positive: Any, found: Any, cleared: Any, point: float, interval: Any, tolerance: float
) -> None:
    apparent, q1, q0 = (k / n for k, n in (positive, found, cleared))
    assert rogan_gladen(apparent, q0, q1) == pytest.approx(point, abs=1e-5)
    limits = lang_reiczigel_interval(apparent, positive[1], judge(q0, cleared[1], q1, found[1]))
    assert limits == pytest.approx(interval, abs=tolerance)


@pytest.mark.parametrize("name", ["lang_reiczigel_1", "lang_reiczigel_2", "lang_reiczigel_4"])
def test_intervals_agree_with_the_oracle(oracle: dict[str, Any], name: str) -> None:
    case = oracle[name]
    given_ = case["inputs"]
    accuracy = judge(given_["spec"], given_["n_spec"], given_["sens"], given_["n_sens"])
    interval = lang_reiczigel_interval(given_["apparent"], given_["n"], accuracy)
    assert interval == pytest.approx(case["expected"]["ci"], abs=case["tolerance"])
    assert interval == pytest.approx(case["checked_here"], abs=1e-9)
    point = rogan_gladen(given_["apparent"], given_["spec"], given_["sens"])
    assert point == pytest.approx(case["expected"]["point"], abs=1e-9)


def test_the_interval_is_that_of_the_judge_reporting_code(oracle: dict[str, Any]) -> None:
    case = oracle["lee2025_readme"]
    given_ = case["inputs"]
    accuracy = judge(given_["q0"], given_["m0"], given_["q1"], given_["m1"])
    interval = lang_reiczigel_interval(given_["p"], given_["n"], accuracy)
    assert interval == pytest.approx(case["expected"]["ci"], abs=case["tolerance"])
    point = rogan_gladen(given_["p"], given_["q0"], given_["q1"])
    assert point == pytest.approx(case["expected"]["point"], abs=case["tolerance"])


def test_the_interval_of_the_judge_reporting_code_as_numbers() -> None:
    interval = lang_reiczigel_interval(0.4, 1000, judge(0.7, 200, 0.9, 200))
    assert interval == pytest.approx((0.05635072484160894, 0.2627330257859588), abs=1e-9)


@pytest.mark.parametrize(
    ("positive", "tested", "sensitivity", "specificity", "expected"),
    [(45, 150, 0.96, 0.89, 0.22), (80, 210, 0.6, 0.9, 0.56), (50, 124, 0.7, 0.99, 0.57), (6, 151, 0.964, 0.927, -0.04)],
)
def test_points_are_those_of_epir(
    positive: int, tested: int, sensitivity: float, specificity: float, expected: float
) -> None:
    assert rogan_gladen(positive / tested, specificity, sensitivity) == pytest.approx(expected, abs=0.0051)


@pytest.mark.parametrize("name", ["epir_rg_point_1", "epir_rg_point_2", "epir_rg_point_4"])
def test_points_agree_with_the_oracle(oracle: dict[str, Any], name: str) -> None:
    case = oracle[name]
    given_ = case["inputs"]
    point = rogan_gladen(given_["pos"] / given_["tested"], given_["sp"], given_["se"])
    assert point == pytest.approx(case["expected"], abs=case["tolerance"])
    assert point == pytest.approx(case["checked_here"], abs=1e-12)


def test_a_rate_below_the_false_alarms_stays_negative(oracle: dict[str, Any]) -> None:
    """It is for the conditions to refuse it; clipping it here would hide that the judge does not fit."""
    case = oracle["epir_ex2_negative"]
    given_ = case["inputs"]
    limits = clopper_pearson_interval(given_["pos"], given_["tested"])
    found = [rogan_gladen(p, given_["sp"], given_["se"]) for p in (given_["pos"] / given_["tested"], *limits)]
    assert found == pytest.approx(case["checked_here"], abs=1e-9)
    assert found == pytest.approx([case["expected"]["point"], *case["expected"]["ci"]], abs=case["tolerance"])
    assert found[0] < 0


@pytest.mark.parametrize(("rate", "apparent"), [(0.3, 0.48), (0.9, 0.84), (0.75, 0.75)])
def test_what_a_judge_does_to_a_rate_is_undone(rate: float, apparent: float) -> None:
    """Lee et al. (2025): specificity 0.7 and sensitivity 0.9 turn 30% into 48%, and 90% into 84%."""
    assert rogan_gladen(apparent, 0.7, 0.9) == pytest.approx(rate, abs=1e-9)


@pytest.mark.parametrize(("q0", "q1"), [(0.5, 0.5), (0.2, 0.3), (0.50004, 0.50004)])
def test_a_judge_that_tells_nothing_is_an_error(q0: float, q1: float) -> None:
    with pytest.raises(ValueError, match="need sensitivity \\+ specificity > 1"):
        rogan_gladen(0.5, q0, q1)


def test_judgys_refusal_is_refused(oracle: dict[str, Any]) -> None:
    given_ = oracle["judgy_refusal"]["inputs"]
    pairs = list(zip(given_["test_labels"], given_["test_preds"], strict=True))
    sensitivity = sum(y == f == 1 for y, f in pairs) / 2
    specificity = sum(y == f == 0 for y, f in pairs) / 2
    assert "TPR + TNR <= 1" in oracle["judgy_refusal"]["expected"]["error"]
    with pytest.raises(ValueError, match="got 1"):
        rogan_gladen(2 / 3, specificity, sensitivity)


def test_sharing_one_calibration_can_turn_the_order_round() -> None:
    """Two models at 20% and 25%, the judge weaker on the second: corrected alike, the second looks better."""
    shared = judge(0.97, 100, 0.85, 100)
    first = 0.20 + shared_calibration_bias(0.20, judge(0.97, 100, 0.95, 100), shared)
    second = 0.25 + shared_calibration_bias(0.25, judge(0.97, 100, 0.75, 100), shared)
    assert first == pytest.approx(0.224390243902439, abs=1e-9)
    assert second == pytest.approx(0.2195121951219512, abs=1e-9)
    assert second < first


def test_the_bias_is_the_published_formula() -> None:
    own, shared, rate = judge(0.9, 1, 0.8, 1), judge(0.85, 1, 0.95, 1), 0.3
    expected = (rate * (0.8 - 0.95) - (1 - rate) * (0.9 - 0.85)) / (0.85 + 0.95 - 1)
    assert shared_calibration_bias(rate, own, shared) == pytest.approx(expected, abs=1e-12)


@given(
    st.floats(0, 1),
    st.integers(1, 5000),
    st.floats(0.6, 1),
    st.floats(0.6, 1),
    st.integers(5, 500),
    st.integers(5, 500),
)
def test_limits_are_ordered_shares(p: float, n: int, q0: float, q1: float, n0: int, n1: int) -> None:
    low, high = lang_reiczigel_interval(p, n, judge(q0, n0, q1, n1))
    assert 0 <= low <= high <= 1


def test_more_labels_narrow_the_interval_and_raise_the_limit_of_j() -> None:
    few, many = judge(0.9, 20, 0.9, 20), judge(0.9, 2000, 0.9, 2000)
    wide, narrow = (lang_reiczigel_interval(0.3, 1000, accuracy) for accuracy in (few, many))
    assert narrow[1] - narrow[0] < wide[1] - wide[0]
    assert few.youden_j_low() < many.youden_j_low() < few.youden_j == pytest.approx(0.8)


def test_a_judge_without_an_error_is_not_certain() -> None:
    assert judge(1.0, 12, 1.0, 12).youden_j_low() < 0.85
