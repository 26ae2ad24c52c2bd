"""What can be said about a model of the table before anything is sent: may it be asked so, and at what price."""

from __future__ import annotations

import re

from evaluator.errors import ConfigError
from evaluator.providers.address import is_loopback
from evaluator.providers.parameters import FAMILY_OF_AUTHOR, check_parameters, check_routed_parameters, rule_for
from evaluator.providers.prices import FREE, Discounted, OwnPrice, PriceList, Prices
from evaluator.providers.routing import check_privacy, refuse_privacy
from evaluator.providers.table import API_PROVIDERS, ApiProvider
from evaluator.records import ModelSettings


def check_api_settings(settings: ModelSettings) -> None:
    """Refuse what cannot be honoured, before anything is sent.

    Raises:
        ConfigError: Naming model and setting, and what to write instead.
    """
    provider, name = split_id(settings.id)
    if not re.fullmatch(provider.model_names, name) or ".." in name:
        raise ConfigError(f"{settings.id[:200]!r}: need a model id as {provider.example}")
    if settings.api is not None and settings.api not in provider.wires:
        raise ConfigError(f"{settings.id}: api: need one of {', '.join(provider.wires)}, got {settings.api[:50]!r}")
    if provider.is_router:
        check_privacy(settings)
        author, _, slug = name.partition("/")
        check_routed_parameters(settings, FAMILY_OF_AUTHOR.get(author, ""), slug)
        return
    if not _is_answered_here(settings, provider, name):
        refuse_privacy(settings)
    check_parameters(settings, provider.name, name)
    if settings.api == "responses" and settings.sampling.seed is not None:
        raise ConfigError(f'{settings.id}: seed: the Responses API takes none; remove it, or write api = "chat"')


def _is_answered_here(settings: ModelSettings, provider: ApiProvider, name: str) -> bool:
    """Whether nobody but this machine sees what is asked; Ollama passes its cloud models on."""
    return not provider.needs_key and is_loopback(settings.base_url or provider.base_url) and "cloud" not in name


def has_batches(settings: ModelSettings) -> bool:
    """Whether the model's provider takes batches."""
    name = settings.id.partition("/")[0]
    return name in API_PROVIDERS and API_PROVIDERS[name].has_batches


def check_batch(settings: ModelSettings) -> None:
    """Refuse what a batch of the provider cannot honour.

    Raises:
        ConfigError: Naming the setting; nothing was sent.
    """
    privacy = settings.privacy
    asked = [name for name in ("data_collection", "zdr", "forbidden_hosts", "quantizations") if getattr(privacy, name)]
    if has_batches(settings) and split_id(settings.id)[0].is_router and asked:
        raise ConfigError(
            f"{settings.id}: [privacy] {', '.join(asked)}: a batch cannot be asked for this; leave --batch out"
        )


def prices_of(settings: ModelSettings, *, is_batch: bool = False) -> Prices | None:
    """Return what a model costs: as the user says, else as the list says of its provider at its own address.

    Args:
        settings: The model.
        is_batch: Of requests in a batch, where the provider gives a discount on them.
    """
    prices, name = _prices_of(settings), settings.id.partition("/")[0]
    discount = API_PROVIDERS[name].batch_discount if name in API_PROVIDERS else 0.0
    return Discounted(prices, discount) if prices is not None and is_batch and discount else prices


def _prices_of(settings: ModelSettings) -> Prices | None:
    if settings.price is not None:
        return OwnPrice(settings.price)
    name = settings.id.partition("/")[0]
    if name in {"local", "recorded"}:
        return FREE
    if name not in API_PROVIDERS:
        return None
    provider, model_name = split_id(settings.id)
    is_own_address = (settings.base_url or provider.base_url).rstrip("/") == provider.base_url
    return PriceList(provider.price_id, model_name) if is_own_address else None


def is_thinking(settings: ModelSettings) -> bool | None:
    """Whether a model reasons before it answers, as it is asked; None when nothing is known of it."""
    name = settings.id.partition("/")[0]
    if name not in API_PROVIDERS:
        return False if name in {"local", "recorded"} else None
    provider, model_name = split_id(settings.id)
    family = provider.name
    if provider.is_router:
        author, _, model_name = model_name.partition("/")
        family = FAMILY_OF_AUTHOR.get(author, "")
    if not family:
        return None
    return rule_for(family, model_name).is_thinking(settings.sampling.reasoning_effort)


def split_id(model_id: str) -> tuple[ApiProvider, str]:
    """Return the provider of a model id, which is in the table, and the model's name there."""
    provider, _, name = model_id.partition("/")
    return API_PROVIDERS[provider], name
