from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from evaluator.stats.confidence.calibration_error import (
    binned_ece,
    chance_smooth_ece,
    equal_mass_bins,
    smooth_ece,
    smooth_ece_at,
    spiegelhalter_z,
)

Floats = npt.NDArray[np.float64]
PAIRS = st.lists(
    st.tuples(st.floats(0, 1) | st.sampled_from([0.0, 0.5, 0.9, 0.95, 1.0]), st.integers(0, 1)),
    min_size=1,
    max_size=60,
)


def overconfident(n: int = 200) -> tuple[Floats, Floats]:
    random = np.random.default_rng(20261123)
    confidence = random.beta(2, 1, n)
    return confidence, (random.random(n) < confidence**1.5).astype(np.float64)


def arrays(pairs: list[tuple[float, int]]) -> tuple[Floats, Floats]:
    confidence, correct = zip(*pairs, strict=True)
    return np.array(confidence), np.array(correct, dtype=np.float64)


def textbook_smooth_error(confidence: Floats, correct: Floats, width: float) -> float:
    """The integral over a fine grid, the Gaussian reflected at 0 and 1 by adding its mirror images."""
    t = (np.arange(4000) + 0.5) / 4000
    images = [2 * k + sign * confidence for k in range(-3, 4) for sign in (1, -1)]
    kernel = sum(stats.norm.pdf(t[:, None], image[None, :], width) for image in images)
    return float(np.abs((kernel * (correct - confidence)).mean(axis=1)).mean())


@pytest.mark.parametrize("width", [0.02, 0.05, 0.3])
@pytest.mark.parametrize("digits", [1, 15])
def test_the_smooth_error_is_the_integral_it_is_defined_as(width: float, digits: int) -> None:
    confidence, correct = overconfident()
    confidence = np.round(confidence, digits)
    slow = textbook_smooth_error(confidence, correct, width)
    assert smooth_ece_at(confidence, correct, width) == pytest.approx(slow, abs=1e-5)


def test_the_smooth_error_is_the_one_of_its_authors() -> None:
    """relplot 1.0.3, which evaluates on a coarse grid: smECE(f, y) and smECE_sigma(f, y, 0.05)."""
    confidence, correct = overconfident()
    assert smooth_ece(confidence, correct) == pytest.approx(0.1127479924, abs=1e-3)
    assert smooth_ece_at(confidence, correct, 0.05) == pytest.approx(0.1139156380, abs=1e-3)


@given(PAIRS)
def test_the_width_is_the_error(pairs: list[tuple[float, int]]) -> None:
    confidence, correct = arrays(pairs)
    error = smooth_ece(confidence, correct)
    assert 0 <= error <= 1
    if error > 0.002:
        assert smooth_ece_at(confidence, correct, error) == pytest.approx(error, abs=1e-4)


def test_certain_and_always_wrong_is_the_worst_there_is() -> None:
    assert smooth_ece(np.ones(50), np.zeros(50)) == pytest.approx(1, abs=1e-6)
    assert smooth_ece(np.ones(50), np.ones(50)) == 0


def test_the_smooth_error_moves_little_when_the_confidence_does() -> None:
    confidence, correct = overconfident()
    moved = np.clip(confidence + 0.004, 0, 1)
    assert abs(smooth_ece(moved, correct) - smooth_ece(confidence, correct)) < 0.006


def test_chance_explains_calibrated_answers_and_not_overconfident_ones() -> None:
    confidence, correct = overconfident()
    mean, limit = chance_smooth_ece(confidence, n_replicates=300)
    assert 0 < mean < limit < smooth_ece(confidence, correct)
    random = np.random.default_rng(5)
    calm = [smooth_ece(confidence, (random.random(200) < confidence).astype(np.float64)) <= limit for _ in range(200)]
    assert np.mean(calm) == pytest.approx(0.95, abs=0.05)


def test_the_binned_error_is_the_one_of_the_authors_library() -> None:
    """uncertainty-calibration 0.1.4 with 14 equal-mass bins: unbiased_l2_ce and plugin_ce."""
    debiased, plugin = binned_ece(*overconfident())
    assert debiased == pytest.approx(0.1125220674, abs=1e-9)
    assert plugin == pytest.approx(0.1592911481, abs=1e-9)


def test_the_plug_in_finds_errors_where_there_are_none() -> None:
    random = np.random.default_rng(1)
    both = []
    for _ in range(200):
        confidence = random.random(200)
        both.append(binned_ece(confidence, (random.random(200) < confidence).astype(np.float64)))
    debiased, plugin = np.mean(both, axis=0)
    assert plugin > 0.1
    assert debiased < 0.6 * plugin
    assert np.median(both, axis=0)[0] < 0.05


@given(PAIRS, st.integers(1, 10))
def test_bins_ascend_and_never_part_equal_confidences(pairs: list[tuple[float, int]], n_bins: int) -> None:
    confidence, _ = arrays(pairs)
    bins = equal_mass_bins(confidence, n_bins)
    assert set(bins.tolist()) <= set(range(n_bins))
    order = np.argsort(confidence, kind="stable")
    assert (np.diff(bins[order]) >= 0).all()
    for value in np.unique(confidence):
        assert len(set(bins[confidence == value].tolist())) == 1


def test_bins_of_different_confidences_are_of_nearly_equal_size() -> None:
    sizes = np.bincount(equal_mass_bins(np.random.default_rng(1).random(103), 10))
    assert sizes.tolist() == [11, 11, 11, 10, 10, 10, 10, 10, 10, 10]


def test_the_order_of_the_answers_does_not_matter() -> None:
    confidence, correct = overconfident()
    order = np.random.default_rng(2).permutation(200)
    assert smooth_ece(confidence[order], correct[order]) == pytest.approx(smooth_ece(confidence, correct), abs=1e-12)
    assert binned_ece(confidence[order], correct[order]) == pytest.approx(binned_ece(confidence, correct), abs=1e-12)


def test_spiegelhalters_z_is_standard_normal_when_calibrated() -> None:
    random = np.random.default_rng(3)
    confidence = random.beta(2, 1, 300)
    found = [spiegelhalter_z(confidence, (random.random(300) < confidence) * 1.0) for _ in range(1000)]
    assert np.mean(found) == pytest.approx(0, abs=0.1)
    assert np.std(found) == pytest.approx(1, abs=0.1)
    loud = spiegelhalter_z(*overconfident())
    assert loud is not None
    assert abs(loud) > 2
    assert spiegelhalter_z(np.array([0.0, 0.5, 1.0]), np.ones(3)) is None


@pytest.mark.parametrize(
    ("confidence", "correct"),
    [([], []), ([0.5], [0.5]), ([1.5], [1.0]), ([math.nan], [1.0]), ([0.5, 0.5], [1.0])],
)
def test_what_are_no_pairs_is_refused(confidence: list[float], correct: list[float]) -> None:
    for measure in (smooth_ece, binned_ece, spiegelhalter_z):
        with pytest.raises(ValueError, match="need"):
            measure(np.array(confidence), np.array(correct))
