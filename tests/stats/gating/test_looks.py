"""A look is fair or refused, and uses every answer once."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import msgspec
import numpy as np
import pytest

from evaluator.gating import GateFinding
from evaluator.policy import GateCheck, GatePolicy
from evaluator.records import Summary
from evaluator.stats.comparison.pairing import Measured, common_ground, couple_runs
from evaluator.stats.gating.looks import Turn, answers_sha256, evidence_of, fresh_pairs, key_of, next_turn
from evaluator.stats.gating.measure import Gated, measure
from tests.coverage.test_scheduled_gate import CHECKS, entry


def run_of(recorded_run: Any, run_id: str, repeats: int, *, n: int = 60, wrong: float = 0.4, seed: int = 1) -> Measured:
    chance = random.Random(f"{run_id}{seed}")
    run, tallies = recorded_run(), {}
    for i in range(n):
        labels = "".join("w" if chance.random() < wrong else "ca"[chance.random() < 0.3] for _ in range(repeats))
        run.ask(f"p{i:03}", labels[0])
        tallies[f"p{i:03}"] = (labels.count("c"), labels.count("w"), labels.count("a"), 0)
    # A summary holds the repeats as counts; the rest of it is of no matter here.
    summary = run.summary()
    manifest = msgspec.structs.replace(summary.manifest, run_id=run_id, repeats=repeats)
    results = (msgspec.structs.replace(summary.results[0], tallies=tallies),)
    return Measured(msgspec.structs.replace(summary, manifest=manifest, results=results), tuple(run.probes))


def gated(run: Measured, baseline: Measured) -> Gated:
    shared, couples = common_ground(run, baseline), couple_runs(run, baseline, None)
    return Gated.of(run, common_ground(run, run), baseline, couples.found, shared, ignores_models=False)


def finding_of(both: Gated, metric: str) -> GateFinding:
    policy = GatePolicy(check=(GateCheck(metric=metric, margin=0.1),))
    return next(one for one in measure(policy, both) if one.metric == metric)


def pairs(both: Gated, metric: str, repeat: int | None) -> tuple[int, int]:
    assert both.shared is not None
    turn = Turn(baseline_sha256="b", repeat=repeat)
    return fresh_pairs(finding_of(both, metric), both.couples[0], both.shared, turn)


def test_all_looks_together_use_every_repeat_of_the_baseline_once(recorded_run: Any) -> None:
    base, new = run_of(recorded_run, "base", 6), run_of(recorded_run, "new", 1)
    both = gated(new, base)
    looks = [pairs(both, "hallucination_rate", repeat) for repeat in range(6)]
    tallies_new, tallies_old = (side.summary.results[0].tallies for side in (new, base))
    only_new = sum(tallies_old[p][0] + tallies_old[p][2] for p, t in tallies_new.items() if t[1])
    only_old = sum(tallies_old[p][1] for p, t in tallies_new.items() if not t[1])
    assert (sum(look[0] for look in looks), sum(look[1] for look in looks)) == (only_new, only_old)
    assert pairs(both, "hallucination_rate", 6) == (0, 0)


def test_a_fresh_baseline_pairs_all_its_repeats(recorded_run: Any) -> None:
    base, new = run_of(recorded_run, "base", 3), run_of(recorded_run, "new", 3)
    worse, better = pairs(gated(new, base), "over_abstention_rate", None)
    back = pairs(gated(base, new), "over_abstention_rate", None)
    assert (worse, better) == back[::-1]
    assert worse + better > 60 * 0.1


def test_for_accuracy_a_right_answer_that_is_lost_counts_as_worse(recorded_run: Any) -> None:
    base, new = run_of(recorded_run, "base", 1, wrong=0.0), run_of(recorded_run, "new", 1, wrong=0.9)
    worse, better = pairs(gated(new, base), "accuracy", 0)
    assert worse > 5 * max(better, 1)


def test_ungraded_answers_make_no_pair(recorded_run: Any) -> None:
    run, base = recorded_run(), recorded_run()
    run.ask("a", "u")
    base.ask("a", "w")
    run.ask("b", "w")
    base.ask("b", "c")
    sides = [Measured(one.summary(), tuple(one.probes)) for one in (run, base)]
    assert pairs(gated(sides[0], sides[1]), "hallucination_rate", 0) == (1, 0)


def baseline(recorded_run: Any, repeats: int, run_id: str = "base") -> Summary:
    return run_of(recorded_run, run_id, repeats, n=4).summary


def turn(base: Summary, entries: list[Any], **options: Any) -> Turn:
    return next_turn(base, entries, **{"run_id": "new", "is_fresh": False, "allowed": (), **options})


def looked(base: Summary, run_id: str, repeat: int | None) -> Any:
    return msgspec.structs.replace(
        entry([(1, 1), (1, 1)]), run_id=run_id, baseline_sha256=answers_sha256(base), baseline_repeat=repeat
    )


def test_a_kept_baseline_needs_five_repeats_and_lasts_as_many_looks(recorded_run: Any) -> None:
    for repeats in (1, 4):
        assert "need a baseline with at least 5 repeats" in (turn(baseline(recorded_run, repeats), []).refusal or "")
    base = baseline(recorded_run, 5)
    assert [turn(base, [looked(base, f"r{i}", i) for i in range(n)]).repeat for n in range(5)] == [0, 1, 2, 3, 4]
    assert "are used up" in (turn(base, [looked(base, f"r{i}", i) for i in range(5)]).refusal or "")


def test_a_baseline_that_is_said_to_be_fresh_must_be(recorded_run: Any) -> None:
    base = baseline(recorded_run, 1)
    assert turn(base, [], is_fresh=True) == Turn(baseline_sha256=answers_sha256(base))
    again = turn(base, [looked(base, "r1", None)], is_fresh=True)
    assert "the answers of base are not fresh: r1 had them" in (again.refusal or "")


def test_a_run_that_was_looked_at_is_no_baseline(recorded_run: Any) -> None:
    base = baseline(recorded_run, 9)
    assert "looked at as a run" in (turn(base, [msgspec.structs.replace(looked(base, "base", 0))]).refusal or "")
    assert "looked at as a run" in (turn(base, [], run_id="base").refusal or "")


def test_what_was_accepted_as_different_is_no_fair_look(recorded_run: Any) -> None:
    base = baseline(recorded_run, 5)
    assert "differ in grader, served" in (turn(base, [], allowed=("grader", "served", "probes")).refusal or "")
    assert turn(base, [], allowed=("probes", "models")).refusal is None


def test_a_baseline_graded_anew_is_another_baseline(recorded_run: Any) -> None:
    assert answers_sha256(baseline(recorded_run, 5)) == answers_sha256(baseline(recorded_run, 5))
    other = run_of(recorded_run, "base", 5, n=4, seed=2).summary
    assert answers_sha256(other) != answers_sha256(baseline(recorded_run, 5))


def test_evidence_grows_over_looks_and_alarms_by_e_bh() -> None:
    key = key_of(CHECKS[0])
    this = Turn(baseline_sha256="b", repeat=0)
    before = [entry([(20, 5), (3, 3)])]
    found = evidence_of(CHECKS, {key: (20, 5)}, before, this, is_fresh=False, alpha=0.05)
    assert (found[key].n_looks, found[key].only_new, found[key].only_old) == (2, 40, 10)
    assert found[key].alarm
    other = found[key_of(CHECKS[1])]
    assert (other.n_looks, other.alarm) == (1, False)
    alone = evidence_of(CHECKS, {key: (5, 5)}, [], this, is_fresh=False, alpha=0.05)
    assert not alone[key].alarm
    elsewhere = [msgspec.structs.replace(one, baseline_sha256="other") for one in before]
    assert evidence_of(CHECKS, {key: (5, 5)}, elsewhere, this, is_fresh=False, alpha=0.05)[key].n_looks == 1


def test_getting_better_never_alarms() -> None:
    looks = {key_of(check): (5, 500) for check in CHECKS}
    found = evidence_of(CHECKS, looks, [], Turn(baseline_sha256="b", repeat=0), is_fresh=False, alpha=0.05)
    assert not any(one.alarm for one in found.values())


@pytest.mark.parametrize("seed", range(3))
def test_which_repeat_is_drawn_does_not_depend_on_its_label(recorded_run: Any, seed: int) -> None:
    base = run_of(recorded_run, f"base{seed}", 4, n=400, wrong=0.5)
    new = run_of(recorded_run, "new", 1, n=400, wrong=0.0)
    counted = Counter({repeat: pairs(gated(new, base), "hallucination_rate", repeat)[1] for repeat in range(4)})
    expected = sum(counted.values()) / 4
    assert max(abs(n - expected) for n in counted.values()) < 4 * np.sqrt(expected)
