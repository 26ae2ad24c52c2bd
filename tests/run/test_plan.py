"""Requests: their ids never change, and differ whenever anything sent differs."""

from __future__ import annotations

import hashlib

import msgspec
import pytest

from evaluator.errors import ConfigError
from evaluator.records import ModelSettings, Probe, Sampling
from evaluator.run.plan import by_model, count_by_model, ids_of, only, plan_request, plan_requests, plan_sha256
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


def test_a_plan_makes_the_same_requests_as_one_by_one_in_the_order_of_their_ids() -> None:
    models = [MODEL, msgspec.structs.replace(MODEL, id="server/n")]
    prompts = [PERMIT, prompt_named("none")]
    requests = plan_requests(PROBES, models, prompts, repeats=3)
    for model, own in by_model(requests, ["server/n", "server/m", "server/x"]).items():
        settings = [each for each in models if each.id == model]
        expected = [plan_request(p, s, q, k) for s in settings for q in prompts for p in PROBES for k in range(3)]
        assert list(own) == sorted(expected, key=lambda request: request.request_id)
        assert own[:2] == list(own)[:2]
    assert [request.model for request in requests] == ["server/m"] * 18 + ["server/n"] * 18
    assert list(ids_of(requests)) == [request.request_id for request in requests]


def test_a_part_of_a_plan_keeps_its_order_and_its_models() -> None:
    models = [MODEL, msgspec.structs.replace(MODEL, id="server/n")]
    requests = plan_requests(PROBES, models, [PERMIT], repeats=2)
    wanted = [place % 3 == 1 for place in range(len(requests))]
    part = only(requests, wanted)
    listed = only(list(requests), wanted)
    names = ["server/m", "server/n", "server/x"]
    assert list(part) == list(listed) == list(requests)[1::3]
    assert count_by_model(part, names) == count_by_model(listed, names) == {"server/m": 2, "server/n": 2}
    assert {k: list(v) for k, v in by_model(part, names).items()} == by_model(listed, names)
    assert list(only(part, [False, True, False, False])) == [part[1]]
    assert plan_sha256(part) == plan_sha256(listed)
    lines = "\n".join(sorted(request.request_id for request in listed))
    assert plan_sha256(part) == hashlib.sha256(lines.encode()).hexdigest()


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
