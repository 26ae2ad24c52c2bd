"""What `evaluator models list` shows."""

from __future__ import annotations

import asyncio
import json
import os
import sys

import msgspec

from evaluator.errors import ConfigError
from evaluator.providers import BUILT_IN, SERVER_KEY_VARIABLE
from evaluator.providers.address import check_key
from evaluator.providers.listing import ListedModel, known_models, listed_models
from evaluator.providers.table import API_PROVIDERS
from evaluator.report import safe_text

DECIMALS = 3
"""Decimals of a price per million tokens."""
_OTHERS = {
    "local/smollm2-135m": ((), "stays on this machine"),
    "server/NAME": ((SERVER_KEY_VARIABLE,), "as whoever runs the server says"),
    "recorded/NAME": ((), "nothing is sent"),
}


def show_providers(*, as_json: bool) -> None:
    """Show every provider: a model id, the variable of its key, what becomes of the data."""
    rows = {api.example: (api.key_variables, api.data_policy) for api in API_PROVIDERS.values()} | _OTHERS
    rows = dict(sorted(rows.items(), key=lambda row: BUILT_IN.index(row[0].partition("/")[0])))
    if as_json:
        document = [
            {"example": example, "key_variables": names, "key_is_set": _is_set(names), "data_policy": policy}
            for example, (names, policy) in rows.items()
        ]
        _write(json.dumps(document, indent=2))
        return
    width = max(map(len, rows))
    for example, (names, policy) in rows.items():
        key = f"{' or '.join(names)} ({'set' if _is_set(names) else 'not set'})" if names else "no key"
        _write(f"{example:<{width}}  {key}")
        _write(f"{'':<{width}}  data: {policy}")
    _write("Models with price, context and parameters: evaluator models list PROVIDER, or a part of a name")


def _is_set(names: tuple[str, ...]) -> bool:
    return any(os.environ.get(name) for name in names)


def show_models(name: str | None, base_url: str | None, *, live: bool, as_json: bool) -> None:
    """Show models of a provider, of all that the price list knows, or of a server.

    Raises:
        ConfigError: If nothing has that name.
        ProviderError: If the provider cannot be asked.
    """
    provider = name if name in (*API_PROVIDERS, "server") else None
    if live or base_url is not None:
        if provider is None and name is not None:
            raise ConfigError(f"need one of {', '.join(API_PROVIDERS)} or server with --live, got {name[:80]!r}")
        found = _ask(provider or "server", base_url)
    else:
        found = [
            model
            for each in API_PROVIDERS
            if provider in {None, each}
            for model in known_models(each)
            if provider is not None or _plain(name or "") in _plain(model.id)
        ]
    if not found and not live and base_url is None:
        raise ConfigError(
            f"the price list has no model with {(name or '')[:80]!r} in its id; ask the provider with --live"
        )
    if as_json:
        _write(json.dumps(msgspec.to_builtins(found), indent=2))
        return
    _show_table(found)


def _plain(name: str) -> str:
    # One maker writes 4.7, the other 4-7.
    return name.casefold().replace(".", "-")


def _ask(provider: str, base_url: str | None) -> list[ListedModel]:
    names = API_PROVIDERS[provider].key_variables if provider in API_PROVIDERS else (SERVER_KEY_VARIABLE,)
    value = next((os.environ[name] for name in names if os.environ.get(name)), None)
    key = check_key(value, provider) if value else None
    return asyncio.run(listed_models(provider, base_url, key))


def _show_table(models: list[ListedModel]) -> None:
    width = min(max((len(model.id) for model in models), default=0), 60)
    _write(f"{'model':<{width}}  {'USD per million tokens':>22}  {'context':>9}  takes")
    _write(f"{'':<{width}}  {'in':>10}  {'out':>10}  {'':>9}")
    for model in models:
        price = model.price
        prompt = "unknown" if price is None else f"{price.prompt:.{DECIMALS}f}"
        completion = "unknown" if price is None else f"{price.completion:.{DECIMALS}f}"
        context = "unknown" if model.context_tokens is None else f"{model.context_tokens:,}"
        takes = ", ".join(model.parameters) or model.takes
        _write(f"{model.id:<{width}}  {prompt:>10}  {completion:>10}  {context:>9}  {takes}".rstrip())


def _write(text: str) -> None:
    for line in text.splitlines():
        sys.stdout.write(f"{safe_text(line, limit=2000)}\n")
