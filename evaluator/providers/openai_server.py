"""Any server that speaks the OpenAI chat wire: `server/NAME`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

from evaluator.errors import ProviderError, UnreachableError
from evaluator.providers.alternatives import Alternatives
from evaluator.providers.client import HttpClient
from evaluator.providers.deadline import last_deadline_s
from evaluator.providers.http_model import HttpModel
from evaluator.providers.pricing import Pricing
from evaluator.providers.reply import HttpReply
from evaluator.providers.wires.openai_chat import OpenAIChat
from evaluator.records import Failure, ModelSettings

PREFLIGHT_S = 5.0


@asynccontextmanager
async def open_server(settings: ModelSettings, key: str | None) -> AsyncIterator[HttpModel]:
    """Connect to `server/NAME` and make sure that something answers there.

    Raises:
        ProviderError: If no base URL is given, nothing listens, or the key is refused.
    """
    model_name = settings.id.partition("/")[2]
    if settings.base_url is None:
        raise ProviderError(f"{settings.id}: need --base-url (or base_url in [[model]]), e.g. http://127.0.0.1:8000/v1")
    base_url, listing = await find_api(settings, settings.base_url, key)
    priced, hinted = Pricing(settings), Alternatives(model_name, listing)
    async with HttpClient(base_url, key=key, connections=settings.concurrency or 100) as client:
        yield HttpModel(
            client,
            OpenAIChat(),
            model_name,
            deadline_s=last_deadline_s(settings),
            complete=lambda reading, at: hinted(priced(reading, at), at),
        )


async def find_api(settings: ModelSettings, base_url: str, key: str | None) -> tuple[str, bytes]:
    """Return the base URL that answers and its list of models, trying `/v1` when a bare host was given.

    Raises:
        ProviderError: If nothing listens there, or the key is refused.
    """
    reply = await _list_models(base_url, key)
    if isinstance(reply, Failure) and reply.kind == "halted":
        # Such as a certificate that is not trusted: waiting mends nothing.
        raise ProviderError(f"{settings.id}: {base_url} cannot be asked: {reply.message}")
    if isinstance(reply, Failure) and not reply.maybe_paid:
        raise UnreachableError(
            f"{settings.id}: nothing answers at {base_url} ({reply.message}); is the server running?"
        )
    if isinstance(reply, Failure):
        return base_url, b""
    if reply.status in {401, 403}:
        name = settings.api_key_env or "SERVER_API_KEY"
        raise ProviderError(f"{settings.id}: {base_url} refuses the key (HTTP {reply.status}); set {name}")
    if reply.status == 404 and not urlsplit(base_url).path.strip("/"):
        versioned = base_url.rstrip("/") + "/v1"
        second = await _list_models(versioned, key)
        if isinstance(second, HttpReply) and second.status == 200:
            return versioned, second.body
    return base_url, reply.body if reply.status == 200 else b""


async def _list_models(base_url: str, key: str | None) -> HttpReply | Failure:
    async with HttpClient(base_url, key=key, connections=1) as client:
        return await client.get("/models", deadline_s=PREFLIGHT_S)
