"""Gemini's batches, with requests and replies inline."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import msgspec

from evaluator.providers.batch.calls import as_reply, get_json, path_part, post_json
from evaluator.providers.batch_job import DOWNLOAD_S, MOST_PAGES, BatchItem, BatchStatus, ItemReply, lost
from evaluator.providers.client import HttpClient
from evaluator.providers.wires.reading import count, record, records, string
from evaluator.records import Failure

ENDED = frozenset({"SUCCEEDED", "PARTIALLY_SUCCEEDED", "EXPIRED", "CANCELLED"})


class GeminiBatches(msgspec.Struct, frozen=True):
    """The batches of Gemini; a `BatchApi`."""

    client: HttpClient
    model_name: str
    most_requests: int = 2000
    most_bytes: int = 18_000_000
    """Requests inline: less than 20 MB."""

    async def submit(self, tag: str, items: Sequence[BatchItem]) -> str | Failure:
        """Submit all requests inline, under our tag as display name."""
        requests = [{"request": item.body, "metadata": {"key": item.custom_id}} for item in items]
        batch = {"displayName": tag, "inputConfig": {"requests": {"requests": requests}}}
        made = await post_json(self.client, f"/models/{self.model_name}:batchGenerateContent", {"batch": batch})
        return made if isinstance(made, Failure) else string(made.get("name")) or lost("the batch has no name")

    async def find(self, tag: str, n: int, since: datetime, known: frozenset[str]) -> str | Failure | None:
        """Look through the list for the batch of our display name."""
        more = ""
        for _ in range(MOST_PAGES):
            page = await get_json(self.client, f"/batches?pageSize=100{more}")
            if isinstance(page, Failure):
                return page
            for batch in records(page.get("operations")) or records(page.get("batches")):
                if tag in {record(batch.get("metadata")).get("displayName"), batch.get("displayName")}:
                    return string(batch.get("name"))
            token = string(page.get("nextPageToken"))
            if not token:
                return None
            more = f"&pageToken={path_part(token)}"
        return None

    async def look(self, batch_id: str) -> BatchStatus | Failure:
        """Return how far the batch is."""
        batch = await self._read(batch_id)
        if isinstance(batch, Failure):
            return batch
        about = record(batch.get("metadata")) or batch
        state = (string(about.get("state")) or "").removeprefix("BATCH_STATE_").removeprefix("JOB_STATE_")
        if state == "FAILED":
            error = record(batch.get("error")) or record(about.get("error"))
            return BatchStatus(state="refused", detail=string(error.get("message")) or "failed")
        if state not in ENDED:
            return BatchStatus(state="running", detail=state.lower())
        stats = record(about.get("batchStats"))
        done, failed = _number(stats.get("successfulRequestCount")), _number(stats.get("failedRequestCount"))
        n = None if done is None and failed is None else (done or 0) + (failed or 0)
        return BatchStatus(state="ended", detail=state.lower(), n_replies=n)

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
        output = record(record(batch.get("metadata")).get("output")) or record(batch.get("response"))
        inline = output.get("inlinedResponses")
        for item in records(record(inline).get("inlinedResponses")) or records(inline):
            custom_id = string(record(item.get("metadata")).get("key"))
            if custom_id is not None:
                on_reply(_reply(custom_id, item))
        return None

    async def _read(self, batch_id: str) -> dict[str, Any] | Failure:
        name = batch_id.removeprefix("batches/")
        return await get_json(self.client, f"/batches/{path_part(name)}", deadline_s=DOWNLOAD_S)


def _number(value: Any) -> int | None:
    # Google writes 64-bit numbers as text.
    return int(value) if isinstance(value, str) and value.isascii() and value.isdigit() else count(value)


def _reply(custom_id: str, item: dict[str, Any]) -> ItemReply:
    if isinstance(item.get("response"), dict):
        return ItemReply(custom_id, as_reply(item["response"]))
    error = record(item.get("error"))
    status = {3: 400, 8: 429, 13: 500, 14: 503}.get(count(error.get("code")) or 0, count(error.get("code")) or 500)
    return ItemReply(custom_id, as_reply({"error": error}, status if status >= 400 else 500))
