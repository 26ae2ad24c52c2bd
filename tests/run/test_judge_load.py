"""What the judges are expected to be asked, before there is an answer."""

from __future__ import annotations

import msgspec
import pytest

from evaluator.config import JudgeTable, Settings
from evaluator.records import Manifest, ModelSettings, Probe, PromptRef, Response, Verdict
from evaluator.run.judge_load import JudgeLoad, estimated_tokens, judge_loads
from evaluator.run.judging import plan_judging, with_judges

PROBES = [
    Probe(probe_id="a", question="Which planet?", targets=("Mercury",)),
    Probe(probe_id="b", question="How many moons?", targets=("14",)),
    Probe(probe_id="c", question="Which king?", unanswerable="nonexistent", context="A passage. " * 40),
]
MANIFEST = Manifest(
    run_id="r",
    started_at="2026-11-23T09:30:00+00:00",
    evaluator="0",
    config={},
    probe_sets=(),
    models=(ModelSettings(id="server/m"), ModelSettings(id="server/n")),
    prompts=(PromptRef(name="none", version="1", sha256="0" * 64),),
    graders=("cascade-4",),
    packages={},
    seed=0,
    repeats=3,
    n_requests=18,
    plan_sha256="",
)


def judged(*tables: JudgeTable, judge_all: bool = False, repeats: int = 1) -> Manifest:
    settings = Settings(judge=tables, judge_repeats=repeats, judge_all=judge_all)
    return with_judges(MANIFEST, settings, "cascade-4", allow_self_grading=False)


def test_without_a_judge_there_is_no_load() -> None:
    assert judge_loads(MANIFEST, PROBES) == ()


def test_judging_all_asks_every_judge_about_every_answer_as_often_as_said() -> None:
    manifest = judged(JudgeTable(id="server/j"), JudgeTable(id="server/k"), judge_all=True, repeats=2)
    loads = judge_loads(manifest, PROBES)
    assert [load.judge for load in loads] == ["server/j", "server/k"]
    for load in loads:
        assert load.n_answers == 18
        assert load.n_requests == load.n_requests_most == 36


def test_else_a_share_is_expected_and_all_is_the_most() -> None:
    (load,) = judge_loads(judged(JudgeTable(id="server/j")), PROBES)
    assert 0 < load.n_requests < load.n_requests_most == load.n_answers == 18
    assert load.prompt_tokens < load.prompt_tokens_most
    assert load.completion_tokens < (load.completion_tokens_most or 0)


@pytest.mark.parametrize("structured", [True, False])
def test_tokens_are_those_of_what_is_sent(structured: bool) -> None:
    manifest = judged(JudgeTable(id="server/j", structured_output=structured), judge_all=True)
    (load,) = judge_loads(manifest, PROBES, answer_chars=7)
    responses = [
        Response(request_id=f"{model} {probe.probe_id} {repeat}", probe_id=probe.probe_id, model=model, prompt="none",
                 repeat=repeat, outcome="answered", text=f"{model[:1]} said {repeat % 2}"[:7])
        for model in ("m", "n") for probe in PROBES for repeat in range(3)
    ]  # fmt: skip
    verdicts = [
        Verdict(request_id=r.request_id, probe_id=r.probe_id, model=r.model, prompt="none", repeat=0, grader="g",
                label="wrong", step="leftover")
        for r in responses
    ]  # fmt: skip
    judging = plan_judging(manifest, PROBES, responses, verdicts)
    by_id = {request.request_id: request for request in judging.requests}
    asked = [by_id[ballot[0]] for ballot in judging.ballots.values()]
    sent = sum(estimated_tokens(message.content) for request in asked for message in request.messages)
    assert len(asked) == load.n_requests
    assert load.prompt_tokens == pytest.approx(sent, rel=0.01)


def test_a_limit_nobody_set_has_no_upper_end() -> None:
    manifest = judged(JudgeTable(id="server/j"))
    open_ended = msgspec.structs.replace(
        manifest.judges[0], sampling=msgspec.structs.replace(manifest.judges[0].sampling, max_tokens=None)
    )
    (load,) = judge_loads(msgspec.structs.replace(manifest, judges=(open_ended,)), PROBES)
    assert isinstance(load, JudgeLoad)
    assert load.completion_tokens_most is None


def test_a_counter_of_tokens_can_be_given() -> None:
    manifest = judged(JudgeTable(id="server/j"), judge_all=True)
    (load,) = judge_loads(manifest, PROBES, count_tokens=lambda text: 1.0)
    assert load.prompt_tokens == 2 * load.n_requests
