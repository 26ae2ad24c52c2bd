"""A chat server that is not the limit: one process, raw asyncio protocol, the same answer after a fixed time.

python -m tests.benchmarks.mock_server LATENCY_S      prints its port, then serves until its stdin closes
"""

from __future__ import annotations

import asyncio
import json
import sys

BODY = json.dumps(
    {
        "id": "chatcmpl-B1",
        "object": "chat.completion",
        "created": 1795430000,
        "model": "m",
        "choices": [
            {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "It is Canberra."}}
        ],
        "usage": {"prompt_tokens": 32, "completion_tokens": 5, "total_tokens": 37},
    }
).encode()
ANSWER = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%s" % (len(BODY), BODY)
LISTING = b'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 27\r\n\r\n{"object":"list","data":[]}'


class Chat(asyncio.Protocol):
    """One connection; requests on it come one after the other."""

    latency_s = 0.0
    n_asked = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._data = b""

    def data_received(self, data: bytes) -> None:
        self._data += data
        end = self._data.find(b"\r\n\r\n")
        if end < 0:
            return
        head = self._data[:end].lower()
        at = head.find(b"content-length:")
        length = int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
        if len(self._data) < end + 4 + length:
            return
        self._data = self._data[end + 4 + length :]
        if head.startswith(b"get /asked"):
            count = str(Chat.n_asked).encode()
            self._write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%s" % (len(count), count))
        elif head.startswith(b"get"):
            self._write(LISTING)
        else:
            Chat.n_asked += 1
            asyncio.get_running_loop().call_later(self.latency_s, self._write, ANSWER)

    def _write(self, data: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(data)  # type: ignore[attr-defined]


async def serve() -> None:
    server = await asyncio.get_running_loop().create_server(Chat, "127.0.0.1", 0, backlog=1024)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    Chat.latency_s = float(sys.argv[1])
    asyncio.run(serve())
