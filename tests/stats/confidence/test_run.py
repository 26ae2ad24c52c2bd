"""Confidence from the records of a run to its summary."""

from __future__ import annotations

import math
import random

import numpy as np
import pytest
from sklearn.metrics import brier_score_loss, roc_auc_score

from evaluator.records import ConfidenceFigures, Estimate
from tests.stats.conftest import RecordedRun


def figures(run: RecordedRun, source: str, slice_name: str = "answered") -> ConfidenceFigures:
    (one,) = [f for f in run.summary().confidence if (f.source, f.slice) == (source, slice_name)]
    return one


def estimate(found: ConfidenceFigures, name: str, *, calibrated: bool = False) -> Estimate:
    (one,) = [e for e in found.estimates if (e.name, e.calibrated) == (name, calibrated)]
    return one


def stated(n: int = 60, *, seed: int = 1) -> tuple[RecordedRun, list[float], list[int]]:
    chance = random.Random(seed)
    run, confidence, correct = RecordedRun(), [], []
    for i in range(n):
        run.probe(f"p{i}")
        confidence.append(chance.choice([0.2, 0.5, 0.8, 1.0]))
        correct.append(int(chance.random() < confidence[-1]))
        run.answer(f"p{i}", "correct" if correct[-1] else "wrong", confidence=confidence[-1])
    return run, confidence, correct


def test_stated_confidence_is_measured_against_the_verdicts() -> None:
    run, confidence, correct = stated()
    found = figures(run, "stated")
    assert (found.n, found.n_missing) == (60, 0)
    assert estimate(found, "brier").value == pytest.approx(brier_score_loss(correct, confidence), abs=1e-12)
    assert estimate(found, "auroc").value == pytest.approx(roc_auc_score(correct, confidence), abs=1e-12)
    parts = {name: estimate(found, f"brier_{name}").value for name in ("reliability", "resolution", "uncertainty")}
    together = parts["reliability"] - parts["resolution"] + parts["uncertainty"]  # type: ignore[operator]
    assert together == pytest.approx(estimate(found, "brier").value, abs=1e-12)
    assert [point.coverage for point in found.risk_coverage][-1] == 1
    assert sum(each.n for each in found.reliability) == 60


def test_abstentions_and_answers_without_confidence_are_left_out_and_counted() -> None:
    run, _, _ = stated()
    run.probe("a")
    run.answer("a", "abstained", confidence=0.9)
    run.ask("b", "c")
    run.ask("c", "u")
    found = figures(run, "stated")
    assert (found.n, found.n_missing) == (60, 1)
    assert any("1 of 61 answers" in note for note in found.notes)


def test_answers_to_unanswerable_probes_are_in_one_slice_only() -> None:
    run, _, _ = stated()
    run.probe("u", "unknown")
    run.answer("u", "wrong", confidence=0.7)
    assert figures(run, "stated").n == 61
    assert figures(run, "stated", "answered_answerable").n == 60


def test_few_answers_have_no_figures() -> None:
    run, _, _ = stated(19)
    found = figures(run, "stated")
    assert found.estimates == ()
    assert any("20 answers" in note for note in found.notes)


def test_token_probabilities_give_their_mean_and_their_product() -> None:
    run = RecordedRun()
    for i in range(30):
        run.probe(f"p{i}")
        run.answer(f"p{i}", ("cw"[i % 2] == "c" and "correct") or "wrong", logprobs=(-0.1, None, -0.3 - i / 100))
    means, products = figures(run, "token_probability"), figures(run, "sequence_probability")
    expected = np.mean([math.exp((-0.4 - i / 100) / 2) for i in range(30)])
    assert means.mean_confidence == pytest.approx(expected)
    assert products.mean_confidence == pytest.approx(np.mean([math.exp(-0.4 - i / 100) for i in range(30)]))


def test_a_run_without_confidence_has_none() -> None:
    run = RecordedRun()
    run.ask("p", "c")
    assert run.summary().confidence == ()


def test_repeats_that_say_the_same_are_confidence() -> None:
    run = RecordedRun(repeats=3)
    for i in range(25):
        name = run.probe(f"p{i:02}")
        for repeat, text in enumerate(("It is Paris.", "paris", "Lyon")):
            run.answer(name, "correct" if "aris" in text else "wrong", repeat=repeat, text=text)
    found = figures(run, "agreement")
    assert (found.n, found.accuracy) == (25, 1.0)
    assert found.mean_confidence == pytest.approx(2 / 3)


def test_a_probe_on_which_most_repeats_abstain_was_not_answered() -> None:
    run = RecordedRun(repeats=3)
    run.ask("p", "aac")
    run.ask("q", "ccc")
    assert figures(run, "agreement").n == 1


def test_neither_order_nor_ties_change_the_figures() -> None:
    chance = random.Random(3)
    run = RecordedRun(repeats=2)
    for i in range(30):
        name = run.probe(f"p{i:02}")
        for repeat in range(2):
            label = chance.choice(["correct", "wrong"])
            run.answer(name, label, repeat=repeat, text=chance.choice("ab"), confidence=chance.random())
    first = run.summary()
    for _ in range(3):
        chance.shuffle(run.probes)
        chance.shuffle(run.responses)
        chance.shuffle(run.verdicts)
        assert run.summary() == first


def test_clustered_answers_have_wider_intervals() -> None:
    run, wide = RecordedRun(), RecordedRun()
    for target, cluster in ((run, False), (wide, True)):
        chance = random.Random(4)
        for i in range(80):
            hit = (i // 8) % 2 if cluster else chance.random() < 0.5
            name = target.probe(f"p{i:02}", cluster=f"c{i // 8}" if cluster else None)
            target.answer(name, "correct" if hit else "wrong", confidence=0.5 + 0.01 * (i % 7))
    narrow, broad = (estimate(figures(each, "stated"), "brier") for each in (run, wide))
    assert broad.n_clusters == 10
    assert (broad.high - broad.low) > 1.5 * (narrow.high - narrow.low)  # type: ignore[operator]
