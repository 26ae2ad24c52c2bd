from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluator.records import UncertaintyBudget
from evaluator.stats.calibration.budget import uncertainty_budget, variance_parts
from evaluator.stats.calibration.estimates import Slice, calibrated_estimate
from evaluator.stats.calibration.influence import RATES
from evaluator.stats.calibration.items import UNLABELLED, GradedItems
from evaluator.stats.calibration.poststratified import poststratify
from evaluator.stats.estimates import Scope
from evaluator.stats.metrics import HALLUCINATION_RATE, OMNISCIENCE_INDEX, Metric
from tests.stats.calibration.textbook import random_items

HR = RATES["hallucination_rate"]
POOR = ((0.85, 0.13, 0.02), (0.16, 0.80, 0.04), (0.02, 0.08, 0.90))
SCOPE = Scope(slice="all", model="m", prompt="p", level=0.95)


def drawn_items(seed: int, n: int, per_cell: int) -> GradedItems:
    """Answerable probes, one answer each, `per_cell` labels in every cell."""
    rng = np.random.default_rng(seed)
    truths = rng.choice(3, size=n, p=(0.4, 0.35, 0.25))
    verdicts = (rng.random(n)[:, None] > np.array(POOR).cumsum(axis=1)[truths]).sum(axis=1).clip(0, 2)
    labels = np.full(n, UNLABELLED)
    for cell in range(3):
        chosen = np.flatnonzero(verdicts == cell)[:per_cell]
        labels[chosen] = truths[chosen]
    return GradedItems(verdicts, labels, np.arange(n), np.arange(n))


def budget(items: GradedItems, metric: Metric = HALLUCINATION_RATE) -> UncertaintyBudget:
    estimate = calibrated_estimate(metric, Slice(items=items, scope=SCOPE))
    found = uncertainty_budget(items, estimate, RATES[metric.name])
    assert found is not None
    assert found.half_width == pytest.approx((estimate.high - estimate.low) / 2)  # type: ignore[operator]
    return found


def step(found: UncertaintyBudget, kind: str) -> Any:
    (one,) = [each for each in found.steps if each.kind == kind]
    return one


@given(st.integers(0, 3000), st.sampled_from(sorted(RATES)), st.integers(1, 4))
def test_the_parts_add_up_to_the_variance(seed: int, name: str, size: int) -> None:
    items = random_items(seed, 120, size=size)
    repeated = GradedItems(items.cells, items.truths, items.clusters, items.probes // 2)
    found = poststratify(repeated, RATES[name])
    if found is not None and found.variance > 0:
        parts = variance_parts(repeated, found, RATES[name])
        assert min(parts.probes, parts.repeats or 0, *parts.labels) >= 0
        assert parts.total >= found.variance * (1 - 1e-9)
        if parts.probes > 0:
            assert parts.total == pytest.approx(found.variance)


def test_shares_add_up_and_cells_are_named() -> None:
    found = budget(drawn_items(1, 900, 20))
    assert found.repeats_share is None
    assert found.probes_share + found.labels_share == pytest.approx(1)
    assert sum(cell.variance_share for cell in found.cells) == pytest.approx(found.labels_share)
    assert [(cell.answerable, cell.verdict) for cell in found.cells] == [
        (True, "correct"),
        (True, "wrong"),
        (True, "abstained"),
    ]
    assert {cell.n_labels for cell in found.cells} == {20}
    assert sum(cell.n_responses for cell in found.cells) == 900


def test_steps_come_best_first_and_say_what_they_bring() -> None:
    found = budget(drawn_items(1, 900, 10))
    assert [each.half_width for each in found.steps] == sorted(each.half_width for each in found.steps)
    assert all(each.half_width < found.half_width for each in found.steps)
    labels = step(found, "labels")
    assert labels == found.steps[0]
    now, then = found.half_width * 100, labels.half_width * 100
    assert labels.text == (
        f"40 more labels on verdict={labels.verdict} (answerable) of m would narrow ±{now:.1f} to ±{then:.1f} points"
    )
    assert step(found, "probes").text.startswith("450 more probes would narrow ±")


def test_the_step_promises_what_the_labels_then_bring() -> None:
    """Promised half-widths, on average over draws, against those of samples that have the labels."""
    promised, kept = [], []
    for seed in range(80):
        before, after = drawn_items(seed, 900, 20), drawn_items(seed, 900, 20)
        plan = step(budget(before), "labels")
        cell = ("correct", "wrong", "abstained").index(plan.verdict)
        full = drawn_items(seed, 900, 60)
        labels = np.where(full.cells == cell, full.truths, after.truths)
        promised.append(plan.half_width)
        kept.append(budget(GradedItems(full.cells, labels, full.clusters, full.probes)).half_width)
    assert np.mean(promised) == pytest.approx(np.mean(kept), rel=0.08)


def test_more_probes_promise_what_more_probes_bring() -> None:
    promised, kept = [], []
    for seed in range(150):
        promised.append(step(budget(drawn_items(seed, 600, 40)), "probes").half_width)
        kept.append(budget(drawn_items(1000 + seed, 900, 40)).half_width)
    assert np.mean(promised) == pytest.approx(np.mean(kept), rel=0.05)


def test_labels_on_everything_leave_nothing_to_label() -> None:
    items = drawn_items(2, 300, 300)
    found = budget(items)
    assert found.labels_share == 0
    assert [each.kind for each in found.steps] == ["probes"]


def test_repeats_that_differ_are_told_from_probes_that_differ() -> None:
    rng = np.random.default_rng(4)
    probes = np.repeat(np.arange(300), 4)
    noisy = rng.choice([1, 2], size=1200)
    steady = rng.choice([1, 2], size=300)[probes]
    for verdicts, low, high in ((noisy, 0.8, 1.0), (steady, 0.0, 0.01)):
        items = GradedItems(verdicts, np.full(1200, UNLABELLED), probes, probes)
        raw = items.taken_at_their_verdict()
        found = poststratify(raw, HR)
        assert found is not None
        parts = variance_parts(raw, found, HR)
        assert parts.repeats is not None
        assert low <= parts.repeats / parts.total <= high


def test_the_part_of_repeats_is_the_within_probe_variance_over_all_answers() -> None:
    rng = np.random.default_rng(9)
    probes = np.repeat(np.arange(200), 3)
    rates = rng.beta(2, 2, 200)
    verdicts = np.where(rng.random(600) < rates[probes], 1, 2)
    items = GradedItems(verdicts, verdicts, probes, probes)
    found = poststratify(items, HR)
    assert found is not None
    within = np.mean([np.var((verdicts == 1)[probes == i], ddof=1) for i in range(200)])
    assert variance_parts(items, found, HR).repeats == pytest.approx(within / 600)


def test_a_raw_rate_has_no_labels_in_its_budget(recorded_run: Any) -> None:
    run = recorded_run(repeats=2)
    rng = np.random.default_rng(3)
    for i in range(60):
        run.ask(f"p{i}", "".join(rng.choice(list("cwa"), 2)))
    found = {(b.name, b.slice): b for b in run.summary().budgets}
    one = found["hallucination_rate", "answerable"]
    assert not one.calibrated
    assert (one.labels_share, one.cells) == (0, ())
    assert one.repeats_share is not None
    assert one.probes_share + one.repeats_share == pytest.approx(1)
    assert {each.kind for each in one.steps} <= {"probes", "repeats"}
    assert step(one, "probes").text.startswith("30 more answerable probes would narrow")
    assert step(one, "repeats").text.startswith("2 more repeats of every probe would narrow")


def test_the_index_is_in_its_own_points() -> None:
    found = budget(drawn_items(1, 900, 20), OMNISCIENCE_INDEX)
    assert found.half_width > 1
    assert f"±{found.half_width:.1f}" in found.steps[0].text


def test_without_an_interval_there_is_nothing_to_explain() -> None:
    items = drawn_items(1, 900, 2)
    estimate = calibrated_estimate(HALLUCINATION_RATE, Slice(items=items, scope=SCOPE))
    assert estimate.low is None
    assert uncertainty_budget(items, estimate, HR) is None
