"""[privacy]: what is asked of the router, what is refused, and what tells that it was not kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from evaluator.config import model_settings, read_settings
from evaluator.errors import ConfigError
from evaluator.providers import with_defaults
from evaluator.providers.routing import (
    Host,
    dearest,
    is_host_outside,
    is_other_model,
    may_serve,
    provider_preferences,
    usable_hosts,
)
from evaluator.records import ModelSettings, Price, Privacy

KIMI = "openrouter/moonshotai/kimi-k2.6"
HOSTS = (
    Host(name="Moonshot AI", tag="moonshotai/int4", quantization="int4"),
    Host(name="DeepInfra", tag="deepinfra/turbo", quantization="fp4"),
    Host(name="DeepInfra", tag="deepinfra/fp8", quantization="fp8"),
    Host(name="Google", tag="google-vertex/us-east5"),
)


def test_privacy_becomes_the_routers_own_settings() -> None:
    assert provider_preferences(Privacy()) == {"require_parameters": True}
    privacy = Privacy(
        data_collection="deny",
        zdr=True,
        allowed_hosts=("moonshotai", "deepinfra"),
        forbidden_hosts=("deepinfra/turbo",),
        quantizations=("fp8", "bf16"),
    )
    assert provider_preferences(privacy) == {
        "require_parameters": True,
        "data_collection": "deny",
        "zdr": True,
        "only": ["moonshotai", "deepinfra"],
        "ignore": ["deepinfra/turbo"],
        "quantizations": ["fp8", "bf16"],
    }
    pinned = provider_preferences(Privacy(pinned_host="deepinfra/turbo", allowed_hosts=("deepinfra",)))
    assert pinned == {"require_parameters": True, "only": ["deepinfra/turbo"], "allow_fallbacks": False}


@pytest.mark.parametrize(
    ("privacy", "problem"),
    [
        (Privacy(pinned_host="a", allowed_hosts=("b",)), "pinned_host: need one of allowed_hosts"),
        (Privacy(pinned_host="a/b", forbidden_hosts=("a",)), "forbidden_hosts: leaves none of a/b"),
        (Privacy(allowed_hosts=("a",), forbidden_hosts=("A",)), "forbidden_hosts: leaves none of a"),
        (Privacy(allowed_hosts=("Moonshot AI",)), "allowed_hosts: need slugs"),
        (Privacy(forbidden_hosts=("",)), "forbidden_hosts: need slugs"),
        (Privacy(pinned_host="a b"), "pinned_host: need the slug"),
    ],
)
def test_settings_that_contradict_each_other_are_refused(privacy: Privacy, problem: str) -> None:
    with pytest.raises(ConfigError) as caught:
        with_defaults(ModelSettings(id=KIMI, privacy=privacy))
    assert f"{KIMI}: [privacy] {problem}" in str(caught.value)


@pytest.mark.parametrize(
    "model", [ModelSettings(id="anthropic/claude-opus-4-7"), ModelSettings(id="server/m", base_url="https://h/v1")]
)
def test_a_route_that_nobody_can_bind_is_refused(model: ModelSettings) -> None:
    settings = ModelSettings(id=model.id, base_url=model.base_url, privacy=Privacy(zdr=True, data_collection="deny"))
    with pytest.raises(ConfigError, match=r"\[privacy\] data_collection, zdr: only a route through OpenRouter"):
        with_defaults(settings)


@pytest.mark.parametrize(
    "model",
    [
        ModelSettings(id="local/smollm2-135m"),
        ModelSettings(id="recorded/m", answers="x"),
        ModelSettings(id="server/m", base_url="http://127.0.0.1:8000/v1"),
    ],
)
def test_what_stays_on_this_machine_needs_no_router(model: ModelSettings) -> None:
    settings = ModelSettings(id=model.id, base_url=model.base_url, answers=model.answers, privacy=Privacy(zdr=True))
    assert with_defaults(settings).privacy.zdr


def test_the_file_gives_privacy_for_all_and_for_one(tmp_path: Path) -> None:
    path = tmp_path / "evaluation.toml"
    path.write_text(
        '[[model]]\nid = "openrouter/a/b"\nprivacy.pinned_host = "deepinfra"\n'
        '[[model]]\nid = "openrouter/c/d"\n'
        '[privacy]\ndata_collection = "deny"\nforbidden_hosts = ["x"]\n'
    )
    first, second = model_settings(read_settings(path))
    assert first.privacy == Privacy(data_collection="deny", forbidden_hosts=("x",), pinned_host="deepinfra")
    assert second.privacy == Privacy(data_collection="deny", forbidden_hosts=("x",))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[privacy]\nzdrr = true\n", "did you mean 'zdr'"),
        ('[privacy]\ndata_collection = "no"\n', "data_collection"),
        ('[privacy]\nquantizations = ["fp9"]\n', "quantizations"),
    ],
)
def test_a_typo_in_privacy_is_an_error(tmp_path: Path, text: str, problem: str) -> None:
    path = tmp_path / "evaluation.toml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=problem):
        read_settings(path)


def test_a_privacy_setting_makes_another_request_and_none_keeps_the_old_ids() -> None:
    assert ModelSettings(id=KIMI).route == ()
    assert ModelSettings(id=KIMI, privacy=Privacy(zdr=True)).route != ModelSettings(id=KIMI, api="chat").route


@pytest.mark.parametrize(
    ("privacy", "tags"),
    [
        (Privacy(), {"moonshotai/int4", "deepinfra/turbo", "deepinfra/fp8", "google-vertex/us-east5"}),
        (Privacy(allowed_hosts=("deepinfra",)), {"deepinfra/turbo", "deepinfra/fp8"}),
        (Privacy(forbidden_hosts=("deepinfra",)), {"moonshotai/int4", "google-vertex/us-east5"}),
        (Privacy(pinned_host="deepinfra/fp8"), {"deepinfra/fp8"}),
        (Privacy(quantizations=("int4", "fp4")), {"moonshotai/int4", "deepinfra/turbo"}),
        (Privacy(pinned_host="deep"), set()),
    ],
)
def test_the_hosts_that_privacy_leaves(privacy: Privacy, tags: set[str]) -> None:
    assert {host.tag for host in usable_hosts(HOSTS, privacy)} == tags
    assert all(may_serve(privacy, tag) for tag in tags)


@pytest.mark.parametrize(
    ("served_by", "privacy", "is_outside"),
    [
        ("Moonshot AI", Privacy(), False),
        ("Moonshot AI", Privacy(pinned_host="moonshotai"), False),
        ("DeepInfra", Privacy(pinned_host="moonshotai"), True),
        ("Google", Privacy(allowed_hosts=("google-vertex",)), False),
        ("Google", Privacy(allowed_hosts=("google-ai-studio",)), True),
        ("DeepInfra", Privacy(forbidden_hosts=("deepinfra/turbo",)), False),
        ("DeepInfra", Privacy(forbidden_hosts=("deepinfra",)), True),
        ("Unlisted", Privacy(), False),
        ("Unlisted", Privacy(allowed_hosts=("moonshotai",)), True),
        ("Un Listed", Privacy(allowed_hosts=("unlisted",)), False),
        ("Unlisted", Privacy(forbidden_hosts=("unlisted",)), True),
        ("Unlisted", Privacy(pinned_host="moonshotai"), True),
    ],
)
def test_a_host_outside_privacy_is_seen(served_by: str, privacy: Privacy, is_outside: bool) -> None:
    assert is_host_outside(served_by, privacy, HOSTS) == is_outside


@pytest.mark.parametrize(
    ("asked", "served", "is_other"),
    [
        ("kimi-k2.6", "kimi-k2.6", False),
        ("moonshotai/kimi-k2.6", "moonshotai/kimi-k2.6-20260420", False),
        ("moonshotai/kimi-k2.6:free", "moonshotai/kimi-k2.6", False),
        ("gpt-5.5", "gpt-5.5-2026-04-23", False),
        ("claude-opus-4-7", "claude-opus-4-7-20260416", False),
        ("anthropic/claude-opus-4.6", "anthropic/claude-4.6-opus-20260205", False),
        ("gemini-3.1-pro-preview", "models/gemini-3.1-pro-preview", False),
        ("MiniMax-M2.7", "minimax-m2.7", False),
        ("gpt-5.5", "gpt-5.5-mini", True),
        ("gpt-5.5", "gpt-5.4", True),
        ("claude-opus-4.7", "claude-opus-4.6", True),
        ("claude-opus-4-6", "claude-opus-6-4", True),
        ("moonshotai/kimi-k2.6", "moonshotai/kimi-k2.5", True),
        ("moonshotai/kimi-k2.6", "deepseek/kimi-k2.6", True),
        ("gpt-5.5", "", True),
    ],
)
def test_another_model_is_told_from_a_dated_name(asked: str, served: str, is_other: bool) -> None:
    assert is_other_model(asked, served) == is_other


def test_the_dearest_price_is_of_the_hosts_that_may_answer() -> None:
    hosts = (
        Host(name="A", tag="a", price=Price(prompt=1.0, completion=9.0)),
        Host(name="B", tag="b", price=Price(prompt=2.0, completion=3.0)),
        Host(name="C", tag="c", price=Price(prompt=50.0, completion=50.0)),
    )
    assert dearest(hosts, Privacy(forbidden_hosts=("c",))) == Price(prompt=2.0, completion=9.0)
    assert dearest(hosts, Privacy(pinned_host="b")) == Price(prompt=2.0, completion=3.0)
    assert dearest((*hosts, Host(name="D", tag="d")), Privacy()) is None, "one does not say"
    assert dearest((), Privacy()) is None
