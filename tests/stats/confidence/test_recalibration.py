from __future__ import annotations

import numpy as np
import pytest

from evaluator.stats.confidence.calibration_error import smooth_ece
from evaluator.stats.confidence.recalibration import cross_fitted, isotonic_fit, temperature_fit


def overconfident(n: int, temperature: float, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    logits = random.normal(0, 1.2, n)
    correct = (random.random(n) < 1 / (1 + np.exp(-logits))) * 1.0
    return 1 / (1 + np.exp(-temperature * logits)), correct


@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
def test_the_temperature_that_was_applied_is_found(temperature: float) -> None:
    assert temperature_fit(*overconfident(20_000, temperature)) == pytest.approx(temperature, rel=0.06)


def test_rescaling_by_other_clusters_removes_overconfidence() -> None:
    confidence, correct = overconfident(3000, 3.0)
    rescaled = cross_fitted(confidence, correct, np.arange(3000) // 3)
    assert smooth_ece(confidence, correct) > 0.1
    assert smooth_ece(rescaled, correct) < 0.04


def test_no_answer_has_a_say_in_its_own_rescaling() -> None:
    confidence, correct = overconfident(200, 2.0)
    clusters = np.arange(200) // 4
    before = cross_fitted(confidence, correct, clusters)
    correct[:4] = 1 - correct[:4]
    assert cross_fitted(confidence, correct, clusters)[:4] == pytest.approx(before[:4], abs=1e-12)


def test_certain_answers_do_not_overflow() -> None:
    confidence, correct = np.array([0.0, 1.0] * 60), np.array([0.0, 1.0, 1.0, 1.0] * 30)
    assert np.isfinite(cross_fitted(confidence, correct, np.arange(120))).all()


def test_an_isotonic_fit_never_falls() -> None:
    confidence, correct = overconfident(500, 2.0)
    fitted = isotonic_fit(confidence, correct)(np.linspace(0, 1, 101))
    assert (np.diff(fitted) >= 0).all()


@pytest.mark.parametrize("n_folds", [1, 6])
def test_folds_that_do_not_fit_are_refused(n_folds: int) -> None:
    with pytest.raises(ValueError, match="need 2 folds or more"):
        cross_fitted(np.full(10, 0.5), np.tile([0.0, 1], 5), np.arange(10) // 2, n_folds=n_folds)
