"""The models people ask about most, directly and through OpenRouter: what exactly is sent for each."""

from __future__ import annotations

from typing import Any

import pytest

from evaluator.errors import ConfigError
from evaluator.providers import with_defaults
from evaluator.providers.checks import split_id
from evaluator.providers.routing import provider_preferences
from evaluator.records import Message, ModelSettings, Request, Sampling

SYSTEM, QUESTION = "Be brief.", "Capital of Australia?"
CHAT = [{"role": "system", "content": SYSTEM}, {"role": "user", "content": QUESTION}]
USER = [{"role": "user", "content": QUESTION}]
ROUTED = {"provider": {"require_parameters": True}}


def body_of(model_id: str, *, api: str | None = None, **sampling: Any) -> dict[str, Any]:
    settings = with_defaults(ModelSettings(id=model_id, sampling=Sampling(**sampling), api=api))
    provider, name = split_id(model_id)
    request = Request(
        request_id="r",
        probe_id="p",
        model=model_id,
        prompt="none",
        repeat=2,
        messages=(Message(role="system", content=SYSTEM), Message(role="user", content=QUESTION)),
        sampling=settings.sampling,
    )
    extra = {"provider": provider_preferences(settings.privacy)} if provider.is_router else {}
    return provider.wire(settings.api).body(request, name) | extra


@pytest.mark.parametrize(
    ("model_id", "sampling", "sent"),
    [
        ("moonshot/kimi-k2.6", {}, {"messages": CHAT, "max_tokens": 16384}),
        (
            "moonshot/kimi-k2.6",
            {"temperature": 0.6, "reasoning_effort": "none"},
            {"messages": CHAT, "max_tokens": 16384, "temperature": 0.6, "thinking": {"type": "disabled"}},
        ),
        (
            "openrouter/moonshotai/kimi-k2.6",
            {"temperature": 1.0, "seed": 5},
            {"messages": CHAT, "max_completion_tokens": 16384, "temperature": 1.0, "seed": 7, **ROUTED},
        ),
        (
            "deepseek/deepseek-v4-pro",
            {"reasoning_effort": "high"},
            {"messages": CHAT, "max_tokens": 16384, "thinking": {"type": "enabled"}, "reasoning_effort": "high"},
        ),
        (
            "deepseek/deepseek-v4-pro",
            {"temperature": 0.0, "reasoning_effort": "none", "logprobs": True},
            {
                "messages": CHAT,
                "max_tokens": 16384,
                "temperature": 0.0,
                "logprobs": True,
                "thinking": {"type": "disabled"},
            },
        ),
        (
            "openrouter/deepseek/deepseek-v4-pro",
            {"reasoning_effort": "high"},
            {"messages": CHAT, "max_completion_tokens": 16384, "reasoning": {"effort": "high"}, **ROUTED},
        ),
        *[
            (
                f"minimax/{name}",
                {"temperature": 1.0},
                {"messages": CHAT, "max_completion_tokens": 16384, "temperature": 1.0, "reasoning_split": True},
            )
            for name in ("MiniMax-M2.5", "MiniMax-M2.7")
        ],
        *[
            (
                f"openrouter/minimax/{name}",
                {"temperature": 1.0, "top_p": 0.95},
                {"messages": CHAT, "max_completion_tokens": 16384, "temperature": 1.0, "top_p": 0.95, **ROUTED},
            )
            for name in ("minimax-m2.5", "minimax-m2.7")
        ],
        (
            "anthropic/claude-opus-4-6",
            {"temperature": 0.0},
            {"system": SYSTEM, "messages": USER, "max_tokens": 16384, "temperature": 0.0},
        ),
        (
            "anthropic/claude-opus-4-7",
            {"reasoning_effort": "xhigh"},
            {
                "system": SYSTEM,
                "messages": USER,
                "max_tokens": 16384,
                "thinking": {"type": "adaptive"},
                "output_config": {"effort": "xhigh"},
            },
        ),
        (
            "openrouter/anthropic/claude-opus-4.6",
            {"temperature": 0.0},
            {"messages": CHAT, "max_completion_tokens": 16384, "temperature": 0.0, **ROUTED},
        ),
        (
            "openrouter/anthropic/claude-opus-4.7",
            {"reasoning_effort": "high"},
            {"messages": CHAT, "max_completion_tokens": 16384, "reasoning": {"effort": "high"}, **ROUTED},
        ),
        (
            "openai/gpt-5.5",
            {"reasoning_effort": "none", "temperature": 0.0, "logprobs": True, "seed": 1},
            {
                "messages": CHAT,
                "max_completion_tokens": 16384,
                "temperature": 0.0,
                "seed": 3,
                "logprobs": True,
                "reasoning_effort": "none",
            },
        ),
        (
            "openrouter/openai/gpt-5.5",
            {"reasoning_effort": "low"},
            {"messages": CHAT, "max_completion_tokens": 16384, "reasoning": {"effort": "low"}, **ROUTED},
        ),
        (
            "gemini/gemini-3.1-pro-preview",
            {"temperature": 1.0, "reasoning_effort": "low"},
            {
                "contents": [{"role": "user", "parts": [{"text": QUESTION}]}],
                "systemInstruction": {"parts": [{"text": SYSTEM}]},
                "generationConfig": {
                    "maxOutputTokens": 16384,
                    "temperature": 1.0,
                    "thinkingConfig": {"includeThoughts": True, "thinkingLevel": "LOW"},
                },
            },
        ),
        (
            "openrouter/google/gemini-3.1-pro-preview",
            {"temperature": 1.0},
            {"messages": CHAT, "max_completion_tokens": 16384, "temperature": 1.0, **ROUTED},
        ),
        (
            "ollama/qwen3:8b",
            {"temperature": 0.0, "seed": 1, "reasoning_effort": "none"},
            {
                "messages": CHAT,
                "stream": False,
                "think": False,
                "options": {"num_ctx": 12288, "num_predict": 4096, "temperature": 0.0, "seed": 3},
            },
        ),
    ],
)
def test_what_is_sent_is_what_was_set_and_nothing_else(
    model_id: str, sampling: dict[str, Any], sent: dict[str, Any]
) -> None:
    body = body_of(model_id, **sampling)
    name = model_id.partition("/")[2]
    assert body == (sent if model_id.startswith("gemini/") else {"model": name, **sent})


def test_gpt_over_responses_asks_for_what_its_reasoning_takes() -> None:
    body = body_of("openai/gpt-5.5", api="responses", reasoning_effort="high")
    assert (body["instructions"], body["max_output_tokens"], body["store"]) == (SYSTEM, 16384, False)
    assert body["reasoning"]["effort"] == "high"
    assert not {"temperature", "seed", "stop"} & set(body)


@pytest.mark.parametrize(
    ("model_id", "sampling"),
    [
        ("moonshot/kimi-k2.6", {"temperature": 0.0}),
        ("moonshot/kimi-k2.6", {"top_p": 0.9}),
        ("moonshot/kimi-k2.6", {"seed": 1}),
        ("openrouter/moonshotai/kimi-k2.6", {"temperature": 0.7}),
        ("deepseek/deepseek-v4-pro", {"temperature": 0.0}),
        ("deepseek/deepseek-v4-pro", {"reasoning_effort": "medium"}),
        ("deepseek/deepseek-v4-pro", {"seed": 1}),
        ("openrouter/deepseek/deepseek-v4-pro", {"temperature": 0.0}),
        ("minimax/MiniMax-M2.5", {"temperature": 0.0}),
        ("minimax/MiniMax-M2.7", {"reasoning_effort": "none"}),
        ("openrouter/minimax/minimax-m2.7", {"reasoning_effort": "none"}),
        ("anthropic/claude-opus-4-6", {"temperature": 0.0, "top_p": 0.9}),
        ("anthropic/claude-opus-4-6", {"logprobs": True}),
        ("anthropic/claude-opus-4-7", {"temperature": 1.0}),
        ("openrouter/anthropic/claude-opus-4.7", {"temperature": 1.0}),
        ("openai/gpt-5.5", {"temperature": 1.0}),
        ("openai/gpt-5.5", {"logprobs": True}),
        ("openrouter/openai/gpt-5.5", {"top_p": 0.5}),
        ("gemini/gemini-3.1-pro-preview", {"reasoning_effort": "none"}),
        ("gemini/gemini-3.1-pro-preview", {"temperature": 3.0}),
    ],
)
def test_what_would_be_dropped_or_refused_is_refused_here(model_id: str, sampling: dict[str, Any]) -> None:
    (name, *_) = sampling
    with pytest.raises(ConfigError, match=f"{model_id}: ") as caught:
        body_of(model_id, **sampling)
    assert any(each in str(caught.value) for each in sampling), name
