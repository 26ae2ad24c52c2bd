"""What a model needs before it can be asked: its key and its weights."""

from __future__ import annotations

import os
import re
import sys

from evaluator.cli.messages import say
from evaluator.errors import ProviderError
from evaluator.providers import key_variables, provider_of
from evaluator.providers.address import check_key
from evaluator.providers.weights import fetch, gguf_path
from evaluator.records import ModelSettings

LEAST_KEY = 20
VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")


def is_variable(name: str) -> bool:
    """Whether a text is the name of an environment variable, and does not look like a key itself.

    >>> is_variable("TEAM_KEY_2"), is_variable("AIzaSyA1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q")
    (True, False)
    """
    is_like_a_key = len(name) >= LEAST_KEY and bool(re.search(r"[a-z]", name)) and bool(re.search(r"\d", name))
    return VARIABLE.fullmatch(name) is not None and not is_like_a_key


def keys_of(models: tuple[ModelSettings, ...]) -> dict[str, str]:
    """Read the API key of every model that has one from the environment.

    Raises:
        ProviderError: If a model names its variable and the variable is empty, or a key could not be sent.
    """
    keys = {}
    for model in models:
        if model.api_key_env is not None and not is_variable(model.api_key_env):
            # Not echoed: people paste the key itself here.
            raise ProviderError(f"{model.id}: api_key_env: need the name of an environment variable, not a key")
    for model in models:
        found = (os.environ.get(name, "") for name in key_variables(model))
        value = next((each for each in found if each), None)
        if value is not None:
            keys[model.id] = check_key(value, model.id)
        elif model.api_key_env:
            raise ProviderError(
                f"{model.id}: need an API key in the environment variable {model.api_key_env}, got none"
            )
    return keys


def fetch_weights(models: tuple[ModelSettings, ...]) -> None:
    """Fetch the weights of embedded models that are not on this machine yet."""
    for model in models:
        name = model.id.partition("/")[2]
        if provider_of(model.id) == "local" and gguf_path(name) is None:
            fetch(name, say, progress=sys.stderr.fileno())
