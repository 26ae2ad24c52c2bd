from __future__ import annotations

import numpy as np
import pytest

from evaluator.stats.confidence.labelled import Labelled, labelled_brier


def test_with_every_answer_labelled_it_is_the_score_against_the_labels() -> None:
    rng = np.random.default_rng(1)
    confidence, correct, truth = rng.random(50), rng.integers(0, 2, 50) * 1.0, rng.integers(0, 2, 50) * 1.0
    found = labelled_brier(confidence, correct, Labelled(np.ones(50, dtype=bool), truth), np.arange(50))
    assert found.value == pytest.approx(((confidence - truth) ** 2).mean(), abs=1e-12)
    assert found.n_labels == 50


def test_labels_that_agree_change_nothing() -> None:
    rng = np.random.default_rng(2)
    confidence, correct = rng.random(60), np.tile([0.0, 1], 30)
    known = np.arange(60) < 20
    found = labelled_brier(confidence, correct, Labelled(known, correct), np.arange(60))
    assert found.value == pytest.approx(((confidence - correct) ** 2).mean(), abs=1e-12)


def test_too_few_labels_on_a_verdict_are_refused() -> None:
    confidence, correct = np.full(60, 0.7), np.tile([0.0, 1], 30)
    found = labelled_brier(confidence, correct, Labelled(np.arange(60) < 8, correct), np.arange(60))
    assert found.value is None
    assert "refused (few_labels_in_cell)" in found.notes[0]


def test_the_interval_holds_the_true_score() -> None:
    """A grader that takes every third right answer for wrong; 60 labels of 400."""
    rng, held = np.random.default_rng(3), 0
    raw_held = 0
    for _ in range(300):
        confidence = rng.choice([0.3, 0.6, 0.9], 400)
        truth = (rng.random(400) < confidence) * 1.0
        correct = np.where((truth == 1) & (rng.random(400) < 1 / 3), 0.0, truth)
        known = np.zeros(400, dtype=bool)
        for verdict in (0.0, 1.0):
            known[rng.permutation(np.flatnonzero(correct == verdict))[:30]] = True
        found = labelled_brier(confidence, correct, Labelled(known, truth), np.arange(400))
        assert found.interval is not None
        expected = np.mean([p * (1 - p) for p in (0.3, 0.6, 0.9)])
        held += found.interval[0] <= expected <= found.interval[1]
        raw_held += abs(((confidence - correct) ** 2).mean() - expected) < 0.02
    assert 0.91 <= held / 300 <= 0.985
    assert raw_held / 300 < 0.2
