"""A scripted chat server on loopback: it answers, fails and keeps its own ledger of what it was asked."""

from __future__ import annotations

import asyncio
import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any


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


class ChatServer:
    """Runs in a thread and takes requests of every wire.

    `ledger` counts the completions asked, by user message; `asked` is their order.
    """

    def __init__(self, script: Script, listing: Listing | None = None) -> None:
        self._script = script
        self._listing = listing
        self.ledger: Counter[str] = Counter()
        self.asked: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.paths: list[str] = []
        self.in_flight = 0
        self.peak_in_flight = 0
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self.port = 0

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def start(self) -> None:
        self._thread.start()
        assert self._ready.wait(10)

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._main())
        self._loop.close()

    async def _main(self) -> None:
        self._stop = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._stop.wait()
        server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            while await self._exchange(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        line, *rows = head.split("\r\n")
        headers = {k.strip().lower(): v.strip() for k, _, v in (row.partition(":") for row in rows if row)}
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        method, path, _ = line.split(" ")
        if method == "GET":
            reply = self._listing(path) if self._listing else Reply(b'{"object":"list","data":[]}')
            return await self._send(writer, reply)
        self.paths.append(path)
        request = json.loads(body)
        question = question_of(request)
        self.ledger[question] += 1
        self.asked.append(request)
        self.headers.append(headers)
        self.in_flight += 1
        self.peak_in_flight = max(self.peak_in_flight, self.in_flight)
        try:
            return await self._send(writer, self._script(request, self.ledger[question]))
        finally:
            self.in_flight -= 1

    async def _send(self, writer: asyncio.StreamWriter, reply: Reply) -> bool:
        await asyncio.sleep(reply.delay_s)
        if reply.close_silently:
            return False
        headers = {"content-type": "application/json", "content-length": str(len(reply.body))} | reply.headers
        head = f"HTTP/1.1 {reply.status} X\r\n" + "".join(f"{k}: {v}\r\n" for k, v in headers.items()) + "\r\n"
        writer.write(head.encode("latin-1"))
        body = reply.body if reply.cut is None else reply.body[: reply.cut]
        if reply.drip_s:
            for byte in body:
                writer.write(bytes([byte]))
                await writer.drain()
                await asyncio.sleep(reply.drip_s)
        else:
            writer.write(body)
        await writer.drain()
        return reply.cut is None


@contextmanager
def chat_server(script: Script, listing: Listing | None = None) -> Iterator[ChatServer]:
    """Start a server with `script` and stop it at the end; `listing` answers what is only looked up."""
    server = ChatServer(script, listing)
    server.start()
    try:
        yield server
    finally:
        server.stop()
