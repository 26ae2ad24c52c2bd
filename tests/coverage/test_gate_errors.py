"""One gate on its own: how often it passes what is too much worse, and fails what is not worse at all."""

from __future__ import annotations

import math
import sys

import msgspec
import numpy as np
import pytest

from evaluator.gate import Ruling, decide, overall
from evaluator.gating import GateOutcome
from evaluator.policy import GateCheck, GatePolicy
from evaluator.stats.comparison.pairing import Measured, common_ground, couple_runs
from evaluator.stats.gating.measure import Gated, measure
from tests.stats.conftest import RecordedRun

MARGIN = 0.05
N = 300
Tallies = dict[str, tuple[int, int, int, int]]


def template(*, clusters: bool) -> Measured:
    """A run of 200 answerable and 100 unanswerable probes; its answers are drawn anew for every trial."""
    run = RecordedRun()
    for i in range(N):
        cluster = f"c{i // 6}" if clusters else None
        run.ask(f"p{i:03}", "w", "unknown" if i % 3 == 2 else None, cluster=cluster)
    return Measured(run.summary(), tuple(run.probes))


def drawn(run: Measured, run_id: str, rng: np.random.Generator, chances: np.ndarray) -> Measured:
    labels = (rng.random((N, 1)) > chances.cumsum(axis=1)[:, :2]).sum(axis=1)
    tallies: Tallies = {}
    for i, label in enumerate(labels.tolist()):
        tallies[f"p{i:03}"] = tuple(int(place == label) for place in range(4))  # type: ignore[assignment]
    summary = run.summary
    results = (msgspec.structs.replace(summary.results[0], tallies=tallies),)
    manifest = msgspec.structs.replace(summary.manifest, run_id=run_id)
    return Measured(msgspec.structs.replace(summary, manifest=manifest, results=results), run.probes)


def chances_of(rng: np.random.Generator, worse: float, *, clusters: bool) -> tuple[np.ndarray, np.ndarray]:
    """Chances of right, wrong and abstained of every probe, before and after.

    The hallucination rate W / (W + A) rises by `worse`: as much is moved from A to W.
    """
    groups = rng.dirichlet((0.8, 0.6, 0.6), size=N // 6 if clusters else N)
    before = np.repeat(groups, 6, axis=0) if clusters else groups
    before = before.copy()
    unanswerable = np.arange(N) % 3 == 2
    before[unanswerable, 2] += before[unanswerable, 0]
    before[unanswerable, 0] = 0
    after = before.copy()
    size = float((before[:, 1] + before[:, 2]).sum())
    share = worse * size / float(before[:, 2].sum())
    after[:, 1] += share * before[:, 2]
    after[:, 2] -= share * before[:, 2]
    return before, after


def outcomes(n_trials: int, worse: float, seed: int, policy: GatePolicy, *, clusters: bool) -> list[GateOutcome]:
    run, found = template(clusters=clusters), []
    ground = common_ground(run, run)
    for own in np.random.SeedSequence(seed).spawn(n_trials):
        rng = np.random.default_rng(own)
        before, after = chances_of(rng, worse, clusters=clusters)
        old, new = drawn(run, "old", rng, before), drawn(run, "new", rng, after)
        couples = couple_runs(new, old, None)
        gated = Gated.of(new, ground, old, couples.found, ground, ignores_models=False)
        findings = decide(measure(policy, gated), Ruling(fail_alpha=0.05))
        found.append(overall([one for one in findings if one.kind != "instrument"])[0])
    return found


def share(found: list[GateOutcome], outcome: GateOutcome) -> float:
    return found.count(outcome) / len(found)


def most(n_trials: int, level: float = 0.05) -> float:
    return level + 3 * math.sqrt(level * (1 - level) / n_trials)


DEFAULT = GatePolicy()
ONE = GatePolicy(check=(GateCheck(metric="hallucination_rate", margin=MARGIN),))


@pytest.mark.parametrize("clusters", [False, True])
def test_a_gate_seldom_passes_what_is_worse_by_the_margin_or_fails_what_is_not_worse(clusters: bool) -> None:
    n_trials = 200
    assert share(outcomes(n_trials, MARGIN, 1, ONE, clusters=clusters), "pass") <= most(n_trials)
    assert share(outcomes(n_trials, 0.0, 2, DEFAULT, clusters=clusters), "fail") <= most(n_trials)


@pytest.mark.slow
@pytest.mark.parametrize("clusters", [False, True])
def test_the_error_rates_of_one_gate(clusters: bool) -> None:
    n_trials = 1000
    sys.stdout.write("\n| clusters | worse by | policy | pass | undecided | fail |\n|---|---|---|---|---|---|\n")
    for worse, policy, name in ((0.0, DEFAULT, "default"), (MARGIN, ONE, "one"), (0.1, ONE, "one"), (0.2, ONE, "one")):
        found = outcomes(n_trials, worse, 3, policy, clusters=clusters)
        shares = [f"{share(found, outcome):.1%}" for outcome in ("pass", "undecided", "fail")]
        sys.stdout.write(f"| {'50 of 6' if clusters else 'none'} | {worse:.0%} | {name} | {' | '.join(shares)} |\n")
        if worse == MARGIN:
            assert share(found, "pass") <= most(n_trials)
        if worse == 0.0:
            assert share(found, "fail") <= most(n_trials)
