from __future__ import annotations

import random
from typing import Any

import pytest

from evaluator.records import FreshComparison, Manifest, Probe, ProbeSetRef, Response, Summary, Verdict
from evaluator.report.freshness import freshness_sections
from evaluator.stats import summarise
from evaluator.stats.freshness import mover_interval, varieties_of
from evaluator.stats.intervals import newcombe_difference_interval

FIELDS: dict[str, Any] = {
    "run_id": "r", "started_at": "t", "evaluator": "0", "config": {}, "models": (), "prompts": (), "graders": ("g",),
    "packages": {}, "seed": 0, "repeats": 1, "n_requests": 0, "plan_sha256": "s",
}  # fmt: skip


def manifest(*sets: tuple[int, int | None]) -> Manifest:
    refs = [ProbeSetRef(name=f"s{i}", path="p", sha256="x", n_probes=n, seed=seed) for i, (n, seed) in enumerate(sets)]
    return Manifest(**FIELDS, probe_sets=tuple(refs))


def probes(stem: str, n: int, family: str) -> tuple[Probe, ...]:
    return tuple(
        Probe(probe_id=f"{stem}{i:03d}", question=f"{stem} {i}?", targets=("t",), tags=(f"family:{family}",))
        for i in range(n)
    )


def summary_of(sets: list[tuple[tuple[Probe, ...], int | None]], right: dict[str, bool]) -> Summary:
    asked = tuple(probe for own, _ in sets for probe in own)
    told = manifest(*((len(own), seed) for own, seed in sets))
    responses, verdicts = [], []
    for probe in asked:
        fields: dict[str, Any] = {"request_id": probe.probe_id, "probe_id": probe.probe_id, "model": "m"}
        fields |= {"prompt": "none", "repeat": 0}
        responses.append(Response(**fields, outcome="answered", text="x"))
        label = "correct" if right[probe.probe_id] else "wrong"
        verdicts.append(Verdict(**fields, grader="g", label=label))
    return summarise(told, asked, responses, verdicts)


def compared(summary: Summary, name: str, family: str) -> FreshComparison:
    return next(each for each in summary.freshness if (each.name, each.family) == (name, family))


def test_a_model_that_knows_the_fixed_probes_by_heart_is_found() -> None:
    fixed, fresh = probes("code-a", 100, "code"), probes("code-b", 100, "code")
    right = {p.probe_id: i < 80 for i, p in enumerate(fixed)} | {p.probe_id: i < 60 for i, p in enumerate(fresh)}
    found = compared(summary_of([(fixed, None), (fresh, 7)], right), "accuracy", "code")
    assert (found.n_fixed, found.n_fresh, found.fixed, found.fresh) == (100, 100, 0.8, 0.6)
    expected = newcombe_difference_interval(80, 100, 60, 100)
    assert (found.low, found.high) == (pytest.approx(expected[0]), pytest.approx(expected[1]))


def test_the_report_says_so_and_only_then() -> None:
    fixed, fresh = probes("code-a", 100, "code"), probes("code-b", 100, "code")
    for n_fixed, is_told in ((90, True), (61, False), (20, False)):
        right = {p.probe_id: i < n_fixed for i, p in enumerate(fixed)}
        right |= {p.probe_id: i < 60 for i, p in enumerate(fresh)}
        summary = summary_of([(fixed, None), (fresh, 7)], right)
        (section,) = freshness_sections(summary.freshness, [("m", summary.results[0])])
        assert any("as after training on them" in remark for remark in section.remarks) == is_told
        assert section.table is not None
        assert section.table.rows[0].label == "code · accuracy · m"


def test_families_weigh_the_same_in_the_mean_over_all() -> None:
    sets = [probes("a", 200, "x") + probes("b", 20, "y"), probes("c", 50, "x") + probes("d", 50, "y")]
    rates = {"a": 0.5, "b": 1.0, "c": 0.5, "d": 0.5}
    sizes = {"a": 200, "b": 20, "c": 50, "d": 50}
    right = {p.probe_id: int(p.probe_id[1:]) < rates[p.probe_id[0]] * sizes[p.probe_id[0]] for s in sets for p in s}
    summary = summary_of([(sets[0], None), (sets[1], 3)], right)
    assert compared(summary, "accuracy", "all").difference == pytest.approx(0.25)
    assert compared(summary, "accuracy", "x").difference == 0


def test_without_both_kinds_there_is_nothing_to_compare() -> None:
    fixed, fresh = probes("a", 5, "x"), probes("b", 5, "y")
    assert varieties_of(manifest((5, None), (5, 1)), fixed + fresh) == {}
    assert varieties_of(manifest((10, None)), fixed + probes("b", 5, "x")) == {}
    assert varieties_of(manifest((5, None), (4, 1)), fixed + probes("b", 5, "x")) == {}


def test_a_few_answers_get_no_interval() -> None:
    fixed, fresh = probes("a", 5, "x"), probes("b", 50, "x")
    summary = summary_of([(fixed, None), (fresh, 1)], {p.probe_id: True for p in fixed + fresh})
    found = compared(summary, "accuracy", "x")
    assert (found.fixed, found.fresh, found.difference, found.low) == (1.0, 1.0, None, None)
    assert found.method == "fewer than 10 answers on one side"


def test_the_order_in_which_sets_come_decides_which_probe_is_fresh() -> None:
    fixed, fresh = probes("z", 3, "x"), probes("a", 2, "x")
    found = varieties_of(manifest((3, None), (2, 1)), fixed + fresh)["x"]
    assert (found.fresh.tolist(), found.fixed.tolist()) == ([0, 1], [2, 3, 4])


def test_intervals_of_a_sum_cover_as_they_say() -> None:
    from evaluator.stats.intervals import wilson_interval

    rng, hits = random.Random(4), 0
    truth = [(0.8, 40), (0.6, 60), (0.3, 30), (0.5, 50)]
    weights = [0.5, -0.5, 0.5, -0.5]
    target = sum(w * p for w, (p, _) in zip(weights, truth, strict=True))
    for _ in range(2000):
        sides = []
        for p, n in truth:
            k = sum(rng.random() < p for _ in range(n))
            sides.append((k / n, *wilson_interval(k, n)))
        low, high = mover_interval(sides, weights)
        hits += low <= target <= high
    # Three standard errors of a coverage of 0.95 over 2,000 draws are 0.015.
    assert 0.935 <= hits / 2000 <= 0.97
