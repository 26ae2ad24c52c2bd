"""Batches: many requests handed in at once, answered within a day, usually at half the price.

One file for each provider's way; `open_batches` joins it with the provider's wire, so that an answer
out of a batch is read, priced and checked as any other.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import msgspec

from evaluator.providers.api import Connection, connect
from evaluator.providers.batch.anthropic_messages import AnthropicBatches
from evaluator.providers.batch.gemini_inline import GeminiBatches
from evaluator.providers.batch.openai_files import OpenAIBatches
from evaluator.providers.batch.openrouter_inline import OpenRouterBatches
from evaluator.providers.batch_job import BatchApi, BatchItem, BatchStatus, ItemReply
from evaluator.providers.checks import check_batch, has_batches, split_id
from evaluator.records import Failure, ModelSettings, Request, Response

__all__ = [
    "BatchItem",
    "BatchModel",
    "BatchStatus",
    "ItemReply",
    "check_batch",
    "has_batches",
    "open_batches",
]


class BatchModel:
    """One model whose requests are handed in as batches."""

    def __init__(self, connection: Connection, api: BatchApi, *, is_router: bool) -> None:
        self._connection = connection
        self._is_router = is_router
        self.api = api

    def item(self, request: Request) -> BatchItem:
        """Return a request as a part of a batch."""
        found = self._connection
        body = found.wire.body(request, found.model_name)
        # What a router is told stands beside the requests of a batch.
        return BatchItem(request.request_id, body if self._is_router else body | found.extra)

    def read(self, request: Request, item: ItemReply, at: datetime) -> Response:
        """Return what became of a request of a batch that was submitted at `at`."""
        if item.reply is None:
            failure = item.failure or Failure(kind="transient", message="no reply in the batch")
            return request.response(outcome="failed", detail=failure.message, failure=failure)
        reading = self._connection.wire.read(item.reply)
        return request.response(**msgspec.structs.asdict(self._connection.complete(reading, at)))

    async def submit(self, tag: str, items: Sequence[BatchItem]) -> str | Failure:
        """Submit a batch; return its id."""
        return await self.api.submit(tag, items)

    async def collect(
        self, batch_id: str, status: BatchStatus, on_reply: Callable[[ItemReply], None]
    ) -> Failure | None:
        """Hand over every reply of an ended batch."""
        return await self.api.collect(batch_id, status, on_reply)


@asynccontextmanager
async def open_batches(settings: ModelSettings, key: str | None) -> AsyncIterator[BatchModel]:
    """Reach a model whose provider takes batches.

    Raises:
        ConfigError: If a batch cannot honour a setting.
        ProviderError: If the model cannot be asked.
    """
    check_batch(settings)
    async with connect(settings, key, is_batch=True) as connection:
        yield BatchModel(connection, _api(settings, connection), is_router=split_id(settings.id)[0].is_router)


def _api(settings: ModelSettings, connection: Connection) -> BatchApi:
    client, name = connection.client, connection.model_name
    match settings.id.partition("/")[0]:
        case "openai":
            path = "/v1/responses" if settings.api == "responses" else "/v1/chat/completions"
            return OpenAIBatches(client, path)
        case "anthropic":
            return AnthropicBatches(client)
        case "gemini":
            return GeminiBatches(client, name)
    return OpenRouterBatches(client, name, _batch_routing(connection.extra))


def _batch_routing(extra: dict[str, Any]) -> dict[str, Any]:
    """Return what of the routing a batch takes."""
    provider = extra.get("provider", {})
    return {key: provider[key] for key in ("only", "allow_fallbacks") if key in provider}
