"""The reliability table counts what it says, and sees a probability that cannot be believed."""

from __future__ import annotations

import numpy as np
import pytest

from evaluator.graders.classifier.calibration import error_interval, expected_calibration_error, reliability_table


def test_the_error_of_two_bins_by_hand() -> None:
    given, abstains = np.array([0.25, 0.25, 0.85, 0.85]), np.array([0.0, 1.0, 1.0, 1.0])
    # |0.25 - 0.5| and |0.85 - 1|, two answers of four each.
    assert expected_calibration_error(given, abstains, np.ones(4)) == pytest.approx(0.2)
    assert expected_calibration_error(given, abstains, np.array([1.0, 1.0, 0.0, 0.0])) == pytest.approx(0.25)


def test_probabilities_that_hold_are_told_from_those_that_do_not() -> None:
    rng = np.random.default_rng(3)
    true = rng.random(3000)
    abstains = (rng.random(3000) < true).astype(float)
    families = np.arange(3000)
    low, high = error_interval(true, abstains, families)
    assert low < 0.01
    assert high < 0.04
    assert error_interval(true**3, abstains, families)[0] > 0.1


def test_the_table_has_every_answer_once() -> None:
    given, abstains = np.array([0.0, 0.05, 0.95, 1.0]), np.array([0.0, 0.0, 1.0, 1.0])
    lines = reliability_table(given, abstains, np.array([1, 1, 2, 3])).splitlines()
    assert lines[2:4] == ["| 0.0 to 0.1 | 2 | 2.5% | 0.0% |", "| 0.9 to 1.0 | 2 | 97.5% | 100.0% |"]
    assert lines[-1].endswith("(4 answers, 3 families).")
