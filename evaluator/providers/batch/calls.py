"""Calls of batch APIs: a JSON object, or what went wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import msgspec

from evaluator.providers.batch_job import CALL_S, DOWNLOAD_S, lost
from evaluator.providers.client import HttpClient
from evaluator.providers.reply import HttpReply, redacted
from evaluator.providers.wait_hints import wait_hint_s
from evaluator.providers.wires.faults import kind_of_status
from evaluator.providers.wires.reading import decode, record, string
from evaluator.records import Failure

MOST_BATCH_BYTES = 512 * 1024 * 1024


async def post_json(client: HttpClient, path: str, document: dict[str, Any]) -> dict[str, Any] | Failure:
    """POST a document; the order of its fields is kept."""
    return body_of(await client.post(path, msgspec.json.encode(document), deadline_s=CALL_S))


async def get_json(client: HttpClient, path: str, *, deadline_s: float = CALL_S) -> dict[str, Any] | Failure:
    """GET a document, which may hold the replies of a whole batch."""
    return body_of(await client.get(path, deadline_s=deadline_s, most_bytes=MOST_BATCH_BYTES))


async def get_file(client: HttpClient, path: str, on_line: Callable[[bytes], None]) -> Failure | None:
    """Download a file of replies and hand over its lines; return what went wrong, if anything did."""
    got = await client.get_lines(path, on_line, deadline_s=DOWNLOAD_S)
    if isinstance(got, Failure):
        return got
    if got.status == 200:
        return None
    told = body_of(got)
    return told if isinstance(told, Failure) else lost(f"HTTP {got.status}")


def body_of(reply: HttpReply | Failure) -> dict[str, Any] | Failure:
    """Return the object that a reply holds, or why there is none."""
    if isinstance(reply, Failure):
        return reply
    body = decode(reply.body)
    if 200 <= reply.status < 300:
        return body if isinstance(body, dict) else lost("the reply is no JSON object")
    error = record(body).get("error")
    said = string(record(error).get("message")) or string(error) or reply.body[:200].decode("utf-8", "replace")
    is_html = reply.body.lstrip()[:1] == b"<"
    return Failure(
        kind=kind_of_status(reply.status, is_html=is_html),
        message=redacted(f"HTTP {reply.status}: {' '.join(said[:2000].split())[:300]}"),
        status=reply.status,
        wait_s=wait_hint_s(reply.headers, body_hint_s=None, message=said[:2000], is_error=True),
        maybe_paid=reply.status >= 500,
    )


def as_reply(body: Any, status: int = 200) -> HttpReply:
    """Return a part of a batch as the reply to its request alone."""
    return HttpReply(status=status, headers={}, body=msgspec.json.encode(body))


def path_part(text: str) -> str:
    """Return text from a server so that it is one part of a path."""
    return quote(text, safe="")
