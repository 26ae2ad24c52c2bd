"""What is sent on each wire: all that was set, under the provider's own names, and nothing else."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from evaluator.providers.table import API_PROVIDERS
from evaluator.providers.wires.wire import Wire
from evaluator.records import Message, Request, Sampling

SCHEMA = {"type": "object", "properties": {"a": {"type": "string"}}}
MESSAGES = (Message(role="system", content="Be brief."), Message(role="user", content="Né?"))
CHAT_MESSAGES = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Né?"}]


def request(json_schema: dict[str, Any] | None = None, **sampling: Any) -> Request:
    return Request(
        request_id="r",
        probe_id="p",
        model="m",
        prompt="none",
        repeat=2,
        messages=MESSAGES,
        sampling=Sampling(**sampling),
        json_schema=json_schema,
    )


def wire(name: str, api: str | None = None) -> Wire:
    return API_PROVIDERS[name].wire(api)


def test_openai_chat() -> None:
    sent = wire("openai").body(
        request(SCHEMA, max_tokens=99, temperature=0.5, top_p=0.9, seed=7, reasoning_effort="none", logprobs=True), "m"
    )
    assert sent == {
        "model": "m",
        "messages": CHAT_MESSAGES,
        "max_completion_tokens": 99,
        "temperature": 0.5,
        "top_p": 0.9,
        "seed": 9,
        "reasoning_effort": "none",
        "logprobs": True,
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": "reply", "strict": True, "schema": SCHEMA},
        },
    }


def test_openai_responses_keep_nothing_at_the_provider() -> None:
    responses = wire("openai", "responses")
    sent = responses.body(request(SCHEMA, max_tokens=99, reasoning_effort="high", logprobs=True), "m")
    assert sent == {
        "model": "m",
        "instructions": "Be brief.",
        "input": [{"role": "user", "content": "Né?"}],
        "store": False,
        "max_output_tokens": 99,
        "reasoning": {"effort": "high"},
        "include": ["message.output_text.logprobs"],
        "text": {"format": {"type": "json_schema", "name": "reply", "strict": True, "schema": SCHEMA}},
    }
    assert responses.path("m") == "/responses"


def test_anthropic_messages_at_a_pinned_version() -> None:
    anthropic = wire("anthropic")
    assert anthropic.body(request(SCHEMA, max_tokens=99, reasoning_effort="high"), "m") == {
        "model": "m",
        "system": "Be brief.",
        "messages": [{"role": "user", "content": "Né?"}],
        "max_tokens": 99,
        "thinking": {"type": "adaptive"},
        "output_config": {"effort": "high", "format": {"type": "json_schema", "schema": SCHEMA}},
    }
    plain = anthropic.body(request(max_tokens=99, temperature=0.0), "m")
    assert plain["temperature"] == 0.0
    assert not {"thinking", "output_config"} & set(plain)
    assert anthropic.body(request(reasoning_effort="none"), "m")["thinking"] == {"type": "disabled"}
    assert (anthropic.path("m"), anthropic.key_header) == ("/messages", "x-api-key")
    assert anthropic.headers == {"anthropic-version": "2023-06-01"}


def test_gemini_generate_content() -> None:
    gemini = wire("gemini")
    sent = gemini.body(
        request(SCHEMA, max_tokens=99, temperature=0.5, top_p=0.9, seed=7, reasoning_effort="low", logprobs=True),
        "gemini-3.1-pro-preview",
    )
    assert sent == {
        "contents": [{"role": "user", "parts": [{"text": "Né?"}]}],
        "systemInstruction": {"parts": [{"text": "Be brief."}]},
        "generationConfig": {
            "maxOutputTokens": 99,
            "temperature": 0.5,
            "topP": 0.9,
            "seed": 9,
            "responseLogprobs": True,
            "responseMimeType": "application/json",
            "responseJsonSchema": SCHEMA,
            "thinkingConfig": {"includeThoughts": True, "thinkingLevel": "LOW"},
        },
    }
    assert gemini.path("gemini-3.1-pro-preview") == "/models/gemini-3.1-pro-preview:generateContent"
    assert gemini.key_header == "x-goog-api-key"
    assert "thinkingConfig" not in gemini.body(request(), "gemini-2.0-flash")["generationConfig"]


@pytest.mark.parametrize(
    ("name", "effort", "fields"),
    [
        ("openrouter", "high", {"reasoning": {"effort": "high"}, "max_completion_tokens": 99}),
        ("deepseek", "max", {"thinking": {"type": "enabled"}, "reasoning_effort": "max", "max_tokens": 99}),
        ("deepseek", "none", {"thinking": {"type": "disabled"}, "max_tokens": 99}),
        ("moonshot", "none", {"thinking": {"type": "disabled"}, "max_tokens": 99}),
        ("moonshot", "low", {"reasoning_effort": "low", "max_tokens": 99}),
        ("minimax", None, {"reasoning_split": True, "max_completion_tokens": 99}),
        ("minimax", "none", {"thinking": {"type": "disabled"}, "reasoning_split": True, "max_completion_tokens": 99}),
    ],
)
def test_the_dialects_of_the_chat_wire(name: str, effort: str | None, fields: dict[str, Any]) -> None:
    sent = wire(name).body(request(max_tokens=99, reasoning_effort=effort), "m")
    assert sent == {"model": "m", "messages": CHAT_MESSAGES, **fields}


@pytest.mark.parametrize("name", API_PROVIDERS)
def test_the_bytes_are_the_same_on_every_attempt(name: str) -> None:
    for api in API_PROVIDERS[name].wires:
        bodies = {msgspec.json.encode(wire(name, api).body(request(SCHEMA, max_tokens=9), "m")) for _ in range(3)}
        assert len(bodies) == 1
