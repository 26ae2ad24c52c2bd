from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from evaluator.stats.agreement_coefficients import gwet_ac1, gwet_ac1_influence, independent_error
from evaluator.stats.annotator_coefficients import (
    Coefficient,
    annotators_ac1,
    coefficient_error,
    krippendorff_alpha,
    pairwise_agreement,
)

Counts = npt.NDArray[np.float64]
Estimator = Callable[[Counts], Coefficient | None]
# cac.raw4raters of R irrCAC 1.0: 12 units, 4 raters, labels 1 to 5, with gaps; figures from its vignette.
RAW = [
    [1, 1, None, 1],
    [2, 2, 3, 2],
    [3, 3, 3, 3],
    [3, 3, 3, 3],
    [2, 2, 2, 2],
    [1, 2, 3, 4],
    [4, 4, 4, 4],
    [1, 1, 2, 1],
    [2, 2, 2, 2],
    [None, 5, 5, 5],
    [None, None, 1, 1],
    [None, None, 3, None],
]
ESTIMATORS: list[Estimator] = [pairwise_agreement, annotators_ac1, krippendorff_alpha]


def counted(ratings: list[list[int | None]], n_labels: int) -> Counts:
    return np.array([[row.count(k) for k in range(1, n_labels + 1)] for row in ratings], dtype=float)


def from_table(table: Counts) -> Counts:
    """The answers behind a table of two annotators."""
    rows = [np.eye(3)[i] + np.eye(3)[j] for i in range(3) for j in range(3) for _ in range(int(table[i, j]))]
    return np.array(rows).reshape(-1, 3)


some_counts = (
    st.lists(st.lists(st.integers(0, 3), min_size=3, max_size=3), min_size=2, max_size=8)
    .map(lambda rows: np.array(rows, dtype=float))
    .filter(lambda counts: bool((counts.sum(axis=1) >= 2).any()))
)


def test_the_published_values_are_reproduced() -> None:
    counts = counted(RAW, 5)
    alpha = krippendorff_alpha(counts)
    assert alpha is not None
    assert alpha.value == pytest.approx(0.74342, abs=1e-5)
    assert annotators_ac1(counts).value == pytest.approx(0.77544, abs=1e-5)


def test_the_oracles_are_reproduced(oracle: dict[str, Any]) -> None:
    case = oracle["irr_raw_missing"]
    counts = counted(case["inputs"]["ratings"], 5)
    alpha = krippendorff_alpha(counts)
    assert alpha is not None
    assert alpha.value == pytest.approx(case["expected"]["krippendorff"], abs=case["tolerance"])
    assert annotators_ac1(counts).value == pytest.approx(case["expected"]["ac1"], abs=case["tolerance"])
    case = oracle["irr_3x3"]
    counts = from_table(np.array(case["inputs"]["table"], dtype=float))
    alpha = krippendorff_alpha(counts)
    assert alpha is not None
    assert alpha.value == pytest.approx(case["expected"]["krippendorff"], abs=case["tolerance"])
    assert annotators_ac1(counts).value == pytest.approx(case["expected"]["ac1"], abs=case["tolerance"])
    assert pairwise_agreement(counts).value == pytest.approx(case["expected"]["percent"])
    error = math.sqrt(float((annotators_ac1(counts).influence ** 2).sum()))
    assert error == pytest.approx(case["expected"]["se_ac1"], abs=1e-6)


def textbook_alpha(counts: Counts) -> float | None:
    """By pairs: observed within answers, expected among all labels that have a partner."""
    answers = [[k for k, n in enumerate(row) for _ in range(int(n))] for row in counts]
    answers = [answer for answer in answers if len(answer) > 1]
    everything = [label for answer in answers for label in answer]
    n = len(everything)
    observed = sum(
        sum(a != b for i, a in enumerate(answer) for j, b in enumerate(answer) if i != j) / (len(answer) - 1)
        for answer in answers
    )
    expected = sum(a != b for i, a in enumerate(everything) for j, b in enumerate(everything) if i != j)
    return None if expected == 0 else 1 - (observed / n) / (expected / (n * (n - 1)))


@given(some_counts)
def test_alpha_is_the_textbooks(counts: Counts) -> None:
    found, expected = krippendorff_alpha(counts), textbook_alpha(counts)
    assert (found is None) == (expected is None)
    if found is not None:
        assert found.value == pytest.approx(expected, abs=1e-9)


@given(st.lists(st.integers(0, 9), min_size=9, max_size=9).map(lambda c: np.array(c, dtype=float).reshape(3, 3)))
def test_two_annotators_give_the_ac1_of_their_table(table: Counts) -> None:
    assume(table.any())
    found = annotators_ac1(from_table(table))
    assert found.value == pytest.approx(gwet_ac1(table), abs=1e-9)
    error = math.sqrt(float((found.influence**2).sum()))
    # What one answer moves depends on its two labels only through their sum: the same to both annotators.
    symmetric = gwet_ac1_influence(table)
    assert error == pytest.approx(independent_error(table, symmetric), abs=1e-9)


def weighted_alpha(counts: Counts, weights: Counts) -> float:
    sizes = counts.sum(axis=1)
    used = sizes > 1
    n = float((weights * sizes)[used].sum())
    differing = ((sizes**2 - (counts**2).sum(axis=1)) / np.maximum(sizes - 1, 1))[used]
    shares = (weights[:, None] * counts)[used].sum(axis=0) / n
    n_labels = float(sizes[used].sum())
    expected = (1 - float((shares**2).sum())) * n_labels / (n_labels - 1)
    return 1 - float((weights[used] * differing).sum()) / n / expected


def weighted_ac1(counts: Counts, weights: Counts) -> float:
    sizes = counts.sum(axis=1)
    used, pairs = sizes > 0, sizes > 1
    same = (counts * (counts - 1)).sum(axis=1)[pairs] / (sizes * (sizes - 1))[pairs]
    observed = np.average(same, weights=weights[pairs])
    mean = np.average(counts[used] / sizes[used, None], axis=0, weights=weights[used])
    chance = (mean * (1 - mean)).sum() / (counts.shape[1] - 1)
    return float((observed - chance) / (1 - chance))


@pytest.mark.parametrize(
    ("estimator", "weighted"), [(krippendorff_alpha, weighted_alpha), (annotators_ac1, weighted_ac1)]
)
@given(counts=some_counts)
def test_the_influence_is_the_derivative_by_the_weight_of_an_answer(
    estimator: Estimator, weighted: Callable[[Counts, Counts], float], counts: Counts
) -> None:
    found = estimator(counts)
    assume(found is not None)
    assert found is not None
    step = 1e-6
    for n in range(len(counts)):
        up, down = np.ones(len(counts)), np.ones(len(counts))
        up[n] += step
        down[n] -= step
        slope = (weighted(counts, up) - weighted(counts, down)) / (2 * step)
        assert found.influence[n] == pytest.approx(slope, abs=1e-5)


@pytest.mark.parametrize("estimator", ESTIMATORS)
@given(counts=some_counts, chance=st.randoms())
def test_order_of_answers_names_of_labels_and_single_labels(estimator: Estimator, counts: Counts, chance: Any) -> None:
    found = estimator(counts)
    rows, columns = list(range(len(counts))), [0, 1, 2]
    chance.shuffle(rows)
    chance.shuffle(columns)
    other = estimator(counts[rows][:, columns])
    assert (found is None) == (other is None)
    if found is None or other is None:
        return
    assert other.value == pytest.approx(found.value)
    assert found.value <= 1
    assert found.influence.sum() == pytest.approx(0, abs=1e-9)
    if estimator is not annotators_ac1:
        single = estimator(np.vstack([counts, [0, 0, 1]]))
        assert single is not None
        assert single.value == pytest.approx(found.value)


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_without_two_labels_on_one_answer_there_is_no_agreement(estimator: Estimator) -> None:
    with pytest.raises(ValueError, match="at least one answer with two labels"):
        estimator(np.eye(3))


def test_alpha_is_undefined_when_all_say_the_same() -> None:
    assert krippendorff_alpha(np.array([[2.0, 0, 0], [3, 0, 0]])) is None


def test_clusters_that_hang_together_widen_the_error() -> None:
    influence = np.array([0.1, 0.1, -0.1, -0.1])
    apart = coefficient_error(influence, np.arange(4))
    together = coefficient_error(influence, np.array([0, 0, 1, 1]))
    assert apart == pytest.approx(math.sqrt(4 / 3 * 0.04))
    assert together == pytest.approx(math.sqrt(2 * 0.08))
    # Clusters that cancel out are not believed.
    assert coefficient_error(influence, np.array([0, 1, 0, 1])) == pytest.approx(0.2)
