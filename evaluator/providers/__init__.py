"""The only room that speaks HTTP: from a model id to something that answers.

    openrouter/AUTHOR/NAME                  any model on OpenRouter
    openai/…, anthropic/…, gemini/…,
    deepseek/…, moonshot/…, minimax/…       the makers' own APIs
    ollama/NAME                             an Ollama server, over its own API
    local/smollm2-135m, local/PATH.gguf     the embedded llama.cpp
    server/NAME                             any OpenAI-compatible server, with a base URL
    recorded/NAME                           answers from a file

Third parties add providers through the entry-point group `evaluator.providers`: the entry's name
is the part of the model id before the slash, its object an `Opener`.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from importlib.metadata import EntryPoint, entry_points

import msgspec

from evaluator.errors import ConfigError, ProviderError
from evaluator.protocols import Provider
from evaluator.providers.address import check_base_url, is_loopback
from evaluator.providers.checks import check_api_settings
from evaluator.providers.routing import refuse_privacy
from evaluator.providers.table import API_PROVIDERS
from evaluator.records import ModelSettings

Opener = Callable[[ModelSettings, str | None], AbstractAsyncContextManager[Provider]]

DEFAULT_MAX_TOKENS = {**dict.fromkeys(API_PROVIDERS, 16_384), "local": 256, "ollama": 4096}
"""Elsewhere 1024. The embedded model now and then repeats itself without end; the reasoning of the
large ones counts, and an answer that it leaves no room for is lost."""
DEFAULT_CONCURRENCY = {"local": 4, "ollama": 4, "server": 16, "recorded": 64}
SERVER_KEY_VARIABLE = "SERVER_API_KEY"
BUILT_IN = (*API_PROVIDERS, "local", "server", "recorded")


def provider_of(model_id: str) -> str:
    """Return the provider part of a model id.

    Raises:
        ProviderError: If the id has no name after its provider, or the provider is unknown.

    >>> provider_of("local/smollm2-135m")
    'local'
    """
    provider, slash, name = model_id.partition("/")
    known = [*BUILT_IN, *(entry.name for entry in _entries())]
    if not slash or not name:
        raise ProviderError(f"model {model_id!r}: need PROVIDER/NAME with one of {', '.join(known)}")
    if provider not in known:
        raise ProviderError(f"model {model_id!r}: unknown provider {provider!r}; there are {', '.join(known)}")
    return provider


def with_defaults(settings: ModelSettings) -> ModelSettings:
    """Fill in what the provider decides when the user did not, so that the manifest shows it.

    The embedded model is asked at temperature 0 with a fixed seed, so that most of its answers
    repeat; not all, since what is computed together in a batch changes the last digits.

    Raises:
        ProviderError: If the model id is not usable.
        ConfigError: If the model does not take a setting, or nobody could honour it.
    """
    provider = provider_of(settings.id)
    sampling = settings.sampling
    if provider == "local":
        temperature = 0.0 if sampling.temperature is None else sampling.temperature
        seed = 0 if sampling.seed is None else sampling.seed
        sampling = msgspec.structs.replace(sampling, temperature=temperature, seed=seed)
    if sampling.max_tokens is None:
        max_tokens = DEFAULT_MAX_TOKENS.get(provider, 1024)
        sampling = msgspec.structs.replace(sampling, max_tokens=max_tokens)
    concurrency = settings.concurrency or DEFAULT_CONCURRENCY.get(provider, 16)
    settings = msgspec.structs.replace(settings, sampling=sampling, concurrency=concurrency)
    if provider in API_PROVIDERS:
        entry = API_PROVIDERS[provider]
        base_url, api = settings.base_url or entry.base_url, settings.api or entry.default_api
        settings = msgspec.structs.replace(settings, base_url=base_url, api=api)
    check_settings(settings)
    return settings


def check_settings(settings: ModelSettings) -> None:
    """Refuse what the model does not take or nobody could honour; nothing is sent.

    Raises:
        ConfigError: Naming model and setting, and what to write instead.
    """
    provider = provider_of(settings.id)
    if settings.base_url is not None:
        # Before any message names it: a password may sit in it.
        check_base_url(settings.base_url)
    if provider in API_PROVIDERS:
        return check_api_settings(settings)
    if settings.api is not None:
        raise ConfigError(f"{settings.id}: api: {provider} has one wire format; remove it, got {settings.api[:50]!r}")
    # What is answered on this machine is seen by nobody.
    is_here = provider in {"local", "recorded"} or (
        provider == "server" and settings.base_url is not None and is_loopback(settings.base_url)
    )
    return None if is_here else refuse_privacy(settings)


def key_variables(settings: ModelSettings) -> tuple[str, ...]:
    """Return the names of the environment variables that may hold the model's key; the first set one wins."""
    if settings.api_key_env:
        return (settings.api_key_env,)
    provider = provider_of(settings.id)
    if provider in API_PROVIDERS:
        return API_PROVIDERS[provider].key_variables
    return (SERVER_KEY_VARIABLE,) if provider == "server" else ()


def open_provider(settings: ModelSettings, key: str | None) -> AbstractAsyncContextManager[Provider]:
    """Return the context in which the model can be asked; entering it checks that it can.

    Raises:
        ConfigError: If the model does not take a setting, or nobody could honour it.
        ProviderError: If the provider is unknown; on entering, if the model cannot be used.
    """
    provider = provider_of(settings.id)
    check_settings(settings)
    if provider in API_PROVIDERS:
        from evaluator.providers.api import open_api

        return open_api(settings, key)
    if provider == "local":
        from evaluator.providers.local import open_local

        return open_local(settings)
    if provider == "server":
        from evaluator.providers.openai_server import open_server

        return open_server(settings, key)
    if provider == "recorded":
        from evaluator.providers.recorded import open_recorded

        return open_recorded(settings)
    opener: Opener = next(entry for entry in _entries() if entry.name == provider).load()
    return opener(settings, key)


def _entries() -> tuple[EntryPoint, ...]:
    return tuple(entry_points(group="evaluator.providers"))
