"""Many schedules of many runs: how often the gate cries wolf, and how soon it sees a change of 3 points.

The slow test prints the table of the README; the short one runs in every suite.

    pytest -m slow -s tests/coverage/test_scheduled_gate.py
"""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass

import numpy as np
import pytest

from evaluator.gating import GateFinding
from evaluator.history import AnchorLook, HistoryEntry, HistoryRate
from evaluator.stats.gating.drift import drift_of
from evaluator.stats.gating.looks import Turn, evidence_of, key_of
from tests.gate.findings import finding

ALPHA = 0.05
N_CHECKS = 2
TURN = Turn(baseline_sha256="b", repeat=0)
CHECKS = [
    finding(metric="hallucination_rate", slice="all"),
    finding(metric="over_abstention_rate", slice="answerable"),
]


@dataclass(frozen=True)
class Schedule:
    """What one schedule did: the run of the first alarm, from 1, or None."""

    gate: int | None
    naive: int | None


def entry(pairs: list[tuple[int, int]]) -> HistoryEntry:
    """One run of the history, with its fresh pairs for each check."""
    rates = tuple(rate(check, pair) for check, pair in zip(CHECKS, pairs, strict=True))
    return HistoryEntry(
        run_id="r", started_at="", recorded_at="", plan_sha256="", graders=(), baseline="base", baseline_sha256="b",
        baseline_repeat=0, rates=rates, anchor=None, outcome="pass", usd=None, served={},
    )  # fmt: skip


def rate(check: GateFinding, pair: tuple[int, int]) -> HistoryRate:
    return HistoryRate(
        model=check.model, prompt=check.prompt, metric=check.metric, slice=check.slice, better="low", numerator=0.0,
        denominator=0.0, value=None, low=None, high=None, only_new=pair[0], only_old=pair[1], refusal=None,
    )  # fmt: skip


def schedule(rng: np.random.Generator, n_probes: int, n_runs: int, change: float, calm: int = 0) -> Schedule:
    """Run one schedule, first `calm` runs without a change.

    Every probe has chances of its own to be answered wrongly or declined.

    Change is added to the chance of a wrong answer, taken from that of a right one. The naive gate
    looks at the same pairs, each run by itself: McNemar's z-test, one-sided, at 5%.
    """
    chances = rng.dirichlet((0.75, 0.5, 0.35), size=n_probes)
    after = chances.copy()
    moved = np.minimum(change, chances[:, 0])
    # What the certain probes cannot take, the others do, so that the mean moves by all of it.
    moved *= change * n_probes / max(moved.sum(), 1e-12)
    moved = np.minimum(moved, chances[:, 0])
    after[:, 0] -= moved
    after[:, 1] += moved
    before: list[HistoryEntry] = []
    gate = naive = None
    for run in range(1, n_runs + 1):
        new, old = draw(rng, after if run > calm else chances), draw(rng, chances)
        pairs = [discordant(new, old, label) for label in (1, 2)]
        looks = {key_of(check): pair for check, pair in zip(CHECKS, pairs, strict=True)}
        found = evidence_of(CHECKS, looks, before, TURN, is_fresh=False, alpha=ALPHA / 2)
        before.append(entry(pairs))
        if gate is None and any(evidence.alarm for evidence in found.values()):
            gate = run
        if naive is None and any(z_score(*pair) > 1.6449 for pair in pairs):
            naive = run
        if gate and naive:
            break
    return Schedule(gate, naive)


def draw(rng: np.random.Generator, chances: np.ndarray) -> np.ndarray:
    """0 right, 1 wrong, 2 abstained."""
    return (rng.random((len(chances), 1)) > chances.cumsum(axis=1)[:, :2]).sum(axis=1)


def discordant(new: np.ndarray, old: np.ndarray, label: int) -> tuple[int, int]:
    hits, before = new == label, old == label
    return int((hits & ~before).sum()), int((~hits & before).sum())


def z_score(only_new: int, only_old: int) -> float:
    return (only_new - only_old) / math.sqrt(max(only_new + only_old, 1))


def simulate(n_schedules: int, n_probes: int, n_runs: int, change: float, seed: int, calm: int = 0) -> list[Schedule]:
    seeds = np.random.SeedSequence(seed).spawn(n_schedules)
    return [schedule(np.random.default_rng(one), n_probes, n_runs, change, calm) for one in seeds]


def share(alarms: list[int | None]) -> float:
    return sum(one is not None for one in alarms) / len(alarms)


def median_run(alarms: list[int | None], n_runs: int, calm: int = 0) -> str:
    """Runs from the change to the alarm."""
    values = sorted(one if one is not None else n_runs + 1 for one in alarms)
    middle = values[len(values) // 2]
    if middle <= calm:
        return "before it"
    return str(middle - calm) if middle <= n_runs else f"more than {n_runs - calm}"


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def test_a_gate_over_a_history_seldom_cries_wolf_and_a_naive_one_nearly_always() -> None:
    calm = simulate(60, 200, 26, 0.0, seed=1)
    assert share([one.gate for one in calm]) <= 0.07
    assert share([one.naive for one in calm]) >= 0.8


def test_a_large_change_is_seen_within_a_few_runs() -> None:
    changed = simulate(30, 300, 12, 0.1, seed=2)
    assert share([one.gate for one in changed]) >= 0.9


@pytest.mark.slow
def test_the_table_of_200_schedules_without_and_200_with_a_change_of_3_points() -> None:
    n_runs = 52
    say("\n| probes | change | gate: alarms | runs to it (median) | naive z per run: alarms | runs to it |")
    say("|---|---|---|---|---|---|")
    for n_probes in (300, 663, 1000):
        for change, calm in ((0.0, 0), (0.03, 0), (0.03, 10)):
            found = simulate(200, n_probes, n_runs, change, n_probes, calm)
            gate, naive = [one.gate for one in found], [one.naive for one in found]
            runs = [median_run(alarms, n_runs, calm) if change else "" for alarms in (gate, naive)]
            what = f"{100 * change:g} points{f' after {calm} runs' if calm else ''}"
            say(f"| {n_probes} | {what} | {share(gate):.1%} | {runs[0]} | {share(naive):.1%} | {runs[1]} |")
            if not change:
                # At most 2.5% in truth; 200 schedules would show more than 6% once in a thousand times.
                assert share(gate) <= 0.06
                assert share(naive) > 0.8


def judge_schedule(rng: np.random.Generator, n_labels: int, n_runs: int, rates: tuple[float, float]) -> int | None:
    chances = rng.beta(0.5, 0.5 * (1 - rates[0]) / rates[0], size=n_labels)
    before: list[HistoryEntry] = []
    for run in range(1, n_runs + 1):
        shift = 0.0 if run == 1 else rates[1] - rates[0]
        errors = int((rng.random(n_labels) < np.minimum(chances + shift, 1)).sum())
        now = AnchorLook(run_id=str(run), labels_sha256="l", graders=("g",), n=n_labels, n_errors=errors)
        if drift_of(now, before, system_alarm=False, alpha=ALPHA).verdict == "judge":
            return run
        before.append(HistoryEntry(**{**fields_of(entry([(0, 0), (0, 0)])), "anchor": now}))
    return None


def fields_of(one: HistoryEntry) -> dict[str, object]:
    return {name: getattr(one, name) for name in one.__struct_fields__}


def judges(n_schedules: int, rates: tuple[float, float], seed: int, n_runs: int = 26) -> list[int | None]:
    seeds = np.random.SeedSequence(seed).spawn(n_schedules)
    return [judge_schedule(np.random.default_rng(one), 150, n_runs, rates) for one in seeds]


def test_a_judge_that_stays_is_not_blamed_and_one_that_errs_three_times_as_often_is() -> None:
    assert share(judges(60, (0.06, 0.06), seed=3)) <= 0.1
    assert share(judges(20, (0.06, 0.18), seed=4, n_runs=10)) >= 0.9


@pytest.mark.slow
def test_the_table_of_judges_that_stay_and_that_drift() -> None:
    say("\n| judge's errors on 150 anchor answers | blamed within 52 runs | runs to it (median) |")
    say("|---|---|---|")
    for rates in ((0.06, 0.06), (0.06, 0.12), (0.06, 0.18)):
        found = judges(200, rates, seed=5, n_runs=52)
        say(f"| {rates[0]:.0%}, then {rates[1]:.0%} | {share(found):.1%} | {median_run(found, 52)} |")
        if rates[0] == rates[1]:
            assert share(found) <= 0.1
