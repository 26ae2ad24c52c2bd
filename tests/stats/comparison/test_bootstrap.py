from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from evaluator.stats.clusters import ratio_standard_error
from evaluator.stats.comparison.bootstrap import (
    MOST_CLUSTERS,
    _multinomial_weights,
    bootstrap_difference,
    bootstrap_ratios,
    sum_by_cluster,
)
from evaluator.stats.comparison.difference import influence_difference, ratio_influence


def ratios(n_clusters: int = 80, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    wrong = random.integers(0, 4, (2, n_clusters)).astype(float)
    return wrong, wrong + random.integers(0, 4, (2, n_clusters))


def test_the_weights_are_a_draw_with_replacement() -> None:
    weights = _multinomial_weights(np.random.default_rng(1), 4000, 6)
    assert (weights.sum(axis=1) == 6).all()
    assert weights.mean(axis=0) == pytest.approx(np.ones(6), abs=0.06)
    assert np.cov(weights.T)[0, 0] == pytest.approx(5 / 6, rel=0.1)
    assert np.cov(weights.T)[0, 1] == pytest.approx(-1 / 6, abs=0.05)


def test_it_agrees_with_scipy() -> None:
    numerators, denominators = ratios()

    def statistic(index: np.ndarray) -> float:
        sums = [part[:, index].sum(axis=1) for part in (numerators, denominators)]
        return float(sums[0][0] / sums[1][0] - sums[0][1] / sums[1][1])

    known = stats.bootstrap(
        (np.arange(80),),
        statistic,
        vectorized=False,
        method="percentile",
        n_resamples=4000,
        rng=np.random.default_rng(2),
    )
    found = bootstrap_difference(numerators, denominators, n_replicates=20_000)
    width = known.confidence_interval.high - known.confidence_interval.low
    assert found.low == pytest.approx(known.confidence_interval.low, abs=0.05 * width)
    assert found.high == pytest.approx(known.confidence_interval.high, abs=0.05 * width)


def test_it_agrees_with_the_linearised_difference() -> None:
    numerators, denominators = ratios(400)
    sides = [ratio_influence(numerators[i], denominators[i], np.arange(400)) for i in (0, 1)]
    linear, drawn = influence_difference(*sides), bootstrap_difference(numerators, denominators)
    assert drawn.value == pytest.approx(linear.value)
    assert drawn.high - drawn.low == pytest.approx(linear.high - linear.low, rel=0.05)  # type: ignore[operator]
    assert drawn.p_value == pytest.approx(linear.p_value, abs=0.03)


def test_all_models_share_the_draw() -> None:
    """The same model twice differs by nothing in any replicate."""
    numerators, denominators = ratios()
    drawn = bootstrap_ratios(numerators[[0, 1, 0]], denominators[[0, 1, 0]], n_replicates=500)
    assert (drawn[:, 0] == drawn[:, 2]).all()
    assert (drawn[:, 0] != drawn[:, 1]).any()


def test_equal_seeds_give_equal_draws() -> None:
    one = bootstrap_ratios(*ratios(), seed=7, n_replicates=300)
    assert (one == bootstrap_ratios(*ratios(), seed=7, n_replicates=300)).all()
    assert (one != bootstrap_ratios(*ratios(), seed=8, n_replicates=300)).any()


def test_rows_are_summed_per_cluster() -> None:
    random = np.random.default_rng(3)
    values, clusters = random.random((3, 50)), random.permutation(np.arange(50) % 7)
    slow = [[values[m][clusters == c].sum() for c in range(7)] for m in range(3)]
    assert np.allclose(sum_by_cluster(values, clusters), slow)


def test_a_draw_without_a_denominator_is_no_number() -> None:
    drawn = bootstrap_ratios(np.array([[1.0, 0, 0]]), np.array([[1.0, 0, 0]]), n_replicates=200)
    assert np.isnan(drawn).any()
    assert not np.isnan(drawn).all()


def test_a_plain_difference_has_a_small_p_value_and_none_is_zero() -> None:
    numerators = np.array([np.ones(30), np.zeros(30)])
    found = bootstrap_difference(numerators, np.ones((2, 30)), n_replicates=1000)
    assert found.p_value == 2 / 1001


@pytest.mark.parametrize(
    ("shape", "message"), [((2, 19), "need at least 20 clusters"), ((2, 1), "need at least 20 clusters")]
)
def test_few_clusters_are_refused(shape: tuple[int, int], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        bootstrap_difference(np.ones(shape), np.ones(shape))


def test_what_cannot_be_drawn_is_refused() -> None:
    with pytest.raises(ValueError, match="need two arrays"):
        bootstrap_ratios(np.ones((2, 3)), np.ones((2, 4)))
    with pytest.raises(ValueError, match="positive sum for every model"):
        bootstrap_ratios(np.ones((2, 3)), np.array([[1.0, 1, 1], [0, 0, 0]]))


def test_very_many_clusters_are_drawn_in_groups_with_the_same_spread() -> None:
    random = np.random.default_rng(4)
    n = MOST_CLUSTERS + 5_000
    wrong = (random.random((2, n)) < 0.3) * 1.0
    counts = np.maximum(wrong, random.random((2, n)) < 0.5)
    drawn = bootstrap_ratios(wrong, counts, n_replicates=1500)
    for side in (0, 1):
        error = ratio_standard_error(wrong[side], counts[side])
        assert drawn[:, side].std() == pytest.approx(error, rel=0.08)
        assert drawn[:, side].mean() == pytest.approx(wrong[side].sum() / counts[side].sum(), abs=5 * error / 38)
