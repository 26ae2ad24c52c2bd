"""Our Anthropic, Gemini and OpenAI wires against another project's implementation of theirs."""

from __future__ import annotations

import pytest

from evaluator.errors import ProviderError
from tests.counterparts.conftest import PROXY_KEY, Ask

SPOKEN = [
    ("anthropic/claude-haiku-4-5", "/v1"),
    ("gemini/gemini-2.0-flash", "/v1beta"),
    ("openai/gpt-4.1", "/v1"),
]
EVERY_WIRE = pytest.mark.parametrize(("model_id", "path"), SPOKEN)


@EVERY_WIRE
def test_an_answer_comes_whole(proxy: str, ask: Ask, model_id: str, path: str) -> None:
    response = ask(model_id, proxy + path, PROXY_KEY, temperature=0.0)
    assert response.outcome in {"answered", "truncated"}, response.detail
    assert response.text.strip()
    assert response.usage is not None
    assert (response.usage.prompt_tokens or 0) > 20
    assert 0 < (response.usage.completion_tokens or 0) <= 24


# Over its Anthropic route the proxy does not pass on that llama.cpp cut the answer.
@pytest.mark.parametrize(("model_id", "path"), SPOKEN[1:])
def test_the_limit_of_tokens_is_kept_and_told(proxy: str, ask: Ask, model_id: str, path: str) -> None:
    response = ask(model_id, proxy + path, PROXY_KEY, max_tokens=2)
    assert (response.outcome, response.failure) == ("truncated", None)


@EVERY_WIRE
def test_a_wrong_key_is_never_an_answer_and_never_shown(proxy: str, ask: Ask, model_id: str, path: str) -> None:
    key = "sk-wrong-key-of-the-tests"
    try:
        response = ask(model_id, proxy + path, key)
        told = f"{response.outcome}: {response!r}"
    except ProviderError as exc:
        told = str(exc)
    assert told.startswith("failed: ") or "refuses the key" in told
    assert key not in told


@EVERY_WIRE
def test_an_unknown_model_is_never_an_answer(proxy: str, ask: Ask, model_id: str, path: str) -> None:
    unknown = f"{model_id.partition('/')[0]}/{'gemini-9' if 'gemini' in model_id else 'claude-haiku-9'}"
    response = ask(unknown, proxy + path, PROXY_KEY)
    assert response.outcome == "failed"
    assert response.failure is not None
