from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluator.stats.agreement_coefficients import (
    clustered_error,
    cohen_kappa,
    cohen_kappa_influence,
    gwet_ac1,
    gwet_ac1_influence,
    independent_error,
    observed_agreement,
)

# cont3x3abstractors of R irrCAC 1.0 (vignette "overview"), with the figures printed there.
PUBLISHED = np.array([[13, 0, 0], [0, 20, 7], [0, 4, 56]], dtype=float)
Table = npt.NDArray[np.float64]
COEFFICIENTS = [(cohen_kappa, cohen_kappa_influence), (gwet_ac1, gwet_ac1_influence)]
tables = st.lists(st.integers(0, 9), min_size=9, max_size=9).map(lambda c: np.array(c, dtype=float).reshape(3, 3))
full_tables = tables.map(lambda table: table + np.eye(3))


def one_cluster_each(table: Table) -> Table:
    """One table per answer."""
    cells = np.eye(table.size).reshape(-1, *table.shape)
    repeated: Table = np.repeat(cells, table.astype(int).ravel(), axis=0)
    return repeated


def test_the_published_example_is_reproduced() -> None:
    assert observed_agreement(PUBLISHED) == 0.89
    assert cohen_kappa(PUBLISHED) == pytest.approx(0.7964094, abs=1e-7)
    assert gwet_ac1(PUBLISHED) == pytest.approx(0.8493305, abs=1e-7)


@pytest.mark.parametrize(
    ("influence", "published"), [(cohen_kappa_influence, 0.05891072), (gwet_ac1_influence, 0.04321747)]
)
def test_the_published_standard_errors_are_reproduced_and_are_nearly_those_of_clusters_of_one(
    influence: Callable[[Table], Table], published: float
) -> None:
    error = independent_error(PUBLISHED, influence(PUBLISHED))
    assert error == pytest.approx(published, abs=1e-8)
    clustered = clustered_error(one_cluster_each(PUBLISHED), influence(PUBLISHED))
    assert clustered == pytest.approx(error * math.sqrt(100 / 99))


def test_the_oracle_is_reproduced(oracle: dict[str, Any]) -> None:
    case = oracle["irr_3x3"]
    table = np.array(case["inputs"]["table"], dtype=float)
    expected = case["expected"]
    found = {
        "percent": observed_agreement(table),
        "cohen": cohen_kappa(table),
        "ac1": gwet_ac1(table),
        "se_cohen": independent_error(table, cohen_kappa_influence(table)),
        "se_ac1": independent_error(table, gwet_ac1_influence(table)),
    }
    assert found == pytest.approx({name: expected[name] for name in found}, abs=case["tolerance"])


@given(full_tables)
def test_kappa_is_that_of_scikit_learn(table: Table) -> None:
    from sklearn.metrics import cohen_kappa_score

    rows, columns = (np.repeat(np.arange(9), table.astype(int).ravel()) // 3**e % 3 for e in (1, 0))
    assert cohen_kappa(table) == pytest.approx(cohen_kappa_score(rows, columns), abs=1e-12)


@pytest.mark.parametrize(("coefficient", "influence"), COEFFICIENTS)
@given(table=full_tables, cell=st.integers(0, 8))
def test_the_influence_is_the_derivative(
    coefficient: Callable[[Table], float], influence: Callable[[Table], Table], table: Table, cell: int
) -> None:
    step = 1e-6 * table.sum()
    more = table.copy()
    more.flat[cell] += step
    slope = (coefficient(more) - coefficient(table)) / step * table.sum()
    assert influence(table).flat[cell] == pytest.approx(slope, abs=1e-3)
    assert float((influence(table) * table).sum()) == pytest.approx(0, abs=1e-9 * table.sum())


@pytest.mark.parametrize(("coefficient", "influence"), COEFFICIENTS)
def test_the_clustered_error_is_near_the_jackknife_over_clusters(
    coefficient: Callable[[Table], float], influence: Callable[[Table], Table]
) -> None:
    random = np.random.default_rng(7)
    probabilities = random.dirichlet([6, 1, 1, 1, 6, 1, 1, 1, 6], size=60)
    cells = np.array([random.multinomial(4, p) for p in probabilities], dtype=float).reshape(-1, 3, 3)
    table = cells.sum(axis=0)
    left_out = np.array([coefficient(table - own) for own in cells])
    jackknife = math.sqrt(59 / 60 * float(((left_out - left_out.mean()) ** 2).sum()))
    assert clustered_error(cells, influence(table)) == pytest.approx(jackknife, rel=0.03)


@pytest.mark.parametrize(("coefficient", "influence"), COEFFICIENTS)
def test_identical_answers_to_one_probe_do_not_count_as_independent(
    coefficient: Callable[[Table], float], influence: Callable[[Table], Table]
) -> None:
    cells = one_cluster_each(PUBLISHED)
    assert coefficient(7 * PUBLISHED) == pytest.approx(coefficient(PUBLISHED))
    error = clustered_error(cells, influence(PUBLISHED))
    assert clustered_error(7 * cells, influence(7 * PUBLISHED)) == pytest.approx(error)
    seven_clusters_each = clustered_error(np.repeat(cells, 7, axis=0), influence(7 * PUBLISHED))
    assert seven_clusters_each == pytest.approx(error / math.sqrt(7), rel=0.01)


@pytest.mark.parametrize(("coefficient", "influence"), COEFFICIENTS)
@given(table=full_tables, order=st.permutations(range(3)))
def test_permuting_classes_permutes_everything(
    coefficient: Callable[[Table], float], influence: Callable[[Table], Table], table: Table, order: list[int]
) -> None:
    permuted = table[np.ix_(order, order)]
    assert coefficient(permuted) == pytest.approx(coefficient(table))
    assert influence(permuted) == pytest.approx(influence(table)[np.ix_(order, order)])


@pytest.mark.parametrize("coefficient", [cohen_kappa, gwet_ac1])
@given(table=full_tables)
def test_a_coefficient_is_1_only_when_all_agree(coefficient: Callable[[Table], float], table: Table) -> None:
    value = coefficient(table)
    assert -1 <= value <= 1
    assert (value == 1) == (float(np.trace(table)) == float(table.sum()))


def test_swapping_the_raters_changes_nothing() -> None:
    table = np.array([[5, 3, 0], [1, 9, 2], [4, 0, 6]], dtype=float)
    assert cohen_kappa(table.T) == pytest.approx(cohen_kappa(table))
    assert gwet_ac1(table.T) == pytest.approx(gwet_ac1(table))


def test_kappa_is_undefined_when_both_use_one_class_and_ac1_is_not() -> None:
    table = np.diag([0.0, 12.0, 0.0])
    assert cohen_kappa(table) is None
    assert gwet_ac1(table) == 1


def test_a_class_nobody_uses_changes_ac1_but_not_kappa() -> None:
    two = np.array([[13.0, 2], [5, 20]])
    three = np.pad(two, ((0, 1), (0, 1)))
    assert cohen_kappa(three) == pytest.approx(cohen_kappa(two))
    mean = np.array([(15 + 18) / 80, (25 + 22) / 80])
    chance = float((mean * (1 - mean)).sum())
    assert gwet_ac1(two) == pytest.approx((33 / 40 - chance) / (1 - chance))
    assert gwet_ac1(three) == pytest.approx((33 / 40 - chance / 2) / (1 - chance / 2))


@pytest.mark.parametrize("table", [np.zeros((3, 3)), np.ones((2, 3)), np.ones((1, 1)), -np.eye(3), np.ones(9)])
@pytest.mark.parametrize("coefficient", [observed_agreement, cohen_kappa, gwet_ac1])
def test_what_is_no_table_of_counts_is_refused(coefficient: Callable[[Table], float], table: Table) -> None:
    with pytest.raises(ValueError, match="need a square table of counts with a positive sum"):
        coefficient(table)


def test_one_cluster_has_no_error() -> None:
    with pytest.raises(ValueError, match="at least two clusters, got 1"):
        clustered_error(PUBLISHED[None], cohen_kappa_influence(PUBLISHED))
