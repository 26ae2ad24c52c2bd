"""The providers of the table: reach the API, ask, say who answered and what it cost."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from evaluator.errors import ProviderError, UnreachableError
from evaluator.providers.address import is_loopback
from evaluator.providers.alternatives import Alternatives
from evaluator.providers.checks import split_id
from evaluator.providers.client import HttpClient
from evaluator.providers.deadline import last_deadline_s
from evaluator.providers.hosts import hosts_of
from evaluator.providers.http_model import HttpModel
from evaluator.providers.pricing import Pricing
from evaluator.providers.routing import (
    Host,
    dearest,
    is_host_outside,
    is_other_model,
    provider_preferences,
    usable_hosts,
)
from evaluator.providers.table import ApiProvider
from evaluator.providers.wires.reading import Reading
from evaluator.providers.wires.wire import Wire
from evaluator.records import Failure, ModelSettings, Privacy

PREFLIGHT_S = 10.0
SUBSTITUTED = "substituted"
"""The flag that keeps an answer out of the scores: not the model, or not the host, that was asked."""


@dataclass(frozen=True)
class Connection:
    """A model of the table that was reached, and what is said to it and read from it."""

    client: HttpClient
    wire: Wire
    model_name: str
    extra: dict[str, Any]
    """Sent with every request."""
    complete: Completer
    hosts: tuple[Host, ...] = ()
    """Of a router: who offers the model."""


@asynccontextmanager
async def open_api(settings: ModelSettings, key: str | None) -> AsyncIterator[HttpModel]:
    """Connect to a model of a provider in the table, whose settings were checked.

    Raises:
        ProviderError: If there is no key, nothing answers, or the key, the model or its routing is refused.
    """
    async with connect(settings, key) as found:
        model = HttpModel(
            found.client,
            found.wire,
            found.model_name,
            deadline_s=last_deadline_s(settings),
            extra=found.extra,
            complete=found.complete,
        )
        model.dearest = dearest(found.hosts, settings.privacy)
        yield model


@asynccontextmanager
async def connect(settings: ModelSettings, key: str | None, *, is_batch: bool = False) -> AsyncIterator[Connection]:
    """Reach a model of the table.

    Raises:
        ProviderError: If there is no key, nothing answers, or the key, the model or its routing is refused.
    """
    provider, name = split_id(settings.id)
    base_url = settings.base_url or provider.base_url
    if key is None and provider.needs_key and base_url == provider.base_url:
        variables = settings.api_key_env or " or ".join(provider.key_variables)
        raise ProviderError(f"{settings.id}: need an API key in the environment variable {variables}, got none")
    if key is not None and base_url.lower().startswith("http://") and not is_loopback(base_url):
        raise ProviderError(f"{settings.id}: {base_url} would get the key unencrypted; need an https:// base URL")
    wire = provider.wire(settings.api)
    client = HttpClient(
        base_url,
        key=key,
        connections=settings.concurrency or 100,
        key_header=wire.key_header,
        headers=wire.headers,
    )
    async with client:
        listing = await _reach(settings, client, provider)
        hosts = await hosts_of(settings, client, name, listing) if provider.is_router else ()
        extra = {"provider": provider_preferences(settings.privacy)} if provider.is_router else {}
        complete = Completer(settings, name, hosts, listing=listing, is_batch=is_batch)
        yield Connection(client, wire, name, extra, complete, hosts)


async def _reach(settings: ModelSettings, client: HttpClient, provider: ApiProvider) -> bytes:
    """Make sure that something answers and takes the key; return how it lists its models, where it does."""
    reply = await client.get("/models", deadline_s=PREFLIGHT_S)
    if isinstance(reply, Failure):
        if reply.kind == "halted":
            # Such as a certificate that is not trusted: waiting mends nothing.
            raise ProviderError(f"{settings.id}: {client.base_url} cannot be asked: {reply.message}")
        if not reply.maybe_paid:
            raise UnreachableError(f"{settings.id}: nothing answers at {client.base_url} ({reply.message})")
        return b""
    # Not 403: a key may be allowed to ask but not to list models.
    if reply.status == 401 or (reply.status == 400 and b"API_KEY_INVALID" in reply.body):
        name = settings.api_key_env or provider.key_variables[0]
        raise ProviderError(f"{settings.id}: {client.base_url} refuses the key (HTTP {reply.status}); set {name}")
    return reply.body if reply.status == 200 else b""


class Completer:
    """Adds to a reading what it cost, and whether somebody else answered than the one asked."""

    def __init__(
        self,
        settings: ModelSettings,
        model_name: str,
        hosts: Sequence[Host] = (),
        *,
        listing: bytes = b"",
        is_batch: bool = False,
    ) -> None:
        self._privacy = settings.privacy
        self._model_name = model_name
        self._hosts = hosts
        self._priced = Pricing(settings, is_batch=is_batch)
        usable = usable_hosts(hosts, settings.privacy)
        self._hinted = Alternatives(model_name, listing, [host for host in hosts if host not in usable])

    def __call__(self, reading: Reading, at: datetime) -> Reading:
        """Return `reading` with cost and flags."""
        reading = self._hinted(self._priced(reading, at), at)
        flags, detail = list(reading.flags), reading.detail
        served = reading.served_model
        if served is not None and is_other_model(self._model_name, served):
            flags.append(SUBSTITUTED)
            detail = detail or f"answered by {served[:200]}"
        elif served is None and reading.outcome == "answered":
            flags.append("served_model_unknown")
        if reading.served_by is not None and is_host_outside(reading.served_by, self._privacy, self._hosts):
            flags.append(SUBSTITUTED)
            detail = detail or f"answered by the host {reading.served_by[:200]}, which [privacy] excludes"
        elif reading.served_by is None and reading.outcome == "answered" and self._is_pinned:
            flags.append("served_by_unknown")
        return msgspec.structs.replace(reading, flags=tuple(dict.fromkeys(flags)), detail=detail)

    @property
    def _is_pinned(self) -> bool:
        return self._privacy != Privacy()
