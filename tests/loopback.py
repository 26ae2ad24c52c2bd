"""A server on loopback in a thread of its own: it reads requests; what it sends is up to its kind."""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

HEAD_END = b"\r\n\r\n"


@dataclass(frozen=True)
class Asked:
    """One request as it came."""

    method: str
    path: str
    head: str
    headers: dict[str, str]
    body: bytes


class LoopbackServer:
    """Accepts connections and hands over one request after the other."""

    def __init__(self) -> None:
        self.port = 0
        self.tls: ssl.SSLContext | None = None
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    async def exchange(self, asked: Asked, writer: asyncio.StreamWriter) -> bool:
        """Answer one request; return whether the connection stays open."""
        raise NotImplementedError

    def start(self) -> None:
        self._thread.start()
        assert self._ready.wait(10)

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._main())
        self._loop.close()

    async def _main(self) -> None:
        self._stop = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        server = await asyncio.start_server(self._accept, "127.0.0.1", self.port, ssl=self.tls)
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
            while await self.exchange(await _read(reader), writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self._tasks.discard(task)
            writer.close()


async def _read(reader: asyncio.StreamReader) -> Asked:
    head = (await reader.readuntil(HEAD_END)).decode("latin-1")
    line, *rows = head.split("\r\n")
    headers = {k.strip().lower(): v.strip() for k, _, v in (row.partition(":") for row in rows if row)}
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    method, path, _ = line.split(" ")
    return Asked(method, path, head, headers, body)


Server = TypeVar("Server", bound=LoopbackServer)


@contextmanager
def running(server: Server) -> Iterator[Server]:
    """Start a server and stop it at the end."""
    server.start()
    try:
        yield server
    finally:
        server.stop()
