"""Requests: their ids never change, and differ whenever anything sent differs."""

from __future__ import annotations

import msgspec
import pytest

from evaluator.errors import ConfigError
from evaluator.records import ModelSettings, Probe, Sampling
from evaluator.run.plan import plan_request, plan_requests, plan_sha256
from evaluator.run.prompts import messages_for, prompt_named

PROBES = [Probe(probe_id=f"p{n}", question="Same question?", targets=("x",)) for n in range(3)]
MODEL = ModelSettings(id="server/m", sampling=Sampling(temperature=0.5))
PERMIT = prompt_named("permit")


def test_the_id_is_stable_over_versions() -> None:
    request = plan_request(PROBES[0], MODEL, prompt_named("none"), 0)
    assert request.request_id == "312b72516ab849ac657ddc5bfb496ba91a217c12fd2cdd23872f715fc8fa0471"


def test_every_difference_in_what_is_sent_gives_another_id() -> None:
    base = plan_request(PROBES[0], MODEL, PERMIT, 0)
    others = [
        plan_request(PROBES[1], MODEL, PERMIT, 0),
        plan_request(PROBES[0], MODEL, PERMIT, 1),
        plan_request(PROBES[0], MODEL, prompt_named("target:0.5"), 0),
        plan_request(PROBES[0], msgspec.structs.replace(MODEL, id="server/n"), PERMIT, 0),
        plan_request(PROBES[0], msgspec.structs.replace(MODEL, sampling=Sampling(temperature=0.6)), PERMIT, 0),
        plan_request(msgspec.structs.replace(PROBES[0], context="Read this."), MODEL, PERMIT, 0),
    ]
    assert len({base.request_id, *(other.request_id for other in others)}) == 7


def test_settings_that_are_not_sent_do_not_change_the_id() -> None:
    other = msgspec.structs.replace(MODEL, concurrency=50, timeout_s=1.0, base_url="http://127.0.0.1:1")
    assert plan_request(PROBES[0], other, PERMIT, 0) == plan_request(PROBES[0], MODEL, PERMIT, 0)


def test_a_plan_holds_every_combination_once() -> None:
    models = [MODEL, msgspec.structs.replace(MODEL, id="server/n")]
    requests = plan_requests(PROBES, models, [PERMIT, prompt_named("none")], repeats=2)
    keys = {(r.model, r.prompt, r.probe_id, r.repeat) for r in requests}
    assert len(requests) == len(keys) == 2 * 2 * 3 * 2
    assert plan_sha256(requests) == plan_sha256(reversed(requests))


def test_the_target_is_never_sent() -> None:
    probe = Probe(probe_id="p", question="Capital?", targets=("Canberra",), question_en="Gloss", why=None)
    assert "Canberra" not in str(plan_request(probe, MODEL, PERMIT, 0).messages)
    assert "Gloss" not in str(plan_request(probe, MODEL, PERMIT, 0).messages)


def test_passage_and_options_are_shown() -> None:
    probe = Probe(
        probe_id="p", question="Which?", targets=("red",), match="choice", choices=("blue", "red"), context="A red box."
    )
    assert messages_for(PERMIT, probe)[1].content == "A red box.\n\nWhich?\n\nA) blue\nB) red"


def test_the_target_prompt_states_the_penalty_of_kalai_et_al() -> None:
    for target, penalty in (("0.5", "costs 1 points"), ("0.75", "costs 3 points"), ("0.9", "costs 9 points")):
        assert penalty in prompt_named(f"target:{target}").system


def test_only_permit_and_target_speak_of_not_knowing() -> None:
    assert "know" not in prompt_named("none").system
    assert "know" in prompt_named("permit").system


@pytest.mark.parametrize(
    "name", ["", "nothing", "target", "target:", "target:0", "target:1", "target:1.5", "target:nan"]
)
def test_an_unknown_prompt_names_the_known_ones(name: str) -> None:
    with pytest.raises(ConfigError, match="none, permit or target:T"):
        prompt_named(name)
