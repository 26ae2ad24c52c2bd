"""OpenRouter's batches, with requests and replies inline. They carry no name: a lost one is known by size and time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from evaluator.providers.batch.calls import as_reply, get_json, path_part, post_json
from evaluator.providers.batch_job import DOWNLOAD_S, MOST_PAGES, BatchItem, BatchStatus, ItemReply, lost
from evaluator.providers.client import HttpClient
from evaluator.providers.wires.reading import count, record, records, string
from evaluator.records import Failure

ENDED = frozenset({"completed", "expired", "cancelled"})
CLOCK_SKEW = timedelta(minutes=2)


class OpenRouterBatches(msgspec.Struct, frozen=True):
    """The batches of OpenRouter; a `BatchApi`."""

    client: HttpClient
    model_name: str
    provider: dict[str, Any] = {}
    """Which hosts may run it: `only` and `allow_fallbacks`."""
    most_requests: int = 5000
    most_bytes: int = 90_000_000

    async def submit(self, tag: str, items: Sequence[BatchItem]) -> str | Failure:
        """Submit all requests; endpoint and model come first, since the body is read as it arrives."""
        document: dict[str, Any] = {"endpoint": "/v1/chat/completions", "model": self.model_name}
        document |= {"provider": self.provider} if self.provider else {}
        document["requests"] = [{"custom_id": item.custom_id, "body": item.body} for item in items]
        made = await post_json(self.client, "/batches", document)
        return made if isinstance(made, Failure) else string(made.get("id")) or lost("the batch has no id")

    async def find(self, tag: str, n: int, since: datetime, known: frozenset[str]) -> str | Failure | None:
        """Look through the list, newest first, for a batch of this model and size that nobody claims."""
        after = ""
        for _ in range(MOST_PAGES):
            page = await get_json(self.client, f"/batches?limit=100{after}")
            if isinstance(page, Failure):
                return page
            found = records(page.get("data"))
            for batch in found:
                total = count(record(batch.get("request_counts")).get("total"))
                is_ours = batch.get("model") == self.model_name and total in {n, 0}
                batch_id = string(batch.get("id"))
                if is_ours and batch_id not in known and _is_since(batch.get("created_at"), since):
                    return batch_id
            last = string(page.get("last_id"))
            is_old = not found or not _is_since(found[-1].get("created_at"), since)
            if page.get("has_more") is not True or last is None or is_old:
                return None
            after = f"&after={path_part(last)}"
        return None

    async def look(self, batch_id: str) -> BatchStatus | Failure:
        """Return how far the batch is."""
        batch = await self._read(batch_id)
        if isinstance(batch, Failure):
            return batch
        status = string(batch.get("status")) or ""
        if status == "failed":
            return BatchStatus(state="refused", detail=string(record(batch.get("error")).get("message")) or status)
        if status not in ENDED:
            return BatchStatus(state="running", detail=status)
        counts = record(batch.get("request_counts"))
        done, failed = count(counts.get("completed")), count(counts.get("failed"))
        cost = record(batch.get("usage")).get("cost")
        is_amount = isinstance(cost, int | float) and not isinstance(cost, bool) and 0 <= cost < 1e9
        return BatchStatus(
            state="ended",
            detail=status,
            n_replies=None if done is None or failed is None or status != "completed" else done + failed,
            cost_usd=float(cost) if isinstance(cost, int | float) and is_amount else None,
            served_by=string(batch.get("provider")),
        )

    async def collect(
        self,
        batch_id: str,
        status: BatchStatus,
        on_reply: Callable[[ItemReply], None],
    ) -> Failure | None:
        """Read the replies out of the batch itself."""
        batch = await self._read(batch_id)
        if isinstance(batch, Failure):
            return batch
        for item in records(batch.get("results")):
            custom_id = string(item.get("custom_id"))
            if custom_id is not None:
                on_reply(_reply(custom_id, item))
        return None

    async def _read(self, batch_id: str) -> dict[str, Any] | Failure:
        return await get_json(self.client, f"/batches/{path_part(batch_id)}", deadline_s=DOWNLOAD_S)


def _is_since(created_at: object, since: datetime) -> bool:
    if not isinstance(created_at, int) or isinstance(created_at, bool) or not 0 <= created_at < 1e11:
        return False
    return datetime.fromtimestamp(created_at, UTC) >= since - CLOCK_SKEW


def _reply(custom_id: str, item: dict[str, Any]) -> ItemReply:
    response = record(item.get("response"))
    if isinstance(response.get("body"), dict):
        return ItemReply(custom_id, as_reply(response["body"], count(response.get("status_code")) or 200))
    if response:
        return ItemReply(custom_id, as_reply(response))
    return ItemReply(custom_id, as_reply({"error": record(item.get("error"))}, 500))
