"""OpenAI's batches: a file of requests up, a file of replies and one of errors down."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import msgspec

from evaluator.providers.batch.calls import as_reply, body_of, get_file, get_json, path_part, post_json
from evaluator.providers.batch_job import DOWNLOAD_S, MOST_PAGES, BatchItem, BatchStatus, ItemReply, lost
from evaluator.providers.client import HttpClient
from evaluator.providers.wires.reading import count, decode, record, records, string
from evaluator.records import Failure

TAG = "evaluator_batch"
REFUSED = frozenset({"failed"})
ENDED = frozenset({"completed", "expired", "cancelled"})
_BOUNDARY = "evaluator-7f3a9c51e0d84b62"


class OpenAIBatches(msgspec.Struct, frozen=True):
    """The batches of OpenAI; a `BatchApi`."""

    client: HttpClient
    endpoint: str
    """What each request is for: /v1/chat/completions or /v1/responses."""
    most_requests: int = 50_000
    most_bytes: int = 190_000_000

    async def submit(self, tag: str, items: Sequence[BatchItem]) -> str | Failure:
        """Upload the requests, then make a batch of them that carries our tag."""
        lines = b"".join(msgspec.json.encode(self._line(item)) + b"\n" for item in items)
        content_type = f"multipart/form-data; boundary={_BOUNDARY}"
        uploaded = body_of(
            await self.client.post("/files", _form(lines), deadline_s=DOWNLOAD_S, content_type=content_type)
        )
        if isinstance(uploaded, Failure):
            # A file costs nothing: only the batch that is made of it is paid for.
            return msgspec.structs.replace(uploaded, maybe_paid=False)
        file_id = string(uploaded.get("id"))
        if file_id is None:
            return lost("the upload has no id")
        made = await post_json(
            self.client,
            "/batches",
            {
                "input_file_id": file_id,
                "endpoint": self.endpoint,
                "completion_window": "24h",
                "metadata": {TAG: tag},
            },
        )
        return made if isinstance(made, Failure) else string(made.get("id")) or lost("the batch has no id")

    def _line(self, item: BatchItem) -> dict[str, Any]:
        return {"custom_id": item.custom_id, "method": "POST", "url": self.endpoint, "body": item.body}

    async def find(self, tag: str, n: int, since: datetime, known: frozenset[str]) -> str | Failure | None:
        """Look through the list for the batch that carries our tag."""
        after = ""
        for _ in range(MOST_PAGES):
            page = await get_json(self.client, f"/batches?limit=100{after}")
            if isinstance(page, Failure):
                return page
            found = records(page.get("data"))
            for batch in found:
                if record(batch.get("metadata")).get(TAG) == tag:
                    return string(batch.get("id"))
            last = string(found[-1].get("id")) if found else None
            if page.get("has_more") is not True or last is None:
                return None
            after = f"&after={path_part(last)}"
        return None

    async def look(self, batch_id: str) -> BatchStatus | Failure:
        """Return how far the batch is."""
        batch = await get_json(self.client, f"/batches/{path_part(batch_id)}")
        if isinstance(batch, Failure):
            return batch
        status, counts = string(batch.get("status")) or "", record(batch.get("request_counts"))
        if status in REFUSED:
            errors = records(record(batch.get("errors")).get("data"))
            return BatchStatus(state="refused", detail="; ".join(str(e.get("message"))[:200] for e in errors[:3]))
        if status not in ENDED:
            return BatchStatus(state="running", detail=status)
        files = (string(batch.get("output_file_id")), string(batch.get("error_file_id")))
        done, failed = count(counts.get("completed")), count(counts.get("failed"))
        return BatchStatus(
            state="ended",
            detail=status,
            # What expired is in the file of errors, but not in every count.
            n_replies=None if done is None or failed is None or status != "completed" else done + failed,
            files=tuple(file for file in files if file),
        )

    async def collect(
        self,
        batch_id: str,
        status: BatchStatus,
        on_reply: Callable[[ItemReply], None],
    ) -> Failure | None:
        """Download the replies, then the errors."""
        for file in status.files:
            path = f"/files/{path_part(file)}/content"
            if failure := await get_file(self.client, path, lambda line: _hand_over(line, on_reply)):
                return failure
        return None


def _hand_over(line: bytes, on_reply: Callable[[ItemReply], None]) -> None:
    item = record(decode(line))
    custom_id, response = string(item.get("custom_id")), item.get("response")
    if custom_id is None:
        return
    if isinstance(response, dict) and isinstance(response.get("body"), dict):
        status = count(response.get("status_code")) or 200
        on_reply(ItemReply(custom_id, as_reply(response["body"], status)))
        return
    error = record(item.get("error"))
    message = f"{error.get('code')}: {string(error.get('message')) or 'no reply'}"
    on_reply(ItemReply(custom_id, failure=Failure(kind="transient", message=message[:300])))


def _form(lines: bytes) -> bytes:
    head = (
        f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nbatch\r\n'
        f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="requests.jsonl"\r\n'
        "Content-Type: application/jsonl\r\n\r\n"
    )
    return head.encode() + lines + f"\r\n--{_BOUNDARY}--\r\n".encode()
