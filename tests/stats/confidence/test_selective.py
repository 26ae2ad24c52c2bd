from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluator.stats.confidence.discrimination import auroc
from evaluator.stats.confidence.selective import augrc, aurc, excess_aurc, risk_coverage

PAIRS = st.lists(st.tuples(st.sampled_from([0.1, 0.5, 0.9, 0.95]), st.integers(0, 1)), min_size=1, max_size=40)
FD_SHIFTS = {
    "fd_all_equal": (np.ones(100), 1 - np.arange(100) % 2),
    "fd_perfect_binary": (np.arange(100) % 2, 1 - np.arange(100) % 2),
    "fd_plateaus": (np.arange(100) % 2, 1 - np.repeat([0.2, 0.4, 0.6, 0.8], 25)),
}


@pytest.mark.parametrize("name", FD_SHIFTS)
def test_the_areas_are_those_of_fd_shifts(oracle: dict[str, Any], name: str) -> None:
    expected = oracle[name]["expected"]
    confidence, residuals = (part.astype(float) for part in FD_SHIFTS[name])
    found = {"aurc": aurc, "augrc": augrc, "eaurc": excess_aurc}
    for area, value in expected.items():
        assert found[area](confidence, residuals) == pytest.approx(value, abs=1e-9), area


def test_the_areas_with_one_tie(oracle: dict[str, Any]) -> None:
    case = oracle["aurc_small_ties"]
    pair = np.array(case["inputs"]["confidence"]), np.array(case["inputs"]["residual"])
    assert aurc(*pair) == pytest.approx(case["expected"]["aurc"], abs=1e-9)
    assert augrc(*pair) == pytest.approx(case["expected"]["augrc"], abs=1e-9)


@given(PAIRS)
def test_every_point_is_what_a_threshold_accepts(pairs: list[tuple[float, int]]) -> None:
    confidence, wrong = (np.array(side, dtype=float) for side in zip(*pairs, strict=True))
    curve = risk_coverage(confidence, wrong)
    assert curve.coverage[-1] == 1
    assert (np.diff(curve.threshold) < 0).all()
    for i, threshold in enumerate(curve.threshold):
        accepted = confidence >= threshold
        assert curve.coverage[i] == pytest.approx(accepted.mean())
        assert curve.risk[i] == pytest.approx(wrong[accepted].mean())
        assert curve.generalised_risk[i] == pytest.approx((wrong * accepted).mean())


@given(PAIRS)
def test_augrc_follows_from_auroc_and_accuracy(pairs: list[tuple[float, int]]) -> None:
    confidence, wrong = (np.array(side, dtype=float) for side in zip(*pairs, strict=True))
    area = auroc(confidence, 1 - wrong)
    if area is None:
        return
    accuracy = 1 - wrong.mean()
    closed = (1 - area) * accuracy * (1 - accuracy) + (1 - accuracy) ** 2 / 2
    assert augrc(confidence, wrong) == pytest.approx(closed, abs=1e-9)


@given(PAIRS, st.randoms())
def test_the_order_of_ties_does_not_matter(pairs: list[tuple[float, int]], random: Any) -> None:
    shuffled = list(pairs)
    random.shuffle(shuffled)
    one, other = ([np.array(side, dtype=float) for side in zip(*p, strict=True)] for p in (pairs, shuffled))
    assert aurc(*one) == pytest.approx(aurc(*other), abs=1e-12)
    assert augrc(*one) == pytest.approx(augrc(*other), abs=1e-12)


def test_all_wrong_and_all_right_are_defined() -> None:
    confidence = np.array([0.2, 0.4, 0.9])
    assert (aurc(confidence, np.ones(3)), augrc(confidence, np.ones(3))) == (1, 0.5)
    assert (aurc(confidence, np.zeros(3)), augrc(confidence, np.zeros(3))) == (0, 0)
    assert excess_aurc(confidence, np.ones(3)) == 0


@pytest.mark.parametrize(
    ("confidence", "residuals"), [([], []), ([0.5], [1.5]), ([0.5], [0.0, 1.0]), ([float("nan")], [0.0])]
)
def test_what_has_no_curve_is_refused(confidence: list[float], residuals: list[float]) -> None:
    with pytest.raises(ValueError, match="need"):
        risk_coverage(np.array(confidence), np.array(residuals))
