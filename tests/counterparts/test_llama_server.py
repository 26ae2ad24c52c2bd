"""Our wires against the server of llama.cpp, which speaks three of them."""

from __future__ import annotations

import asyncio

import pytest

from evaluator.errors import ProviderError
from evaluator.providers.listing import listed_models
from tests.counterparts.conftest import NAMES, Ask

SPOKEN = [
    ("server/smollm2-135m", None),
    ("openai/gpt-4.1", "chat"),
    ("openai/gpt-4.1", "responses"),
    ("anthropic/claude-haiku-4-5", None),
]
EVERY_WIRE = pytest.mark.parametrize(("model_id", "api"), SPOKEN)


@EVERY_WIRE
def test_an_answer_comes_whole(llama: str, ask: Ask, model_id: str, api: str | None) -> None:
    response = ask(model_id, llama, api=api, temperature=0.0)
    assert response.outcome in {"answered", "truncated"}, response.detail
    assert response.text.strip()
    assert response.failure is None
    assert response.usage is not None
    assert (response.usage.prompt_tokens or 0) > 20
    assert 0 < (response.usage.completion_tokens or 0) <= 24
    assert response.provider_request_id
    assert response.served_model in NAMES


@pytest.mark.parametrize(("model_id", "api"), [row for row in SPOKEN if row[1] != "responses"])
def test_the_limit_of_tokens_is_kept_and_told(llama: str, ask: Ask, model_id: str, api: str | None) -> None:
    response = ask(model_id, llama, api=api, max_tokens=2)
    assert response.outcome == "truncated"
    assert response.usage is not None
    assert response.usage.completion_tokens == 2


def test_logprobs_are_read(llama: str, ask: Ask) -> None:
    response = ask("server/smollm2-135m", llama, logprobs=True, temperature=0.0)
    assert response.logprobs is not None
    assert len(response.logprobs) >= 2
    assert all(value is None or value <= 0 for value in response.logprobs)


@pytest.mark.parametrize(("model_id", "api"), SPOKEN[:2])
def test_more_than_the_context_holds_is_no_failure_of_the_model(
    llama: str, ask: Ask, model_id: str, api: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.counterparts import conftest

    long = conftest.Message(role="user", content="word " * 6000)
    monkeypatch.setattr(conftest, "Message", lambda role, content: long)
    response = ask(model_id, llama, api=api)
    assert response.outcome == "truncated"
    assert str(response.detail).startswith("context exceeded")


def test_it_says_what_it_has(llama: str) -> None:
    (found,) = asyncio.run(listed_models("server", llama, None))
    assert found.context_tokens == 2048


def test_nothing_there_is_said(ask: Ask) -> None:
    with pytest.raises(ProviderError, match="nothing answers"):
        ask("server/m", "http://127.0.0.1:9/v1")
