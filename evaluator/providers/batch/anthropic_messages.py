"""Anthropic's message batches. They carry no name: a lost one is known by its size and time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import msgspec

from evaluator.providers.batch.calls import as_reply, get_file, get_json, path_part, post_json
from evaluator.providers.batch_job import MOST_PAGES, BatchItem, BatchStatus, ItemReply, lost
from evaluator.providers.client import HttpClient
from evaluator.providers.wires.reading import count, decode, record, records, string
from evaluator.records import Failure

CLOCK_SKEW = timedelta(minutes=2)
_STATUS = {"invalid_request_error": 400, "request_too_large": 413, "rate_limit_error": 429, "overloaded_error": 529}


class AnthropicBatches(msgspec.Struct, frozen=True):
    """The batches of Anthropic; a `BatchApi`."""

    client: HttpClient
    most_requests: int = 100_000
    most_bytes: int = 240_000_000

    async def submit(self, tag: str, items: Sequence[BatchItem]) -> str | Failure:
        """Submit all requests at once."""
        requests = [{"custom_id": item.custom_id, "params": item.body} for item in items]
        made = await post_json(self.client, "/messages/batches", {"requests": requests})
        return made if isinstance(made, Failure) else string(made.get("id")) or lost("the batch has no id")

    async def find(self, tag: str, n: int, since: datetime, known: frozenset[str]) -> str | Failure | None:
        """Look through the list, newest first, for a batch of `n` requests that nobody claims."""
        after = ""
        for _ in range(MOST_PAGES):
            page = await get_json(self.client, f"/messages/batches?limit=100{after}")
            if isinstance(page, Failure):
                return page
            found = records(page.get("data"))
            for batch in found:
                batch_id, counts = string(batch.get("id")), record(batch.get("request_counts"))
                if batch_id is None or batch_id in known or not _is_since(batch.get("created_at"), since):
                    continue
                if sum(count(each) or 0 for each in counts.values()) == n:
                    return batch_id
            last = string(found[-1].get("id")) if found else None
            if page.get("has_more") is not True or last is None or not _is_since(found[-1].get("created_at"), since):
                return None
            after = f"&after_id={path_part(last)}"
        return None

    async def look(self, batch_id: str) -> BatchStatus | Failure:
        """Return how far the batch is."""
        batch = await get_json(self.client, f"/messages/batches/{path_part(batch_id)}")
        if isinstance(batch, Failure):
            return batch
        status = string(batch.get("processing_status")) or ""
        if status != "ended":
            return BatchStatus(state="running", detail=status)
        counts = [count(each) for each in record(batch.get("request_counts")).values()]
        n = sum(each or 0 for each in counts)
        return BatchStatus(state="ended", detail=status, n_replies=n or None)

    async def collect(
        self,
        batch_id: str,
        status: BatchStatus,
        on_reply: Callable[[ItemReply], None],
    ) -> Failure | None:
        """Download the results from where they lie on this host: the URL in the batch could be anyone's."""
        path = f"/messages/batches/{path_part(batch_id)}/results"
        return await get_file(self.client, path, lambda line: _hand_over(line, on_reply))


def _is_since(created_at: object, since: datetime) -> bool:
    try:
        return isinstance(created_at, str) and datetime.fromisoformat(created_at) >= since - CLOCK_SKEW
    except (ValueError, TypeError):
        return False


def _hand_over(line: bytes, on_reply: Callable[[ItemReply], None]) -> None:
    item = record(decode(line))
    custom_id, result = string(item.get("custom_id")), record(item.get("result"))
    if custom_id is None:
        return
    kind = string(result.get("type"))
    if kind == "succeeded" and isinstance(result.get("message"), dict):
        on_reply(ItemReply(custom_id, as_reply(result["message"])))
    elif kind == "errored":
        # The envelope {"type": "error", "error": {...}}, or the error alone.
        error = record(result.get("error"))
        envelope = error if "error" in error else {"type": "error", "error": error}
        status = _STATUS.get(str(record(envelope.get("error")).get("type")), 500)
        on_reply(ItemReply(custom_id, as_reply(envelope, status)))
    else:
        on_reply(ItemReply(custom_id, failure=Failure(kind="transient", message=f"{kind or 'no result'} in a batch")))
