"""A scripted chat server on loopback: it answers, fails and keeps its own ledger of what it was asked."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

from tests.loopback import Asked, LoopbackServer, running


@dataclass
class Reply:
    """What the server does with one request; `cut` closes the connection after that many body bytes."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    delay_s: float = 0.0
    drip_s: float = 0.0
    cut: int | None = None
    close_silently: bool = False


def answer(text: str, *, finish: str = "stop", model: str = "mock") -> Reply:
    """A well-formed chat completion."""
    message = {"role": "assistant", "content": text}
    usage = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}
    choices = [{"index": 0, "finish_reason": finish, "message": message}]
    return Reply(json.dumps({"id": "x", "model": model, "choices": choices, "usage": usage}).encode())


Script = Callable[[dict[str, Any], int], Reply]
Listing = Callable[[str], Reply]


def question_of(request: dict[str, Any]) -> str:
    """The user's last turn, on whichever wire."""
    turns = request.get("messages") or request.get("input") or request["contents"]
    content = turns[-1].get("content") or turns[-1]["parts"][0]["text"]
    assert isinstance(content, str)
    return content


class ChatServer(LoopbackServer):
    """Takes requests of every wire.

    `ledger` counts the completions asked, by user message; `asked` is their order.
    """

    def __init__(self, script: Script, listing: Listing | None = None) -> None:
        super().__init__()
        self._script = script
        self._listing = listing
        self.ledger: Counter[str] = Counter()
        self.asked: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.paths: list[str] = []
        self.in_flight = 0
        self.peak_in_flight = 0

    async def exchange(self, asked: Asked, writer: asyncio.StreamWriter) -> bool:
        if asked.method == "GET":
            reply = self._listing(asked.path) if self._listing else Reply(b'{"object":"list","data":[]}')
            return await _send(writer, reply)
        self.paths.append(asked.path)
        request = json.loads(asked.body)
        question = question_of(request)
        self.ledger[question] += 1
        self.asked.append(request)
        self.headers.append(asked.headers)
        self.in_flight += 1
        self.peak_in_flight = max(self.peak_in_flight, self.in_flight)
        try:
            return await _send(writer, self._script(request, self.ledger[question]))
        finally:
            self.in_flight -= 1


async def _send(writer: asyncio.StreamWriter, reply: Reply) -> bool:
    await asyncio.sleep(reply.delay_s)
    if reply.close_silently:
        return False
    headers = {"content-type": "application/json", "content-length": str(len(reply.body))} | reply.headers
    head = f"HTTP/1.1 {reply.status} X\r\n" + "".join(f"{k}: {v}\r\n" for k, v in headers.items()) + "\r\n"
    writer.write(head.encode("latin-1"))
    body = reply.body if reply.cut is None else reply.body[: reply.cut]
    for part in (bytes([byte]) for byte in body) if reply.drip_s else (body,):
        writer.write(part)
        await writer.drain()
        await asyncio.sleep(reply.drip_s)
    return reply.cut is None


def chat_server(script: Script, listing: Listing | None = None) -> AbstractContextManager[ChatServer]:
    """Run a server with `script`; `listing` answers what is only looked up."""
    return running(ChatServer(script, listing))
