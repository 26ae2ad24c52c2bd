"""Every check of a policy gets its number, its bounds and its p-value, or the reason why not."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from statsmodels.stats.contingency_tables import mcnemar

from evaluator.gating import GateFinding
from evaluator.policy import GateCheck, GatePolicy
from evaluator.records import Estimate
from evaluator.stats.comparison.pairing import Measured, common_ground, couple_runs
from evaluator.stats.gating.measure import Gated, adjusted, check_policy, measure
from evaluator.stats.intervals import wilson_interval

Labels = dict[str, str]


def run_of(recorded_run: Any, run_id: str, by_model: dict[str, Labels], *, reasons: Labels | None = None) -> Measured:
    """A run whose probes are `a0`... answerable and `u0`... unanswerable; repeats are spelled out."""
    longest = max(len(label) for labels in by_model.values() for label in labels.values())
    run = recorded_run(models=tuple(by_model), repeats=longest)
    names = sorted({name for labels in by_model.values() for name in labels})
    for name in names:
        run.probe(name, "unknown" if name.startswith("u") else None, topic="t" if name.endswith("0") else "other")
    spelled = {"c": "correct", "w": "wrong", "a": "abstained", "u": "empty"}
    for model, labels in by_model.items():
        for name, text in labels.items():
            for repeat, letter in enumerate(text):
                run.answer(name, spelled[letter], model=model, repeat=repeat)
    summary = run.summary()
    manifest = msgspec.structs.replace(summary.manifest, run_id=run_id)
    return Measured(msgspec.structs.replace(summary, manifest=manifest), tuple(run.probes))


def gated(run: Measured, baseline: Measured | None = None, *, ignores_models: bool = False) -> Gated:
    own = common_ground(run, run)
    if baseline is None:
        return Gated(run=run, own=own)
    shared, couples = common_ground(run, baseline), couple_runs(run, baseline, None)
    return Gated.of(run, own, baseline, couples.found, shared, ignores_models=ignores_models)


def findings(policy: GatePolicy, both: Gated) -> list[GateFinding]:
    check_policy(policy, both)
    return [one for one in measure(policy, both) if one.kind != "instrument"]


def many(letters: str, prefix: str = "a") -> Labels:
    return {f"{prefix}{i}": letter for i, letter in enumerate(letters)}


def check(**fields: Any) -> GatePolicy:
    return GatePolicy(check=(GateCheck(**fields),))


def test_a_limit_on_a_rate_is_one_wilson_bound(recorded_run: Any) -> None:
    run = run_of(recorded_run, "r", {"m": many("w" * 14 + "a" * 36)})
    (found,) = findings(check(metric="hallucination_rate", max=0.2), gated(run))
    assert (found.low, found.high) == wilson_interval(14, 50, level=0.9)
    assert (found.value, found.n, found.test) == (0.28, 50, "the interval, inverted")
    assert found.p_worse == pytest.approx(0.0786, abs=1e-3)


def test_a_margin_is_paired_by_probe(recorded_run: Any) -> None:
    old = run_of(recorded_run, "old", {"m": many("c" * 30 + "w" * 10 + "c" * 10)})
    new = run_of(recorded_run, "new", {"m": many("c" * 30 + "c" * 3 + "w" * 17)})
    (found,) = findings(check(metric="accuracy", margin=0.1), gated(new, old))
    assert found.value == pytest.approx(-7 / 50)
    table = [[0, 3], [10, 0]]
    two_sided = mcnemar(table, exact=True).pvalue
    assert found.p_worse is not None
    assert found.p_worse < two_sided / 2
    assert found.p_worse == pytest.approx(two_sided / 2, abs=0.02)
    assert (found.better, found.new.value, found.old.value) == ("high", 33 / 50, 40 / 50)  # type: ignore[union-attr]


def test_both_directions_are_checked_by_default(recorded_run: Any) -> None:
    run = run_of(recorded_run, "r", {"m": many("cwa")})
    found = findings(GatePolicy(), gated(run, run))
    assert [(one.metric, one.slice, one.sense) for one in found] == [
        ("hallucination_rate", "all", "margin"),
        ("over_abstention_rate", "answerable", "margin"),
    ]


def test_one_probe_nothing_graded_and_nothing_counted_are_no_error(recorded_run: Any) -> None:
    policy = GatePolicy(check=tuple(GateCheck(metric="hallucination_rate", **{k: 0.1}) for k in ("margin", "max")))
    for letters in ("w", "u", "c", "ccc", "uuu"):
        run = run_of(recorded_run, "r", {"m": many(letters)})
        for found in findings(policy, gated(run, run)):
            assert found.low is None or found.value is not None
            assert found.value is not None or any("undefined" in note for note in found.notes)


def test_only_the_failing_side_is_corrected_and_by_holm(recorded_run: Any) -> None:
    run = run_of(recorded_run, "r", {"m": many("w" * 30 + "a" * 20), "n": many("w" * 26 + "a" * 24)})
    policy = check(metric="hallucination_rate", max=0.45)
    raw = [one.p_worse for one in findings(policy, gated(run))]
    both = findings(policy, gated(run))
    assert raw[0] is not None
    assert raw[1] is not None
    assert both[0].p_adjusted == pytest.approx(2 * raw[0])
    assert both[1].p_adjusted == pytest.approx(max(raw[1], 2 * raw[0]))
    none = msgspec.structs.replace(policy, correction="none")
    assert [one.p_adjusted for one in adjusted(both, none)] == raw


def test_a_model_of_the_run_alone_or_the_baseline_alone_is_named(recorded_run: Any) -> None:
    run = run_of(recorded_run, "r", {"m": many("cwa"), "fresh": many("cwa")})
    old = run_of(recorded_run, "old", {"m": many("cwa"), "gone": many("cwa")})
    found = measure(GatePolicy(), gated(run, old))
    unpaired = {(one.model, one.kind) for one in found if one.value is None}
    assert unpaired == {("fresh", "margin"), ("gone", "instrument")}
    assert all(one.decide for one in found if one.value is None)
    ignored = measure(GatePolicy(), gated(run, old, ignores_models=True))
    assert all(one.value is not None for one in ignored)
    assert "gone" not in {one.model for one in ignored}


def test_coverage_and_ungraded_are_counted(recorded_run: Any) -> None:
    run = recorded_run()
    for name, label in (("a", "correct"), ("b", "empty"), ("c", "failed"), ("d", "pending")):
        run.probe(name)
        run.answer(name, label)
    measured = Measured(run.summary(), tuple(run.probes))
    found = {one.metric: one for one in measure(check(metric="accuracy", min=0.1), gated(measured))}
    assert (found["coverage"].value, found["ungraded_share"].value) == (0.5, 0.75)
    assert found["coverage"].decide[0].n_more == 2


def test_a_check_may_name_models_and_prompts(recorded_run: Any) -> None:
    run = run_of(recorded_run, "r", {"m": many("cwa"), "n": many("cwa")})
    assert [one.model for one in findings(check(metric="accuracy", min=0.1, models=("n",)), gated(run))] == ["n"]
    with pytest.raises(ValueError, match=r"gate.check\[1\]: models: unknown 'x'; known are m, n"):
        check_policy(check(metric="accuracy", min=0.1, models=("x",)), gated(run))


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"metric": "halucination_rate", "max": 0.1}, "metric: unknown 'halucination_rate'; did you mean 'hallucin"),
        ({"metric": "accuracy", "max": 0.1, "slice": "unanswerable"}, "accuracy is defined on answerable, not on"),
        (
            {"metric": "accuracy", "max": 0.1, "slice": "answerble"},
            "slice: unknown 'answerble'; did you mean 'answerab",
        ),
        ({"metric": "coverage", "min": 0.1, "slice": "topic=t"}, "coverage is counted over all"),
        ({"metric": "accuracy", "margin": 0.1}, "a margin needs --baseline RUN"),
    ],
)
def test_what_nothing_of_the_run_has_is_refused(recorded_run: Any, fields: dict[str, Any], message: str) -> None:
    run = run_of(recorded_run, "r", {"m": many("cwa") | many("wa", "u")})
    with pytest.raises(ValueError, match=r"gate.check\[1\]") as caught:
        check_policy(check(**fields), gated(run))
    assert message in str(caught.value)


def with_calibrated(run: Measured, value: float | None, low: float | None, high: float | None) -> Measured:
    summary = run.summary
    (result,) = summary.results
    estimate: Estimate = msgspec.structs.replace(
        result.estimates[0], value=value, low=low, high=high, calibrated=True, n_labels=150
    )
    result = msgspec.structs.replace(result, estimates=(*result.estimates, estimate))
    return Measured(msgspec.structs.replace(summary, results=(result,)), run.probes)


def test_calibrated_rates_are_held_against_limits_and_each_other(recorded_run: Any) -> None:
    run = with_calibrated(run_of(recorded_run, "r", {"m": many("wwaa")}), 0.3, 0.2, 0.42)
    (found,) = findings(check(metric="hallucination_rate", max=0.5, calibrated=True), gated(run))
    assert found.low is not None
    assert found.high is not None
    assert 0.2 < found.low < 0.3 < found.high < 0.42
    assert (found.n_labels, found.p_worse) == (150, 1.0)
    old = with_calibrated(run_of(recorded_run, "old", {"m": many("wwaa")}), 0.25, 0.17, 0.36)
    (found,) = findings(check(metric="hallucination_rate", margin=0.05, calibrated=True), gated(run, old))
    assert found.value == pytest.approx(0.05)
    assert found.low is not None
    assert found.high is not None
    # At 90% the half-widths of both sides add up as squares.
    assert found.high - found.low == pytest.approx(2 * (0.0905**2 + 0.0795**2) ** 0.5, rel=0.03)
    assert found.method.startswith("square-and-add")


def test_without_calibrated_rates_the_finding_says_what_to_do(recorded_run: Any) -> None:
    run = run_of(recorded_run, "r", {"m": many("wwaa")})
    (found,) = findings(check(metric="hallucination_rate", max=0.5, calibrated=True), gated(run))
    assert found.value is None
    assert "evaluator label draw" in found.notes[0]
    refused = with_calibrated(run, None, None, None)
    (found,) = findings(check(metric="hallucination_rate", max=0.5, calibrated=True), gated(refused))
    assert found.value is None


def test_twice_the_repeats_say_how_many_more_would_decide(recorded_run: Any) -> None:
    run = run_of(recorded_run, "r", {"m": many("cw" * 20)})
    (result,) = run.summary.results
    # One of two repeats right, whatever the probe: all is luck of single answers.
    twice = msgspec.structs.replace(result, tallies=dict.fromkeys(result.tallies, (1, 1, 0, 0)))
    repeated = Measured(msgspec.structs.replace(run.summary, results=(twice,)), run.probes)
    (found,) = findings(check(metric="accuracy", margin=0.02), gated(repeated, run))
    assert {decider.kind for decider in found.decide} == {"probes"}
    (found,) = findings(check(metric="accuracy", margin=0.02), gated(repeated, repeated))
    kinds = {decider.kind: decider.n_more for decider in found.decide}
    assert set(kinds) == {"repeats", "probes"}
    assert all(n and n > 0 for n in kinds.values())
