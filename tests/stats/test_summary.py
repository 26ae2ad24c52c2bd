from __future__ import annotations

import hashlib
import random
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluator.records import OUTCOMES, REASONS, Probe, Summary, Usage
from evaluator.stats import summarise
from evaluator.stats.summary import probe_hash

LABELS = ["correct", "wrong", "abstained", "empty", "truncated", "failed", "blocked", "malformed", "pending"]


def mixed_run(recorded_run: Any, seed: int, repeats: int = 2) -> Any:
    """A run with everything in it: twins, clusters, two models, gaps, odd outcomes."""
    rng = random.Random(seed)
    run = recorded_run(repeats=repeats, models=("m", "n"))
    for i in range(12):
        reason = rng.choice(REASONS) if i % 2 else None
        run.probe(
            f"p{i}",
            reason,
            topic=rng.choice([None, "history", "sport"]),
            language=rng.choice(["en", "zh"]),
            twin=rng.choice([None, f"p{i - 1}"]) if i % 2 else None,
            cluster=rng.choice([None, "k"]),
        )
        for model in ("m", "n", "unplanned"):
            for repeat in range(rng.randrange(repeats + 2)):
                label = rng.choice(LABELS if reason is None else LABELS[1:])
                fields = {
                    "cost_usd": rng.choice([None, rng.random()]),
                    "latency_s": rng.choice([None, rng.random()]),
                    "served_model": rng.choice([None, "m-2", "m-1"]),
                    "served_by": rng.choice([None, "host"]),
                    "usage": rng.choice([None, Usage(prompt_tokens=3)]),
                    "step": rng.choice([None, "match", "judge"]),
                }
                run.answer(f"p{i}", label, model=model, repeat=repeat, **fields)
    return run


def test_the_worked_example_has_the_hand_counted_result(recorded_run: Any) -> None:
    run = recorded_run(repeats=2)
    run.ask("a", "cw", topic="history", twin="b")
    run.ask("b", "aw", reason="future", topic="history")
    run.ask("c", "au", language="zh")
    run.ask("d", "c")
    result = run.result()
    assert result.n_planned == 8
    assert {name: count for name, count in result.outcomes.items() if count} == {"answered": 7, "pending": 1}
    assert list(result.outcomes) == list(OUTCOMES)
    assert result.ungraded == {"empty": 1, "pending": 1}
    assert result.tallies == {"a": (1, 1, 0, 0), "b": (0, 1, 1, 0), "c": (0, 0, 1, 1), "d": (1, 0, 0, 1)}
    counts = {name: msgspec.structs.astuple(count) for name, count in result.counts.items()}
    assert counts == {
        "all": (2, 2, 2, 2),
        "answerable": (2, 1, 1, 2),
        "unanswerable": (0, 1, 1, 0),
        "topic=history": (1, 2, 1, 0),
        "reason=future": (0, 1, 1, 0),
        "language=en": (2, 2, 1, 1),
        "language=zh": (0, 0, 1, 1),
        "twins": (1, 2, 1, 0),
    }
    values = {(e.name, e.slice): e.value for e in result.estimates}
    assert values["hallucination_rate", "all"] == 0.5
    assert values["hallucination_rate", "topic=history"] == pytest.approx(2 / 3)
    assert values["hallucination_rate", "language=zh"] == 0.0
    assert values["accuracy", "answerable"] == 0.5
    assert values["omniscience_index", "answerable"] == 25
    assert values["abstention_precision", "all"] == 0.5
    assert values["abstention_discrimination_j", "twins"] == 0.5


def test_every_metric_is_there_with_its_slices(recorded_run: Any) -> None:
    run = recorded_run()
    run.ask("a", "c", topic="history")
    run.ask("b", "a", reason="stale", language="zh")
    found = [(e.name, e.slice) for e in run.result().estimates]
    rates = ["all", "answerable", "unanswerable", "topic=history", "reason=stale", "language=en", "language=zh"]
    on_answerable = ["accuracy", "attempted_error_rate", "over_abstention_rate", "omniscience_index", "f_score"]
    on_answerable += [f"penalised_score_t{t}" for t in ("0", "0.5", "0.75", "0.9")]
    assert found == [
        *(("hallucination_rate", name) for name in rates),
        *((name, "answerable") for name in on_answerable),
        *((f"abstention_{name}", "all") for name in ("precision", "recall", "f1")),
        *((f"abstention_discrimination_{name}", "twins") for name in ("j", "dprime")),
    ]
    assert all(e.definition and not e.calibrated and e.n_labels == 0 for e in run.result().estimates)


@settings(max_examples=25)
@given(st.integers(0, 10_000), st.integers(1, 3))
def test_everything_adds_up_to_what_was_planned(recorded_run: Any, seed: int, repeats: int) -> None:
    run = mixed_run(recorded_run, seed, repeats)
    for result in run.summary().results:
        answered = sum((r.model, r.prompt) == (result.model, result.prompt) for r in run.responses)
        assert result.n_planned >= max(answered, 12 * repeats)
        assert sum(result.outcomes.values()) == result.n_planned
        assert sum(result.ungraded.values()) == result.counts["all"].ungraded
        assert sum(map(sum, result.tallies.values())) == result.n_planned
        assert sum(msgspec.structs.astuple(result.counts["all"])) == result.n_planned
        kinds = [msgspec.structs.astuple(result.counts[kind]) for kind in ("answerable", "unanswerable")]
        languages = [msgspec.structs.astuple(c) for name, c in result.counts.items() if name.startswith("language=")]
        for parts in (kinds, languages):
            assert tuple(map(sum, zip(*parts, strict=True))) == msgspec.structs.astuple(result.counts["all"])


@settings(max_examples=25)
@given(st.integers(0, 10_000), st.randoms(use_true_random=False))
def test_any_order_of_the_records_gives_the_same_bytes(recorded_run: Any, seed: int, shuffler: random.Random) -> None:
    run = mixed_run(recorded_run, seed)
    expected = msgspec.json.encode(run.summary())
    for records in (run.probes, run.responses, run.verdicts):
        shuffler.shuffle(records)
    assert msgspec.json.encode(run.summary()) == expected


@settings(max_examples=25)
@given(st.integers(0, 10_000))
def test_a_summary_survives_its_file(recorded_run: Any, seed: int) -> None:
    summary = mixed_run(recorded_run, seed).summary()
    encoded = msgspec.json.encode(summary)
    assert b"NaN" not in encoded
    assert msgspec.json.decode(encoded, type=Summary) == summary


def test_results_follow_the_manifest_then_the_rest_by_name(recorded_run: Any) -> None:
    run = recorded_run(models=("z", "m"))
    run.probe("p")
    for model, prompt in [("a", "permit"), ("m", "extra"), ("b", "another")]:
        run.answer("p", "correct", model=model, prompt=prompt)
    found = [(result.model, result.prompt) for result in run.summary().results]
    assert found == [("z", "permit"), ("m", "permit"), ("m", "extra"), ("a", "permit"), ("b", "another")]


def test_a_model_that_was_never_asked_is_all_pending(recorded_run: Any) -> None:
    run = recorded_run(repeats=3)
    run.probe("p")
    result = run.result()
    assert (result.n_planned, result.outcomes["pending"], result.ungraded) == (3, 3, {"pending": 3})
    assert all(e.value is None for e in result.estimates)
    assert run.summary().notes == ("3 of 3 requests are pending: every rate covers the others only",)


def test_an_imported_run_has_planned_what_its_file_holds(recorded_run: Any) -> None:
    run = recorded_run(repeats=3)
    run.probe("p")
    run.ask("a", "cw")
    manifest = msgspec.structs.replace(run.summary().manifest, imported_from="answers.jsonl")
    summary = summarise(manifest, run.probes, run.responses, run.verdicts)
    result = summary.results[0]
    assert (result.n_planned, result.outcomes["pending"], result.counts["all"].ungraded) == (2, 0, 0)
    assert summary.notes == ("m: the file has answers to 1 of 2 probes",)


def test_another_model_than_asked_is_said_aloud(recorded_run: Any) -> None:
    run = recorded_run(models=("server/m",))
    run.probe("a")
    run.probe("b")
    run.answer("a", "correct", model="server/m", served_model="m-2026-01-01")
    run.answer("b", "correct", model="server/m", served_model="cheap-mini")
    assert run.summary().notes == ("server/m: the server says that another model answered: cheap-mini",)


def test_more_answers_than_planned_are_all_counted(recorded_run: Any) -> None:
    run = recorded_run(repeats=1)
    run.ask("a", "ccc")
    run.probe("b")
    result = run.result()
    assert result.n_planned == 4
    assert result.outcomes["pending"] == 1
    assert result.tallies == {"a": (3, 0, 0, 0), "b": (0, 0, 0, 1)}


@pytest.mark.parametrize(
    ("outcome", "reason"),
    [
        ("answered", "pending"),
        ("refused", "pending"),
        ("truncated", "truncated"),
        ("blocked", "blocked"),
        ("failed", "failed"),
        ("malformed", "malformed"),
        ("pending", "pending"),
    ],
)
def test_a_response_nobody_graded_is_ungraded(recorded_run: Any, outcome: str, reason: str) -> None:
    run = recorded_run()
    run.probe("p")
    run.answer("p", "correct", outcome=outcome)
    run.verdicts.clear()
    result = run.result()
    assert result.ungraded == {reason: 1}
    assert result.counts["all"].ungraded == 1


def test_steps_kinds_and_who_served_are_counted(recorded_run: Any) -> None:
    run = recorded_run()
    for name in "abc":
        run.probe(name)
    run.answer("a", "abstained", abstention_kind="dont_know", step="phrases", served_model="m-1", served_by="host")
    run.answer("b", "abstained", abstention_kind="clarification", step="judge", served_model="m-2", served_by="host")
    run.answer("c", "correct", step="judge")
    result = run.result()
    assert result.abstention_kinds == {"clarification": 1, "dont_know": 1}
    assert result.steps == {"judge": 2, "phrases": 1}
    assert result.served_models == {"m-1": 1, "m-2": 1}
    assert result.served_by == {"host": 2}


def test_twins_are_not_counted_as_independent(recorded_run: Any) -> None:
    run = recorded_run()
    for i in range(20):
        run.ask(f"a{i}", "w", twin=f"b{i}")
        run.ask(f"b{i}", "wa"[i % 2], reason="nonexistent")
    rate = run.estimate("hallucination_rate", "all")
    assert (rate.n, rate.n_clusters) == (40, 20)
    assert rate.method.startswith("Wilson score, effective n")
    assert run.estimate("hallucination_rate", "answerable").method == "Wilson score"


def test_every_probe_is_named_with_the_hash_of_its_content(recorded_run: Any) -> None:
    run = recorded_run()
    run.ask("b", "c")
    run.ask("a", "c")
    summary = run.summary()
    assert list(summary.probes) == ["a", "b"]
    encoded = msgspec.json.encode(run.probes[1])
    assert summary.probes["a"] == hashlib.sha256(encoded).hexdigest()[:16]
    changed = Probe(probe_id="a", question="q", targets=("y",))
    assert probe_hash(changed) != summary.probes["a"]


def test_two_probes_of_one_id_are_refused(recorded_run: Any) -> None:
    run = recorded_run()
    run.probe("p")
    run.probe("p", topic="other")
    with pytest.raises(ValueError, match="one probe per id, got two for 'p'"):
        run.summary()


@pytest.mark.parametrize("level", [0, 1, 95, -1, float("nan")])
def test_a_level_that_is_no_probability_is_refused(recorded_run: Any, level: float) -> None:
    with pytest.raises(ValueError, match="need level in"):
        recorded_run().summary(level=level)


def test_a_higher_level_gives_wider_intervals(recorded_run: Any) -> None:
    run = recorded_run()
    for i in range(30):
        run.ask(f"p{i}", "cwa"[i % 3])
    narrow, wide = (run.summary(level=level).results[0].estimates for level in (0.8, 0.99))
    for one, two in zip(narrow, wide, strict=True):
        if one.low is not None and (one.low, one.high) != (two.low, two.high):
            assert two.low <= one.low
            assert one.high <= two.high
    assert {estimate.level for estimate in wide} == {0.99}


def test_no_probes_at_all_is_a_summary_of_nothing(recorded_run: Any) -> None:
    run = recorded_run()
    result = summarise(run.manifest, [], [], []).results[0]
    assert (result.n_planned, result.tallies) == (0, {})
    assert all(estimate.value is None for estimate in result.estimates)
