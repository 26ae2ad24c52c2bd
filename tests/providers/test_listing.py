"""Lists of models: as the price list knows them, and as providers give them."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from evaluator.errors import ProviderError
from evaluator.money import Price
from evaluator.providers.listing import known_model, known_models, listed_models, read_listing
from evaluator.providers.per_token import price_per_token
from evaluator.providers.table import API_PROVIDERS
from tests.chat_server import Reply, chat_server
from tests.providers.test_parameters import DIRECT, ROUTED


def unused(request: dict[str, Any], n: int) -> Reply:
    raise AssertionError("nobody is asked")


@pytest.mark.parametrize("model_id", [*DIRECT.values(), *ROUTED.values()])
def test_what_is_known_of_a_model_without_asking(model_id: str) -> None:
    known = known_model(model_id)
    assert known.price is not None
    assert 0.1 < known.price.prompt < known.price.completion < 100
    assert "temperature" in known.takes


@pytest.mark.parametrize("provider", [name for name, api in API_PROVIDERS.items() if api.needs_key])
def test_every_provider_has_known_models(provider: str) -> None:
    models = known_models(provider)
    assert len(models) > 1
    assert all(model.id.startswith(f"{provider}/") for model in models)


def test_a_model_that_nobody_knows_has_no_price() -> None:
    assert known_model("openai/gpt-99").price is None
    assert known_model("server/m").price is None


@pytest.mark.parametrize(
    ("provider", "entry", "context", "output", "price"),
    [
        (
            "openrouter",
            {
                "id": "a/b",
                "context_length": 1000,
                "top_provider": {"max_completion_tokens": 100},
                "pricing": {"prompt": "0.000001", "completion": "0.000004", "input_cache_read": "0.0000002"},
            },
            1000,
            100,
            Price(prompt=1.0, completion=4.0, cached=0.2),
        ),
        (
            "openrouter",
            {"id": "a/b", "context_length": None, "pricing": {"prompt": "-1", "completion": "-1"}},
            *[None] * 3,
        ),
        ("openrouter", {"id": "a/b", "pricing": {"prompt": "x", "completion": []}}, *[None] * 3),
        ("openai", {"id": "gpt-99", "object": "model"}, *[None] * 3),
        ("gemini", {"name": "models/g", "inputTokenLimit": 1048576, "outputTokenLimit": 65536}, 1048576, 65536, None),
        ("anthropic", {"id": "c", "max_input_tokens": 200000, "max_tokens": 64000}, 200000, 64000, None),
        ("server", {"id": "Qwen/Qwen3-8B", "max_model_len": 32768}, 32768, None, None),
        ("server", {"id": "m", "meta": {"n_ctx_train": 8192}}, 8192, None, None),
        ("server", {"id": "m", "max_model_len": -5}, None, None, None),
    ],
    ids=range(9),
)
def test_a_listed_model_in_every_shape(
    provider: str, entry: dict[str, Any], context: int | None, output: int | None, price: Price | None
) -> None:
    key = "models" if provider == "gemini" else "data"
    (found,) = read_listing(provider, {key: [entry, 5, {"id": None}]})
    assert (found.context_tokens, found.most_output_tokens) == (context, output)
    if price is None:
        assert found.price is None
    else:
        assert found.price is not None
        assert found.price.prompt == pytest.approx(price.prompt)
        assert (found.price.completion, found.price.cached) == pytest.approx((price.completion, price.cached))


def test_a_free_model_costs_nothing_and_a_dynamic_price_is_unknown() -> None:
    assert price_per_token({"prompt": "0", "completion": "0"}) == Price(prompt=0.0, completion=0.0)
    assert price_per_token({"prompt": "nan", "completion": "1"}) is None
    assert price_per_token({"prompt": "1e400", "completion": "1"}) is None


def test_pages_are_followed_and_bounded() -> None:
    asked: list[str] = []

    def listing(path: str) -> Reply:
        asked.append(path)
        body = {"models": [{"name": f"models/m{len(asked)}"}], "nextPageToken": "abc"}
        return Reply(json.dumps(body).encode())

    with chat_server(unused, listing) as server:
        found = asyncio.run(listed_models("gemini", server.base_url, "sk-secret"))
    assert len(asked) == len(found) == 20
    assert asked[1].endswith("/models?pageToken=abc")


@pytest.mark.parametrize("reply", [Reply(b"<html>"), Reply(b"{}", status=500), Reply(b"[]")])
def test_a_list_that_cannot_be_had_is_one_line(reply: Reply) -> None:
    with (
        chat_server(unused, lambda path: reply) as server,
        pytest.raises(ProviderError, match="cannot list its models"),
    ):
        asyncio.run(listed_models("server", server.base_url, None))


def test_a_key_is_not_sent_unencrypted() -> None:
    with pytest.raises(ProviderError, match="unencrypted"):
        asyncio.run(listed_models("openai", "http://gateway.example/v1", "sk-x"))
