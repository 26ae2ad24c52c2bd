from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from evaluator.stats.clusters import ratio_standard_error
from evaluator.stats.comparison.difference import (
    SIGN_TEST,
    TANGO_CLUSTERS,
    Influence,
    influence_difference,
    ratio_influence,
)

ZEROS_AND_ONES = st.lists(st.tuples(st.integers(0, 1), st.integers(0, 1)), min_size=3, max_size=40)


def scores(hits: list[int], clusters: list[int] | None = None) -> Influence:
    codes = np.array(clusters if clusters is not None else range(len(hits)))
    return ratio_influence(np.array(hits, dtype=float), np.ones(len(hits)), codes)


@given(ZEROS_AND_ONES)
def test_for_independent_means_it_is_the_paired_t_test(pairs: list[tuple[int, int]]) -> None:
    a, b = (list(side) for side in zip(*pairs, strict=True))
    found = influence_difference(scores(a), scores(b))
    gaps = np.array(a) - np.array(b)
    if np.ptp(gaps) == 0:
        assert found.method == TANGO_CLUSTERS
        return
    known = stats.ttest_rel(a, b)
    interval = known.confidence_interval(0.95)
    assert found.p_value == pytest.approx(known.pvalue, abs=1e-9)
    assert found.low == pytest.approx(max(-1, interval.low), abs=1e-9)
    assert found.high == pytest.approx(min(1, interval.high), abs=1e-9)


def test_against_a_constant_it_is_the_standard_error_of_one_ratio() -> None:
    random = np.random.default_rng(1)
    clusters = random.integers(0, 15, 120)
    sizes = random.random(120) + 0.2
    hits = sizes * random.random(120)
    constant = Influence(value=0.25, phi=np.zeros(120), clusters=clusters)
    found = influence_difference(ratio_influence(hits, sizes, clusters), constant)
    by_cluster = [np.bincount(clusters, weights=part) for part in (hits, sizes)]
    assert found.standard_error == pytest.approx(ratio_standard_error(*by_cluster), rel=1e-12)
    assert found.n_clusters == 15


def test_the_linearised_error_is_close_to_the_jackknife() -> None:
    """Leave one cluster out at a time: the slow way to the same error."""
    random = np.random.default_rng(2)
    clusters = np.repeat(np.arange(60), 4)
    wrong = random.random((2, 240)) < 0.3
    counts = wrong | (random.random((2, 240)) < 0.4)
    sides = [ratio_influence(wrong[i].astype(float), counts[i].astype(float), clusters) for i in (0, 1)]
    found = influence_difference(*sides)
    left = []
    for cluster in range(60):
        kept = clusters != cluster
        rates = [wrong[i][kept].sum() / counts[i][kept].sum() for i in (0, 1)]
        left.append(rates[0] - rates[1])
    jackknife = np.sqrt(59 / 60 * ((np.array(left) - np.mean(left)) ** 2).sum())
    assert found.standard_error == pytest.approx(jackknife, rel=0.02)


@given(ZEROS_AND_ONES)
def test_swapping_the_models_only_turns_the_sign(pairs: list[tuple[int, int]]) -> None:
    a, b = (list(side) for side in zip(*pairs, strict=True))
    one, other = influence_difference(scores(a), scores(b)), influence_difference(scores(b), scores(a))
    assert one.value == -other.value
    assert (one.low, one.high) == (pytest.approx(-other.high, abs=1e-9), pytest.approx(-other.low, abs=1e-9))
    assert one.p_value == pytest.approx(other.p_value, abs=1e-12)


def test_a_constant_added_to_all_influence_values_changes_nothing() -> None:
    a, b = scores([1, 0, 1, 1, 0]), scores([0, 0, 1, 0, 0])
    moved = Influence(value=a.value, phi=a.phi + 3.5, clusters=a.clusters)
    assert influence_difference(moved, b).low == pytest.approx(influence_difference(a, b).low)


def test_sides_may_have_items_of_their_own() -> None:
    """Calibrated rates: labels differ between the models, and a cluster may be on one side only."""
    a = Influence(value=0.5, phi=np.array([1.0, -1.0, 0.5, -0.5]), clusters=np.array([0, 1, 2, 2]))
    b = Influence(value=0.3, phi=np.array([0.4, -0.4]), clusters=np.array([0, 7]))
    found = influence_difference(a, b)
    parts = {0: 1 / 4 - 0.4 / 2, 1: -1 / 4, 2: 0.0, 7: 0.4 / 2}
    assert found.n_clusters == 4
    assert found.standard_error == pytest.approx(np.sqrt(4 / 3 * sum(v**2 for v in parts.values())))


@pytest.mark.parametrize(("hits_a", "hits_b"), [(1, 1), (0, 0), (1, 0)])
def test_where_nothing_varies_there_is_still_a_width(hits_a: int, hits_b: int) -> None:
    found = influence_difference(scores([hits_a] * 30), scores([hits_b] * 30))
    assert found.low is not None
    assert found.high is not None
    assert found.high - found.low > 0.05
    assert found.low <= found.value <= found.high
    assert found.test == SIGN_TEST
    assert found.p_value == (1 if hits_a == hits_b else 2 * 0.5**30)


def test_one_cluster_gives_a_value_and_no_interval() -> None:
    found = influence_difference(scores([1, 0, 1], [0, 0, 0]), scores([0, 0, 0], [0, 0, 0]))
    assert found.value == pytest.approx(2 / 3)
    assert (found.low, found.high, found.p_value) == (None, None, None)


def test_the_interval_stays_within_what_is_possible() -> None:
    found = influence_difference(scores([1, 1, 1, 0]), scores([0, 0, 0, 0]))
    assert found.high == 1
    index = ratio_influence(np.array([100.0, 100, 100, -100]), np.ones(4), np.arange(4))
    worst = ratio_influence(np.array([-100.0] * 4), np.ones(4), np.arange(4))
    assert influence_difference(index, worst, limit=200).high == 200


def test_an_empty_denominator_is_refused() -> None:
    with pytest.raises(ValueError, match="positive sum"):
        ratio_influence(np.zeros(3), np.zeros(3), np.arange(3))
