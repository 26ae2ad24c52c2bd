"""The least a client can do: the same requests in a bare loop, nothing kept, nothing graded.

python -m tests.benchmarks.bare_loop aiohttp|httpx BASE_URL N CONCURRENCY
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable

Post = Callable[[dict[str, object]], Awaitable[bytes]]


async def ask(post: Post, n: int, concurrency: int) -> None:
    left = iter(range(n))

    async def work() -> None:
        for number in left:
            question = {"role": "user", "content": f"What is the capital of country number {number}?"}
            body = await post({"model": "m", "messages": [question]})
            assert json.loads(body)["choices"][0]["message"]["content"]

    start, cpu = time.perf_counter(), time.process_time()
    await asyncio.gather(*(work() for _ in range(concurrency)))
    told = {"wall_s": time.perf_counter() - start, "cpu_s": time.process_time() - cpu}
    sys.stdout.write(json.dumps(told) + "\n")


async def with_aiohttp(url: str, n: int, concurrency: int) -> None:
    import aiohttp

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=concurrency)) as session:

        async def post(body: dict[str, object]) -> bytes:
            async with session.post(url, json=body) as reply:
                return await reply.read()

        await ask(post, n, concurrency)


async def with_httpx(url: str, n: int, concurrency: int) -> None:
    import aiohttp
    import httpx
    from httpx_aiohttp import AiohttpTransport

    def session() -> aiohttp.ClientSession:
        return aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=concurrency))

    async with httpx.AsyncClient(transport=AiohttpTransport(client=session), timeout=60) as client:

        async def post(body: dict[str, object]) -> bytes:
            return (await client.post(url, json=body)).content

        await ask(post, n, concurrency)


if __name__ == "__main__":
    kind, base_url, n_asked, n_in_flight = sys.argv[1:5]
    ways = {"aiohttp": with_aiohttp, "httpx": with_httpx}
    asyncio.run(ways[kind](f"{base_url}/chat/completions", int(n_asked), int(n_in_flight)))
