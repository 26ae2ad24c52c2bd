from __future__ import annotations

from typing import Any

import msgspec
import pytest

from evaluator.records import ModelSettings, PromptRef, Sampling
from evaluator.stats.comparison.pairing import (
    Measured,
    common_ground,
    couple_runs,
    couple_within,
    obstacles_between,
    setting_notes,
)


def measured(run: Any, run_id: str = "A", **manifest: Any) -> Measured:
    summary = run.summary()
    manifest = {"run_id": run_id, **manifest}
    summary = msgspec.structs.replace(summary, manifest=msgspec.structs.replace(summary.manifest, **manifest))
    return Measured(summary, tuple(run.probes))


def run_of(recorded_run: Any, ids: str = "abc", models: tuple[str, ...] = ("m",), **fields: Any) -> Any:
    run = recorded_run(models=models)
    for probe_id in ids:
        run.probe(probe_id, **fields)
        for model in models:
            run.answer(probe_id, "correct", model=model)
    return run


def test_probes_of_both_runs_with_one_content_are_common(recorded_run: Any) -> None:
    a, b = run_of(recorded_run, "abcd"), run_of(recorded_run, "bc")
    b.probe("d", topic="changed")
    b.probe("x")
    ground = common_ground(measured(a), measured(b, "B"))
    assert ground.probe_ids == ("b", "c")
    assert ground.changed == ("d",)
    left = ground.left_out
    assert (left.only_in_a, left.only_in_b, left.changed) == (1, 1, 1)


def test_probes_may_come_from_either_run(recorded_run: Any) -> None:
    a, b = measured(run_of(recorded_run)), measured(run_of(recorded_run), "B")
    whole = common_ground(a, b)
    for bare in ((Measured(a.summary), b), (a, Measured(b.summary))):
        assert common_ground(*bare).probe_ids == whole.probe_ids
    with pytest.raises(ValueError, match="probes of at least one"):
        common_ground(Measured(a.summary), Measured(b.summary))


def test_clusters_link_through_probes_that_are_left_out(recorded_run: Any) -> None:
    a = recorded_run()
    for probe_id, twin in (("p1", "hub"), ("p2", "hub"), ("hub", None), ("p3", None)):
        a.probe(probe_id, twin=twin)
    b = recorded_run()
    for probe_id, twin in (("p1", "hub"), ("p2", "hub"), ("p3", None)):
        b.probe(probe_id, twin=twin)
    clusters = common_ground(measured(a), measured(b, "B")).clusters.tolist()
    assert clusters[0] == clusters[1] != clusters[2]


def test_two_runs_couple_the_same_model_under_the_same_prompt(recorded_run: Any) -> None:
    a, b = run_of(recorded_run, models=("m", "n", "only_a")), run_of(recorded_run, models=("n", "m", "only_b"))
    found = couple_runs(measured(a), measured(b, "B"), None).found
    assert [(couple.a.model, couple.b.model, couple.b.prompt) for couple in found] == [
        ("m", "m", "permit"),
        ("n", "n", "permit"),
    ]
    named = couple_runs(measured(a), measured(b, "B"), [("only_a", "only_b")]).found
    assert [(couple.a.model, couple.b.model) for couple in named] == [("only_a", "only_b")]


def test_a_prompt_with_another_text_is_an_obstacle(recorded_run: Any) -> None:
    run = run_of(recorded_run)
    other = measured(run, "B", prompts=(PromptRef(name="permit", version="2", sha256="1"),))
    couples = couple_runs(measured(run), other, None)
    assert [(o.kind, o.message) for o in couples.obstacles] == [
        ("prompt", "prompt permit has another text in each run")
    ]


def test_two_prompts_of_different_name_are_an_obstacle_and_coupled(recorded_run: Any) -> None:
    a, b = run_of(recorded_run), recorded_run()
    b.probes = list(a.probes)
    for probe_id in "abc":
        b.answer(probe_id, "wrong", prompt="none")
    run_b = measured(b, "B", prompts=(PromptRef(name="none", version="1", sha256="0"),))
    only = [result for result in run_b.summary.results if result.prompt == "none"]
    run_b = Measured(msgspec.structs.replace(run_b.summary, results=tuple(only)), run_b.probes)
    couples = couple_runs(measured(a), run_b, None)
    assert [(couple.a.prompt, couple.b.prompt) for couple in couples.found] == [("permit", "none")]
    assert couples.obstacles[0].message == "run A asked with prompt permit, run B with none"


def test_a_prompt_of_one_run_only_is_left_out_and_named(recorded_run: Any) -> None:
    a, b = run_of(recorded_run), run_of(recorded_run)
    for probe_id in "abc":
        a.answer(probe_id, "wrong", prompt="none")
    couples = couple_runs(measured(a), measured(b, "B"), None)
    assert [couple.a.prompt for couple in couples.found] == ["permit"]
    assert couples.notes == ("m: prompt none is in run A only: left out",)
    assert not couples.obstacles


def test_one_run_couples_all_its_models_by_prompt(recorded_run: Any) -> None:
    run = run_of(recorded_run, models=("m", "n", "o"))
    for model in ("m", "n", "o"):
        run.answer("a", "wrong", model=model, prompt="none")
    both = measured(run)
    pairs = [(c.a.model, c.b.model, c.a.prompt == c.b.prompt) for c in couple_within(both, None).found]
    assert len(pairs) == 6
    assert all(same for *_, same in pairs)
    across = [c for c in couple_within(both, None, across_prompts=True).found if c.a.prompt != c.b.prompt]
    assert [(c.a.model, c.b.model) for c in across] == [("m", "m"), ("n", "n"), ("o", "o")]


def test_one_run_couples_as_the_user_names_them(recorded_run: Any) -> None:
    run = measured(run_of(recorded_run, models=("m", "n", "o")))
    found = couple_within(run, [("o", "m")]).found
    assert [(couple.a.model, couple.b.model) for couple in found] == [("o", "m")]


def test_another_grader_or_judge_is_an_obstacle(recorded_run: Any) -> None:
    run = run_of(recorded_run)
    a = measured(run)
    ground = common_ground(a, a)
    assert not list(obstacles_between(a, measured(run, "B"), ground))
    other = measured(run, "B", graders=("cascade-2",))
    (obstacle,) = obstacles_between(a, other, ground)
    assert (obstacle.kind, obstacle.message) == (
        "grader",
        "run A was graded by cascade-1, run B by cascade-2",
    )
    judged = measured(run, "B", judges=(ModelSettings(id="server/phi-4"),))
    (obstacle,) = obstacles_between(a, judged, ground)
    assert "server/phi-4" in obstacle.message


def test_changed_probes_are_an_obstacle_with_their_names(recorded_run: Any) -> None:
    a, b = run_of(recorded_run, "abcdefgh"), run_of(recorded_run, "abcdefgh", topic="other")
    one, other = measured(a), measured(b, "B")
    (obstacle,) = obstacles_between(one, other, common_ground(one, other))
    assert obstacle.kind == "probes"
    assert obstacle.message == "8 probes differ in content between the runs (a, b, c, d, e, ...)"


def test_other_sampling_settings_are_noted(recorded_run: Any) -> None:
    run = run_of(recorded_run)
    warm = measured(run, "B", models=(ModelSettings(id="m", sampling=Sampling(temperature=1.0)),))
    found = couple_runs(measured(run), warm, None).found
    assert list(setting_notes(found)) == ["m: the two runs asked with different sampling settings"]
    assert not list(setting_notes(couple_runs(measured(run), measured(run, "B"), None).found))
