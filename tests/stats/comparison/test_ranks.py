from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluator.stats.comparison.ranks import rank_sets, tie_groups


@st.composite
def orders(draw: st.DrawFn) -> tuple[list[float], npt.NDArray[np.bool_]]:
    """Values, and significance between some models of different value."""
    values = draw(st.lists(st.integers(0, 5).map(float), min_size=1, max_size=8))
    better = np.zeros((len(values), len(values)), dtype=bool)
    for i, one in enumerate(values):
        for j, other in enumerate(values):
            better[i, j] = one < other and draw(st.booleans())
    return values, better


@given(orders())
def test_rank_sets_count_who_is_better_and_who_is_worse(case: tuple[list[float], npt.NDArray[np.bool_]]) -> None:
    _, better = case
    n = len(better)
    for model, (best, worst) in enumerate(rank_sets(better)):
        assert best == 1 + sum(better[other][model] for other in range(n))
        assert worst == n - sum(better[model][other] for other in range(n))
        assert 1 <= best <= worst <= n


@given(orders())
def test_tie_groups_hold_every_model_and_no_significant_pair(
    case: tuple[list[float], npt.NDArray[np.bool_]],
) -> None:
    values, better = case
    groups = tie_groups(values, better, lowest_first=True)
    assert {model for group in groups for model in group} == set(range(len(values)))
    for group in groups:
        assert not any(better[i][j] for i in group for j in group)
        assert [values[i] for i in group] == sorted(values[i] for i in group)
    assert not any(set(one) < set(other) for one in groups for other in groups)


def test_all_alike_are_one_group_and_all_different_are_alone() -> None:
    nothing = np.zeros((3, 3), dtype=bool)
    assert tie_groups([0.1, 0.2, 0.3], nothing, lowest_first=False) == [(2, 1, 0)]
    assert rank_sets(nothing) == [(1, 3)] * 3
    everything = np.triu(np.ones((3, 3), dtype=bool), 1)
    assert tie_groups([0.1, 0.2, 0.3], everything, lowest_first=True) == [(0,), (1,), (2,)]
    assert rank_sets(everything) == [(1, 1), (2, 2), (3, 3)]


def test_contradictions_are_refused() -> None:
    with pytest.raises(ValueError, match="need a square array"):
        rank_sets(np.ones((2, 2), dtype=bool))
    with pytest.raises(ValueError, match="need a square array"):
        rank_sets(np.zeros((2, 3), dtype=bool))
