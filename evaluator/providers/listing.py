"""Which models there are: as the price list knows them, or as a provider lists them now."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from evaluator.errors import ProviderError
from evaluator.money import Price
from evaluator.providers.address import check_base_url, is_loopback
from evaluator.providers.alternatives import name_of
from evaluator.providers.checks import prices_of, split_id
from evaluator.providers.client import HttpClient
from evaluator.providers.parameters import FAMILY_OF_AUTHOR, rule_for, takes_in_words
from evaluator.providers.per_token import price_per_token
from evaluator.providers.table import API_PROVIDERS
from evaluator.providers.wires.reading import count, decode, record, records, string
from evaluator.records import Failure, ModelSettings, Usage

LIST_S = 30.0
MOST_PAGES = 20


class ListedModel(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is known of one model before it is asked."""

    id: str
    """As `--model` takes it."""
    context_tokens: int | None = None
    most_output_tokens: int | None = None
    price: Price | None = None
    """USD per million tokens; None when unknown."""
    parameters: tuple[str, ...] = ()
    """What it says it takes; () when it does not say."""
    takes: str = ""
    """What our table of parameters says of it."""


def known_models(provider: str) -> list[ListedModel]:
    """Return the models of a provider that the price list knows, with what the table of parameters says of them."""
    # Imported late: reading the list takes a fifth of a second.
    from genai_prices.data_snapshot import get_snapshot

    price_id = API_PROVIDERS[provider].price_id
    found = next((each for each in get_snapshot().providers if each.id == price_id), None)
    models = [model for model in found.models if not model.deprecated] if found else []
    return [
        msgspec.structs.replace(known_model(f"{provider}/{model.id}"), context_tokens=model.context_window)
        for model in sorted(models, key=lambda model: model.id)
    ]


def known_model(model_id: str) -> ListedModel:
    """Return what the price list and the table of parameters say of one model."""
    settings = ModelSettings(id=model_id)
    prices = prices_of(settings)
    if prices is None:
        return ListedModel(id=model_id)
    a_prompt = prices.cost_usd(Usage(prompt_tokens=1000, completion_tokens=0))
    an_answer = prices.cost_usd(Usage(prompt_tokens=0, completion_tokens=1000))
    if a_prompt is None or an_answer is None:
        return ListedModel(id=model_id, takes=_takes(model_id))
    # Of a thousand tokens: a million would be at the price of long contexts.
    return ListedModel(
        id=model_id, price=Price(prompt=a_prompt * 1000, completion=an_answer * 1000), takes=_takes(model_id)
    )


def _takes(model_id: str) -> str:
    if model_id.partition("/")[0] not in API_PROVIDERS:
        return ""
    provider, name = split_id(model_id)
    family = provider.name
    if provider.is_router:
        author, _, name = name.partition("/")
        family = FAMILY_OF_AUTHOR.get(author, "")
    return takes_in_words(rule_for(family, name)) if family else ""


async def listed_models(provider: str, base_url: str | None, key: str | None) -> list[ListedModel]:
    """Ask a provider or server which models it has.

    Raises:
        ProviderError: If it cannot be asked, or its list cannot be read.
    """
    entry = API_PROVIDERS.get(provider)
    address = base_url or (entry.base_url if entry else None)
    if address is None:
        raise ProviderError(f"{provider}: need --base-url, e.g. http://127.0.0.1:8000/v1")
    check_base_url(address)
    if key is not None and address.lower().startswith("http://") and not is_loopback(address):
        raise ProviderError(f"{provider}: {address} would get the key unencrypted; need an https:// base URL")
    wire = entry.wire(None) if entry else None
    headers = dict(wire.headers) if wire else {}
    key_header = wire.key_header if wire else "authorization"
    found: list[ListedModel] = []
    async with HttpClient(address, key=key, connections=1, key_header=key_header, headers=headers) as client:
        path: str | None = "/models"
        for _ in range(MOST_PAGES):
            body = await _page(client, path)
            found += read_listing(provider, body)
            path = _next_page(body)
            if path is None:
                break
    return sorted(found, key=lambda model: model.id)


async def _page(client: HttpClient, path: str | None) -> dict[str, Any]:
    reply = await client.get(path or "/models", deadline_s=LIST_S)
    if isinstance(reply, Failure):
        raise ProviderError(f"{client.base_url}: cannot list its models: {reply.message}")
    body = decode(reply.body)
    if reply.status != 200 or not isinstance(body, dict):
        raise ProviderError(f"{client.base_url}: cannot list its models: HTTP {reply.status}")
    return body


def _next_page(body: dict[str, Any]) -> str | None:
    token, last = string(body.get("nextPageToken")), string(body.get("last_id"))
    if token and token.replace("-", "").replace("_", "").isalnum():
        return f"/models?pageToken={token}"
    if body.get("has_more") is True and last and last.replace("-", "").replace(".", "").isalnum():
        return f"/models?after_id={last}"
    return None


def read_listing(provider: str, body: dict[str, Any]) -> Iterator[ListedModel]:
    """Read one page of a list of models, in whichever shape the provider has."""
    for entry in records(body.get("data")) or records(body.get("models")):
        name = name_of(entry)
        if not name:
            continue
        model_id = f"{provider}/{name}"
        known = known_model(model_id)
        top, meta = record(entry.get("top_provider")), record(entry.get("meta"))
        named = (entry.get(key) for key in ("context_length", "max_model_len", "inputTokenLimit", "max_input_tokens"))
        contexts = (*named, meta.get("n_ctx"), meta.get("n_ctx_train"))
        outputs = (top.get("max_completion_tokens"), entry.get("outputTokenLimit"), entry.get("max_tokens"))
        listed = entry.get("supported_parameters")
        yield ListedModel(
            id=model_id,
            context_tokens=next((n for n in map(count, contexts) if n), None),
            most_output_tokens=next((n for n in map(count, outputs) if n), None),
            price=price_per_token(record(entry.get("pricing"))) or known.price,
            parameters=tuple(sorted(p for p in listed if isinstance(p, str))) if isinstance(listed, list) else (),
            takes=known.takes,
        )
