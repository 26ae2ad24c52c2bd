"""A server on loopback that sends bytes by script: delays, cuts, resets; and what the client makes of it."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from evaluator.providers import open_provider
from evaluator.records import Message, ModelSettings, Request, Response, Sampling

CLOSE = "close"
RESET = "reset"
Step = bytes | float | str
"""Bytes to send, seconds to wait, or how to end the connection."""
LISTING = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}"
QUESTION = Request(
    request_id="r",
    probe_id="p",
    model="server/m",
    prompt="none",
    repeat=0,
    messages=(Message(role="user", content="Capital of Australia?"),),
    sampling=Sampling(),
)


def http(body: bytes, status: int = 200, *headers: str, length: int | None = None) -> bytes:
    """A whole HTTP answer; `length` lies about the body."""
    lines = [f"HTTP/1.1 {status} X", f"content-length: {len(body) if length is None else length}", *headers]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


def chat(content: object = "Canberra", **choice: object) -> bytes:
    """The body of a chat completion."""
    given = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": content}} | choice
    return json.dumps({"id": "x", "model": "m", "choices": [given]}).encode()


class FaultServer:
    """Answers GET with an empty list and the n-th POST with the n-th script; the last one repeats."""

    def __init__(self, scripts: Sequence[Sequence[Step]]) -> None:
        self._scripts = scripts
        self.bodies: list[bytes] = []
        self.heads: list[str] = []
        self.port = 0
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def start(self) -> None:
        self._thread.start()
        assert self._ready.wait(10)

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)

    def _run(self) -> None:
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
        if head.startswith("GET"):
            writer.write(LISTING)
            return True
        self.heads.append(head)
        at = head.lower().find("content-length:")
        length = int(head[at + 15 :].split("\r\n", 1)[0]) if at >= 0 else 0
        self.bodies.append(await reader.readexactly(length))
        script = self._scripts[min(len(self.bodies), len(self._scripts)) - 1]
        for step in script:
            if isinstance(step, bytes):
                writer.write(step)
                await writer.drain()
            elif isinstance(step, float):
                await asyncio.sleep(step)
            else:
                self._end(writer, step)
                return False
        return True

    def _end(self, writer: asyncio.StreamWriter, how: str) -> None:
        if how == RESET:
            sock: socket.socket = writer.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()


@contextmanager
def fault_server(*scripts: Sequence[Step]) -> Iterator[FaultServer]:
    """Start a server with one script per POST and stop it at the end."""
    server = FaultServer(scripts)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def ask(*scripts: Sequence[Step], timeout_s: float = 5.0) -> list[Response]:
    """Ask a model as often as there are scripts, over one client; return what became of each."""

    async def main(base_url: str) -> list[Response]:
        settings = ModelSettings(id="server/m", base_url=base_url, timeout_s=timeout_s)
        async with open_provider(settings, None) as provider:
            return [await provider.answer(QUESTION) for _ in scripts]

    with fault_server(*scripts) as server:
        return asyncio.run(main(server.base_url))


def ask_once(*script: Step, timeout_s: float = 5.0) -> Response:
    """Ask once a server that follows `script`."""
    return ask(script, timeout_s=timeout_s)[0]


def told(response: Response) -> tuple[str, str | None, bool]:
    """The outcome, the kind of its failure, and whether it may have been paid."""
    failure = response.failure
    return response.outcome, failure and failure.kind, bool(failure and failure.maybe_paid)
