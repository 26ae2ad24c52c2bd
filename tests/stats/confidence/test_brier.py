from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import brier_score_loss

from evaluator.stats.confidence.brier import brier_interval, brier_parts

VERBAL = st.lists(st.tuples(st.sampled_from([0.0, 0.3, 0.5, 0.9, 0.95, 1.0]), st.integers(0, 1)), min_size=1)


def test_the_score_of_the_documentation(oracle: dict[str, Any]) -> None:
    case = oracle["brier_sklearn"]
    found = brier_parts(np.array(case["inputs"]["p"]), np.array(case["inputs"]["y"], dtype=float))
    assert found.score == pytest.approx(case["expected"], abs=case["tolerance"])


@given(VERBAL)
def test_the_parts_add_up_and_the_score_is_the_one_of_scikit_learn(pairs: list[tuple[float, int]]) -> None:
    confidence, correct = (np.array(side, dtype=float) for side in zip(*pairs, strict=True))
    found = brier_parts(confidence, correct)
    assert found.score == pytest.approx(found.reliability - found.resolution + found.uncertainty, abs=1e-12)
    assert found.score == pytest.approx(brier_score_loss(correct, confidence, pos_label=1), abs=1e-12)
    assert min(found.reliability, found.resolution, found.uncertainty) >= 0


def test_calibrated_levels_have_no_reliability_term_and_one_level_no_resolution() -> None:
    calibrated = brier_parts(np.array([0.5, 0.5, 1.0, 1.0]), np.array([1.0, 0, 1, 1]))
    assert calibrated.reliability == 0
    assert calibrated.resolution == pytest.approx(0.0625)
    assert brier_parts(np.full(4, 0.7), np.array([1.0, 0, 1, 1])).resolution == 0


def test_the_interval_covers_a_clustered_score() -> None:
    random, held = np.random.default_rng(1), 0
    clusters = np.repeat(np.arange(40), 5)
    truth = 0.7 * 0.01 + 0.3 * 0.81
    for _ in range(600):
        rates = np.repeat(np.where(random.random(40) < 0.5, 0.5, 0.9), 5)
        low, high = brier_interval(np.full(200, 0.9), (random.random(200) < rates) * 1.0, clusters)  # type: ignore[misc]
        held += low <= truth <= high
    assert held / 600 == pytest.approx(0.95, abs=0.03)


def test_one_cluster_has_no_interval() -> None:
    assert brier_interval(np.array([0.5, 0.6]), np.array([1.0, 0]), np.array([3, 3])) is None
