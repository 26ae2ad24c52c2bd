"""What a model does not take is refused before anything is sent: never dropped, never sent to fail."""

from __future__ import annotations

from typing import Any

import pytest

from evaluator.errors import ConfigError
from evaluator.providers import with_defaults
from evaluator.providers.parameters import EFFORTS, RULES
from evaluator.records import ModelSettings, Sampling

DIRECT = {
    "kimi-k2.6": "moonshot/kimi-k2.6",
    "deepseek-v4-pro": "deepseek/deepseek-v4-pro",
    "minimax-m2.5": "minimax/MiniMax-M2.5",
    "minimax-m2.7": "minimax/MiniMax-M2.7",
    "claude-opus-4.6": "anthropic/claude-opus-4-6",
    "claude-opus-4.7": "anthropic/claude-opus-4-7",
    "gpt-5.5": "openai/gpt-5.5",
    "gemini-3.1-pro": "gemini/gemini-3.1-pro-preview",
}
ROUTED = {
    "kimi-k2.6": "openrouter/moonshotai/kimi-k2.6",
    "deepseek-v4-pro": "openrouter/deepseek/deepseek-v4-pro",
    "minimax-m2.5": "openrouter/minimax/minimax-m2.5",
    "minimax-m2.7": "openrouter/minimax/minimax-m2.7",
    "claude-opus-4.6": "openrouter/anthropic/claude-opus-4.6",
    "claude-opus-4.7": "openrouter/anthropic/claude-opus-4.7",
    "gpt-5.5": "openrouter/openai/gpt-5.5",
    "gemini-3.1-pro": "openrouter/google/gemini-3.1-pro-preview",
}
TAKES_ZERO = {"claude-opus-4.6", "gemini-3.1-pro"}


def check(model_id: str, *, structured_output: bool = False, api: str | None = None, **sampling: Any) -> ModelSettings:
    settings = ModelSettings(id=model_id, sampling=Sampling(**sampling), structured_output=structured_output, api=api)
    return with_defaults(settings)


@pytest.mark.parametrize("model_id", [*DIRECT.values(), *ROUTED.values()])
def test_every_model_can_be_asked_as_it_comes(model_id: str) -> None:
    settings = check(model_id)
    assert settings.sampling == Sampling(max_tokens=16_384)
    assert settings.base_url is not None
    assert settings.base_url.startswith("https://")
    assert settings.api is not None


@pytest.mark.parametrize("model", DIRECT)
@pytest.mark.parametrize("route", [DIRECT, ROUTED], ids=["direct", "routed"])
def test_temperature_zero_is_refused_where_the_model_takes_none(model: str, route: dict[str, str]) -> None:
    if model in TAKES_ZERO:
        assert check(route[model], temperature=0.0).sampling.temperature == 0.0
        return
    with pytest.raises(ConfigError, match="temperature") as caught:
        check(route[model], temperature=0.0)
    message = str(caught.value)
    assert route[model] in message
    assert "remove it" in message or "need " in message


@pytest.mark.parametrize(
    ("model", "sampling"),
    [
        ("gpt-5.5", {"temperature": 0.0, "top_p": 0.9, "logprobs": True, "reasoning_effort": "none"}),
        ("deepseek-v4-pro", {"temperature": 0.0, "reasoning_effort": "none"}),
        ("kimi-k2.6", {"temperature": 1.0}),
        ("kimi-k2.6", {"temperature": 0.6, "reasoning_effort": "none"}),
        ("minimax-m2.7", {"temperature": 1.0}),
        ("claude-opus-4.6", {"temperature": 1.0}),
        ("claude-opus-4.6", {"reasoning_effort": "high"}),
        ("claude-opus-4.7", {"reasoning_effort": "xhigh"}),
        ("gemini-3.1-pro", {"temperature": 1.0, "seed": 1, "logprobs": True, "reasoning_effort": "low"}),
    ],
)
def test_what_the_model_takes_is_passed_on(model: str, sampling: dict[str, Any]) -> None:
    taken = check(DIRECT[model], **sampling).sampling
    assert {name: getattr(taken, name) for name in sampling} == sampling


@pytest.mark.parametrize(
    ("model_id", "sampling", "words"),
    [
        ("openai/gpt-5.5", {"temperature": 1.0}, ["temperature", 'reasoning_effort = "none"']),
        ("openai/gpt-5.5", {"logprobs": True}, ["logprobs", 'reasoning_effort = "none"']),
        ("openai/gpt-5.4", {"temperature": 1.0, "reasoning_effort": "high"}, ["temperature", '"none"']),
        ("openai/o3", {"reasoning_effort": "none"}, ["reasoning_effort", "'minimal'"]),
        ("openai/gpt-6-astra", {"reasoning_effort": "none"}, ["reasoning_effort"]),
        ("openai/gpt-6-astra", {"temperature": 1.0}, ["temperature", "remove it"]),
        ("openai/gpt-4.1", {"reasoning_effort": "low"}, ["reasoning_effort", "takes none"]),
        ("deepseek/deepseek-v4-pro", {"temperature": 0.5}, ["temperature", "while it reasons"]),
        ("deepseek/deepseek-v4-pro", {"reasoning_effort": "medium"}, ["'none', 'low', 'high', 'max'"]),
        ("deepseek/deepseek-v4-pro", {"seed": 1}, ["seed", "remove it"]),
        ("moonshot/kimi-k2.6", {"temperature": 0.6}, ["need 1 or nothing", "0.6"]),
        ("moonshot/kimi-k2.6", {"temperature": 1.0, "reasoning_effort": "none"}, ["need 0.6 or nothing"]),
        ("moonshot/kimi-k2.6", {"top_p": 0.9}, ["top_p"]),
        ("moonshot/kimi-k2.6", {"reasoning_effort": "high"}, ["need one of 'none' or nothing"]),
        ("minimax/MiniMax-M2.7", {"temperature": 1.5}, ["from 0.01 to 1", "1.5"]),
        ("minimax/MiniMax-M2.5", {"reasoning_effort": "none"}, ["takes none"]),
        ("minimax/MiniMax-M2.5", {"logprobs": True}, ["logprobs"]),
        ("anthropic/claude-opus-4-6", {"temperature": 1.5}, ["from 0 to 1"]),
        ("anthropic/claude-opus-4-6", {"temperature": 0.5, "top_p": 0.5}, ["not both"]),
        ("anthropic/claude-opus-4-6", {"temperature": 0.5, "reasoning_effort": "low"}, ["temperature", '"none"']),
        ("anthropic/claude-opus-4-6", {"reasoning_effort": "xhigh"}, ["'max'"]),
        ("anthropic/claude-opus-4-7", {"top_p": 0.5}, ["top_p"]),
        ("anthropic/claude-opus-4-7", {"logprobs": True}, ["logprobs"]),
        ("anthropic/claude-opus-4-7", {"seed": 0}, ["seed"]),
        ("anthropic/claude-sonnet-4-5", {"reasoning_effort": "low"}, ["takes none"]),
        ("gemini/gemini-3.1-pro-preview", {"reasoning_effort": "none"}, ["'low', 'medium', 'high'"]),
        ("gemini/gemini-2.5-flash", {"reasoning_effort": "low"}, ["takes none"]),
        ("openai/gpt-5.5", {"reasoning_effort": "hgih"}, ["hgih", *EFFORTS]),
        ("openrouter/openai/gpt-5.5", {"reasoning_effort": "hgih"}, ["hgih"]),
        ("openrouter/minimax/minimax-m2.7", {"reasoning_effort": "none"}, ["always reasons"]),
        ("openrouter/google/gemini-3.1-pro-preview", {"reasoning_effort": "none"}, ["always reasons"]),
    ],
)
def test_a_refusal_names_model_setting_and_what_to_write(
    model_id: str, sampling: dict[str, Any], words: list[str]
) -> None:
    with pytest.raises(ConfigError) as caught:
        check(model_id, **sampling)
    message = str(caught.value)
    assert message.startswith(f"{model_id}: ")
    assert [word for word in words if word not in message] == []
    assert "\n" not in message


@pytest.mark.parametrize("model", ["deepseek-v4-pro", "minimax-m2.7"])
def test_replies_are_bound_to_a_schema_only_where_that_exists(model: str) -> None:
    with pytest.raises(ConfigError, match="structured_output"):
        check(DIRECT[model], structured_output=True)
    assert check(ROUTED[model], structured_output=True).structured_output


def test_the_responses_api_takes_no_seed() -> None:
    with pytest.raises(ConfigError, match=r'seed: the Responses API takes none.*api = "chat"'):
        check("openai/gpt-5.5", api="responses", seed=1)
    assert check("openai/gpt-5.5", seed=1).api == "chat"


@pytest.mark.parametrize(("model_id", "api"), [("openai/gpt-5.5", "soap"), ("gemini/gemini-3.1-pro-preview", "chat")])
def test_an_unknown_api_is_refused(model_id: str, api: str) -> None:
    with pytest.raises(ConfigError, match="api: need one of"):
        check(model_id, api=api)


def test_a_server_has_one_api() -> None:
    with pytest.raises(ConfigError, match="api: server has one wire format"):
        check("server/m", api="responses")


@pytest.mark.parametrize(
    "model_id",
    [
        "gemini/../../v1/keys",
        "gemini/m?key=x",
        "gemini/m#x",
        "gemini/a b",
        "gemini/m%2f..",
        "gemini/a..b",
        "openai/x/y",
        "openrouter/kimi-k2.6",
        "openrouter/a/b/c",
        "openrouter/../b",
        "anthropic/\x00",
        "openai/" + "x" * 300,
    ],
)
def test_a_name_that_could_bend_a_url_is_refused(model_id: str) -> None:
    with pytest.raises(ConfigError, match="need a model id as"):
        check(model_id)


def test_every_rule_can_be_reached_and_every_family_ends_with_one_for_the_rest() -> None:
    for rules in RULES.values():
        names = [rule.name for rule in rules]
        assert names[-1] == ""
        assert "" not in names[:-1]
