from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluator.stats.calibration.planning import (
    labels_for_half_width,
    neyman_allocation,
    rogan_gladen_allocation,
)

cells = st.lists(st.tuples(st.integers(1, 500), st.just(0.0) | st.floats(1e-6, 2)), min_size=1, max_size=6)


def test_labels_give_the_half_width_they_were_asked_for() -> None:
    weights, deviations = np.array([0.5, 0.3, 0.2]), np.array([0.2, 0.6, 0.4])
    n = labels_for_half_width(0.04, weights, deviations)
    share = weights * deviations / (weights * deviations).sum()
    half = 1.959964 * np.sqrt((weights**2 * deviations**2 / (n * share)).sum())
    assert 0.0399 < half <= 0.04


def test_half_the_width_needs_four_times_the_labels() -> None:
    weights, deviations = np.array([0.4, 0.6]), np.array([0.5, 0.5])
    assert labels_for_half_width(0.05, weights, deviations) * 4 == pytest.approx(
        labels_for_half_width(0.025, weights, deviations), abs=4
    )
    assert labels_for_half_width(0.05, weights, np.zeros(2)) == 0
    with pytest.raises(ValueError, match="need half_width > 0, got 0"):
        labels_for_half_width(0, weights, deviations)


@given(cells, st.integers(0, 2000))
def test_allocations_fill_cells_and_add_up(drawn: list[tuple[int, float]], n_labels: int) -> None:
    sizes, deviations = (np.array(column, dtype=float) for column in zip(*drawn, strict=True))
    found = neyman_allocation(n_labels, sizes, deviations)
    room = sizes[deviations > 0].sum()
    assert (found >= 0).all()
    assert (found <= sizes + 1e-9).all()
    assert found.sum() == pytest.approx(min(n_labels, room), abs=1e-6)


def test_no_other_allocation_has_a_smaller_variance() -> None:
    sizes, deviations = np.array([500.0, 300.0, 200.0]), np.array([0.1, 0.5, 0.3])
    best = neyman_allocation(90, sizes, deviations)
    spread = (sizes * deviations) ** 2
    rng = np.random.default_rng(5)
    for _ in range(200):
        other = rng.dirichlet(np.ones(3)) * 90
        assert (spread / best).sum() <= (spread / other).sum() + 1e-9


def test_the_adaptive_allocation_is_the_published_one(oracle: dict[str, Any]) -> None:
    case = oracle["lee2025_allocation"]
    inputs = case["inputs"]
    found = rogan_gladen_allocation(
        inputs["m"],
        inputs["p"],
        specificity=inputs["q0_pilot"],
        sensitivity=inputs["q1_pilot"],
        n_pilot=inputs["m_pilot"],
    )
    assert found == (case["expected"]["m0"], case["expected"]["m1"])


@pytest.mark.parametrize("apparent", [0, 1, 1.5])
def test_a_judge_with_one_verdict_cannot_be_planned_for(apparent: float) -> None:
    with pytest.raises(ValueError, match="need a share of positive verdicts in"):
        rogan_gladen_allocation(10, apparent, specificity=0.9, sensitivity=0.9, n_pilot=5)
