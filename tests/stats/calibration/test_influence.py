from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluator.stats.calibration.influence import (
    RATES,
    cluster_variance,
    edge_interval,
    influence_interval,
    influence_values,
)
from evaluator.stats.calibration.items import CellTable
from evaluator.stats.intervals import student_quantile
from evaluator.stats.metrics import METRICS
from tests.stats.calibration.textbook import closed_form_variance, random_items, summed_by_cluster

names = st.sampled_from(sorted(RATES))


@st.composite
def share_vectors(draw: st.DrawFn) -> np.ndarray:
    raw = np.array(draw(st.lists(st.floats(0.05, 1), min_size=6, max_size=6)))
    raw[3] = 0
    return raw / raw.sum()


def textbook_values(pi: np.ndarray) -> dict[str, float]:
    """The definitions as people write them, from the shares of six classes."""
    c, w, a, _, wu, au = pi
    n = c + w + a
    found = {
        "hallucination_rate": (w + wu) / (w + a + wu + au),
        "accuracy": c / n,
        "attempted_error_rate": w / (c + w),
        "over_abstention_rate": a / n,
        "omniscience_index": 100 * (c - w) / n,
        "f_score": 2 * c / (n + c + w),
        "abstention_precision": au / (a + au),
        "abstention_recall": au / (wu + au),
        "abstention_f1": 2 * au / (2 * au + a + wu),
    }
    return found | {f"penalised_score_t{t:g}": (c - w * t / (1 - t)) / n for t in (0, 0.5, 0.75, 0.9)}


@given(share_vectors())
def test_every_metric_has_its_textbook_value(pi: np.ndarray) -> None:
    expected = textbook_values(pi)
    assert set(expected) == set(RATES) == {metric.name for metric in METRICS}
    for name, ratio in RATES.items():
        assert ratio.value(pi) == pytest.approx(expected[name], abs=1e-9)


@given(share_vectors(), names)
def test_gradients_are_the_derivatives(pi: np.ndarray, name: str) -> None:
    ratio = RATES[name]
    gradient = ratio.gradient(pi)
    step = 1e-6
    for y in range(6):
        moved = [pi + sign * step * (np.arange(6) == y) for sign in (1, -1)]
        values = [textbook_values(each)[name] for each in moved] if y != 3 else [0, 0]
        expected = (values[0] - values[1]) / (2 * step)
        assert y == 3 or gradient[y] == pytest.approx(expected, rel=1e-4, abs=1e-4)
    assert (gradient * pi).sum() == pytest.approx(0, abs=1e-9)


@given(st.integers(0, 5000), names)
def test_influence_values_have_mean_zero(seed: int, name: str) -> None:
    items = random_items(seed)
    table = CellTable.of(items)
    values = influence_values(items, table, RATES[name].gradient(table.class_shares()))
    assert values.mean() == pytest.approx(0, abs=1e-9)


@given(st.integers(0, 5000), names)
def test_without_clusters_the_variance_is_the_closed_form_with_its_finite_population(seed: int, name: str) -> None:
    items = random_items(seed)
    table = CellTable.of(items)
    gradient = RATES[name].gradient(table.class_shares())
    values = influence_values(items, table, gradient)
    n = len(items)
    expected = closed_form_variance(items, gradient) * n / (n - 1)
    assert cluster_variance(values, items.clusters) == pytest.approx(expected, rel=1e-9)


@given(st.integers(0, 5000), st.integers(2, 9))
def test_the_cluster_sum_is_that_of_loops(seed: int, size: int) -> None:
    items = random_items(seed, size=size)
    values = np.random.default_rng(seed).normal(size=len(items))
    expected = summed_by_cluster(values, items.clusters)
    assert cluster_variance(values, items.clusters) == pytest.approx(expected, rel=1e-9)
    assert cluster_variance(values, items.clusters * 7 + 3) == pytest.approx(expected, rel=1e-9)


def test_the_variance_of_a_ratio_over_clusters_is_that_of_the_survey_package() -> None:
    """svyratio(~api.stu, ~enroll, dclus1) of R's survey on 15 clusters."""
    w = np.array([6047, 12618, 1461, 5935, 7573, 610, 199, 1184, 6431, 12292, 1877, 4895, 22452, 532, 1373.0])
    d = np.array([6777, 15038, 1668, 6958, 9025, 683, 274, 1436, 7375, 14968, 2180, 6081, 25814, 680, 1641.0])
    ratio, error = clustered_ratio(w, d)
    assert ratio == pytest.approx(0.8497087, abs=1e-7)
    assert error == pytest.approx(0.008470640194931513, abs=1e-9)
    assert error * math.sqrt(1 - 15 / 757) == pytest.approx(0.008386297, abs=1e-7)


def test_the_variance_of_a_ratio_agrees_with_the_oracle(oracle: dict[str, Any]) -> None:
    case = oracle["ratio_cluster_svyratio"]
    inputs, expected = case["inputs"], case["expected"]
    ratio, error = clustered_ratio(np.array(inputs["W_cluster"]), np.array(inputs["D_cluster"]))
    corrected = error * math.sqrt(1 - inputs["fpc_fraction"])
    found = (ratio, corrected, error)
    assert found == pytest.approx(tuple(expected.values()), abs=case["tolerance"])


def clustered_ratio(w: np.ndarray, d: np.ndarray) -> tuple[float, float]:
    """Ratio and standard error when every unit is a response, wrong or abstained."""
    wrong, abstained = w.astype(int), (d - w).astype(int)
    cells = np.concatenate([np.repeat([1, 2], [k, m]) for k, m in zip(wrong, abstained, strict=True)])
    clusters = np.repeat(np.arange(15), wrong + abstained)
    shares = np.bincount(cells, minlength=6) / len(cells)
    ratio = RATES["hallucination_rate"]
    return ratio.value(shares), math.sqrt(cluster_variance(ratio.gradient(shares)[cells], clusters))


def test_one_cluster_has_no_variance() -> None:
    with pytest.raises(ValueError, match="need at least two clusters, got 1"):
        cluster_variance(np.array([1.0, -1.0]), np.array([4, 4]))


def test_the_logit_interval_is_the_formula() -> None:
    (low, high), method = influence_interval(0.2, 0.0009, 31, limits=(0.0, 1.0), level=0.9) or ((0, 0), "")
    half = student_quantile(0.9, 30) * 0.03 / 0.16
    expected = [1 / (1 + math.exp(-(math.log(0.25) + sign * half))) for sign in (-1, 1)]
    assert [low, high] == pytest.approx(expected, abs=1e-12)
    assert method.startswith("logit")


def test_a_score_has_its_interval_on_its_own_scale() -> None:
    (low, high), method = influence_interval(10.0, 16.0, 31, limits=(-100.0, 100.0), level=0.95) or ((0, 0), "")
    assert (high - 10.0, 10.0 - low) == pytest.approx((4 * 2.0423, 4 * 2.0423), abs=1e-3)
    assert method == "Student t over clusters"
    clipped = influence_interval(-99.0, 16.0, 31, limits=(-100.0, 100.0), level=0.95)
    assert clipped is not None
    assert clipped[0][0] == -100


@given(st.floats(0, 1), st.floats(0, 10), st.integers(2, 1000))
def test_rates_never_leave_their_range(value: float, variance: float, n_clusters: int) -> None:
    found = influence_interval(value, variance, n_clusters, limits=(0.0, 1.0), level=0.95)
    if found is not None:
        (low, high), _ = found
        assert 0 <= low <= value <= high <= 1


@pytest.mark.parametrize(("value", "variance"), [(0.0, 0.01), (1.0, 0.01), (0.3, 0.0)])
def test_where_the_variance_says_nothing_there_is_no_logit_interval(value: float, variance: float) -> None:
    assert influence_interval(value, variance, 20, limits=(0.0, 1.0), level=0.95) is None


@given(st.sampled_from([0.0, 0.4, 1.0]), st.floats(0.01, 0.99), st.floats(0, 0.2), st.integers(2, 500))
def test_edges_have_an_interval_of_some_width(value: float, rate: float, variance: float, n_clusters: int) -> None:
    low, high = edge_interval(value, (rate, variance), n_clusters, limits=(0.0, 1.0), level=0.95)[0]
    assert 0 <= low <= value <= high <= 1
    assert high > low
