"""Any server that speaks the OpenAI chat wire: `server/NAME`, and the embedded model."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import msgspec

from evaluator.errors import ProviderError
from evaluator.providers.client import HttpClient, HttpReply
from evaluator.providers.openai_wire import Reading, read_reply, request_body
from evaluator.records import Failure, ModelSettings, Outcome, Request, Response

PREFLIGHT_S = 5.0
COMPLETIONS = "/chat/completions"


class OpenAIServer:
    """Asks one model of one server; a `Provider`."""

    def __init__(self, client: HttpClient, model_name: str, *, deadline_s: float, is_free: bool = False) -> None:
        self._client = client
        self._model_name = model_name
        self._deadline_s = deadline_s
        self._is_free = is_free

    async def answer(self, request: Request) -> Response:
        """Make one attempt; what went wrong is in the response."""
        start = time.monotonic()
        reply = await self._client.post(
            COMPLETIONS, request_body(request, self._model_name), deadline_s=self._deadline_s
        )
        latency_s = round(time.monotonic() - start, 4)
        if isinstance(reply, Failure):
            outcome: Outcome = "malformed" if reply.kind == "malformed" else "failed"
            reading = Reading(outcome=outcome, detail=reply.message, failure=reply)
        else:
            reading = read_reply(reply)
        return join(request, reading, latency_s=latency_s, is_free=self._is_free)


def join(request: Request, reading: Reading, *, latency_s: float, is_free: bool) -> Response:
    """Put what a reply says and which request it answers into one response."""
    return request.response(
        latency_s=latency_s,
        cost_usd=0.0 if is_free else None,
        cost_source="embedded model" if is_free else None,
        **msgspec.structs.asdict(reading),
    )


@asynccontextmanager
async def open_server(settings: ModelSettings, key: str | None) -> AsyncIterator[OpenAIServer]:
    """Connect to `server/NAME` and make sure that something answers there.

    Raises:
        ProviderError: If no base URL is given, nothing listens, or the key is refused.
    """
    model_name = settings.id.partition("/")[2]
    if settings.base_url is None:
        raise ProviderError(f"{settings.id}: need --base-url (or base_url in [[model]]), e.g. http://127.0.0.1:8000/v1")
    base_url = await find_api(settings, settings.base_url, key)
    async with HttpClient(base_url, key=key, connections=settings.concurrency or 100) as client:
        yield OpenAIServer(client, model_name, deadline_s=settings.timeout_s)


async def find_api(settings: ModelSettings, base_url: str, key: str | None) -> str:
    """Return the base URL that answers, trying `/v1` when a bare host was given.

    Raises:
        ProviderError: If nothing listens there, or the key is refused.
    """
    reply = await _list_models(base_url, key)
    if isinstance(reply, Failure) and not reply.maybe_paid:
        raise ProviderError(f"{settings.id}: nothing answers at {base_url} ({reply.message}); is the server running?")
    if isinstance(reply, Failure):
        return base_url
    if reply.status in {401, 403}:
        name = settings.api_key_env or "SERVER_API_KEY"
        raise ProviderError(f"{settings.id}: {base_url} refuses the key (HTTP {reply.status}); set {name}")
    if reply.status == 404 and not urlsplit(base_url).path.strip("/"):
        versioned = base_url.rstrip("/") + "/v1"
        second = await _list_models(versioned, key)
        if isinstance(second, HttpReply) and second.status == 200:
            return versioned
    return base_url


async def _list_models(base_url: str, key: str | None) -> HttpReply | Failure:
    async with HttpClient(base_url, key=key, connections=1) as client:
        return await client.get("/models", deadline_s=PREFLIGHT_S)
