"""A server on loopback that sends bytes by script: delays, cuts, resets; and what the client makes of it."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
from collections.abc import Sequence
from contextlib import AbstractContextManager

from evaluator.providers import open_provider
from evaluator.records import Message, ModelSettings, Price, Request, Response, Sampling
from tests.loopback import Asked, LoopbackServer, running

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


def chat(content: object = "Canberra", *, id_: str = "x", **choice: object) -> bytes:
    """The body of a chat completion."""
    given = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": content}} | choice
    return json.dumps({"id": id_, "model": "m", "choices": [given]}).encode()


class FaultServer(LoopbackServer):
    """Answers GET with an empty list and the n-th POST with the n-th script; the last one repeats."""

    def __init__(self, scripts: Sequence[Sequence[Step]]) -> None:
        super().__init__()
        self._scripts = scripts
        self.bodies: list[bytes] = []
        self.heads: list[str] = []

    def script(self, asked: Asked) -> Sequence[Step]:
        """What to do with a POST."""
        self.heads.append(asked.head)
        self.bodies.append(asked.body)
        return self._scripts[min(len(self.bodies), len(self._scripts)) - 1]

    async def exchange(self, asked: Asked, writer: asyncio.StreamWriter) -> bool:
        if asked.method == "GET":
            writer.write(LISTING)
            return True
        for step in self.script(asked):
            if isinstance(step, bytes):
                writer.write(step)
                await writer.drain()
            elif isinstance(step, float):
                await asyncio.sleep(step)
            else:
                _end(writer, step)
                return False
        return True


def _end(writer: asyncio.StreamWriter, how: str) -> None:
    if how == RESET:
        sock: socket.socket = writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()


def fault_server(*scripts: Sequence[Step]) -> AbstractContextManager[FaultServer]:
    """Run a server with one script per POST."""
    return running(FaultServer(scripts))


def ask(*scripts: Sequence[Step], timeout_s: float = 5.0, price: Price | None = None) -> list[Response]:
    """Ask a model as often as there are scripts, over one client; return what became of each."""

    async def main(base_url: str) -> list[Response]:
        settings = ModelSettings(id="server/m", base_url=base_url, timeout_s=timeout_s, price=price)
        async with open_provider(settings, None) as provider:
            return [await provider.answer(QUESTION) for _ in scripts]

    with fault_server(*scripts) as server:
        return asyncio.run(main(server.base_url))


def ask_once(*script: Step, timeout_s: float = 5.0, price: Price | None = None) -> Response:
    """Ask once a server that follows `script`."""
    return ask(script, timeout_s=timeout_s, price=price)[0]


def told(response: Response) -> tuple[str, str | None, bool]:
    """The outcome, the kind of its failure, and whether it may have been paid."""
    failure = response.failure
    return response.outcome, failure and failure.kind, bool(failure and failure.maybe_paid)
