"""The only room that speaks HTTP: from a model id to something that answers.

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

from evaluator.errors import ProviderError
from evaluator.protocols import Provider
from evaluator.records import ModelSettings

Opener = Callable[[ModelSettings, str | None], AbstractAsyncContextManager[Provider]]

DEFAULT_MAX_TOKENS = {"local": 256}
"""Elsewhere 1024. The embedded model now and then repeats itself without end."""
DEFAULT_CONCURRENCY = {"local": 4, "server": 16, "recorded": 64}
KEY_VARIABLES = {"server": "SERVER_API_KEY"}
BUILT_IN = ("local", "server", "recorded")


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
    return msgspec.structs.replace(settings, sampling=sampling, concurrency=concurrency)


def key_variable(settings: ModelSettings) -> str | None:
    """Return the name of the environment variable that holds the model's key, if it takes one."""
    return settings.api_key_env or KEY_VARIABLES.get(provider_of(settings.id))


def open_provider(settings: ModelSettings, key: str | None) -> AbstractAsyncContextManager[Provider]:
    """Return the context in which the model can be asked; entering it checks that it can.

    Raises:
        ProviderError: If the provider is unknown; on entering, if the model cannot be used.
    """
    provider = provider_of(settings.id)
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
