from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from evaluator.stats.comparison.difference import Influence, influence_difference
from evaluator.stats.confidence.discrimination import auroc, auroc_influence, delong_interval

Floats = npt.NDArray[np.float64]
PAIRS = st.lists(st.tuples(st.sampled_from([0.0, 0.3, 0.5, 0.9, 1.0]), st.integers(0, 1)), min_size=1, max_size=40)


def arrays(pairs: list[tuple[float, int]]) -> tuple[Floats, Floats]:
    confidence, correct = zip(*pairs, strict=True)
    return np.array(confidence), np.array(correct, dtype=np.float64)


def textbook_delong(confidence: Floats, correct: Floats) -> tuple[float, float]:
    """Area and variance from the matrix of all pairs of a correct and a wrong answer."""
    hits, misses = confidence[correct == 1], confidence[correct == 0]
    psi = (hits[:, None] > misses[None, :]) + 0.5 * (hits[:, None] == misses[None, :])
    variance = psi.mean(axis=1).var(ddof=1) / len(hits) + psi.mean(axis=0).var(ddof=1) / len(misses)
    return float(psi.mean()), float(variance)


def test_the_area_of_the_documentation(oracle: dict[str, Any]) -> None:
    case = oracle["auroc_ap_sklearn"]
    found = auroc(np.array(case["inputs"]["s"]), np.array(case["inputs"]["y"], dtype=float))
    assert found == pytest.approx(case["expected"]["auroc"], abs=case["tolerance"])


@given(PAIRS)
def test_area_and_interval_are_those_of_the_textbook(pairs: list[tuple[float, int]]) -> None:
    confidence, correct = arrays(pairs)
    n_hits = int(correct.sum())
    if n_hits in {0, len(correct)}:
        assert auroc(confidence, correct) is None
        return
    assert auroc(confidence, correct) == pytest.approx(roc_auc_score(correct, confidence), abs=1e-12)
    interval = delong_interval(confidence, correct)
    if min(n_hits, len(correct) - n_hits) < 2:
        assert interval is None
        return
    area, variance = textbook_delong(confidence, correct)
    if interval is None:
        assert variance == pytest.approx(0, abs=1e-12)
        return
    half = 1.959964 * np.sqrt(variance)
    assert interval == pytest.approx((max(0, area - half), min(1, area + half)), abs=1e-6)


def test_perfect_separation_has_no_width_and_so_no_interval() -> None:
    assert delong_interval(np.array([0.1, 0.2, 0.8, 0.9]), np.array([0.0, 0, 1, 1])) is None


def test_the_influence_values_give_delongs_error_where_all_are_independent() -> None:
    random = np.random.default_rng(1)
    correct = (random.random(400) < 0.6) * 1.0
    confidence = np.round(np.clip(0.5 + 0.2 * correct + random.normal(0, 0.2, 400), 0, 1), 2)
    area, variance = textbook_delong(confidence, correct)
    constant = Influence(value=0.5, phi=np.zeros(400), clusters=np.arange(400))
    found = influence_difference(auroc_influence(confidence, correct, np.arange(400)), constant)
    assert found.value + 0.5 == pytest.approx(area)
    assert found.standard_error == pytest.approx(np.sqrt(variance), rel=0.01)
    twice = influence_difference(
        auroc_influence(np.repeat(confidence, 2), np.repeat(correct, 2), np.repeat(np.arange(400), 2)), constant
    )
    assert twice.standard_error == pytest.approx(np.sqrt(variance), rel=0.01), "a copy of each answer adds nothing"


def test_the_interval_covers() -> None:
    random, held = np.random.default_rng(2), 0
    for _ in range(800):
        correct = (random.random(150) < 0.6) * 1.0
        confidence = random.random(150) ** np.where(correct == 1, 0.5, 1)
        # P(U^(1/2) > V) = 2/3
        low, high = delong_interval(confidence, correct)  # type: ignore[misc]
        held += low <= 2 / 3 <= high
    assert held / 800 == pytest.approx(0.95, abs=0.025)


def test_one_kind_of_answer_is_refused() -> None:
    with pytest.raises(ValueError, match="one kind only"):
        auroc_influence(np.array([0.5, 0.6]), np.ones(2), np.arange(2))
