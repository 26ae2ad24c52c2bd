"""Names to addresses, looked up where nobody has to wait for it at the end."""

from __future__ import annotations

import asyncio
import errno
import socket
import threading
from typing import Any

from aiohttp.abc import AbstractResolver, ResolveResult

_NUMERIC = socket.AI_NUMERICHOST | socket.AI_NUMERICSERV


class DaemonResolver(AbstractResolver):
    """The system's own lookup, each in a thread that does not keep the process alive.

    A lookup cannot be cancelled. In the loop's pool of threads, one that hangs would hold up the end of
    the process until the system gives it up, long after its deadline.
    """

    def __init__(self, limit_s: float) -> None:
        """A lookup without an answer fails after `limit_s` seconds."""
        self._limit_s = limit_s

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Return the addresses of `host`.

        Raises:
            OSError: If it has none, or cannot be looked up.
        """
        loop = asyncio.get_running_loop()
        found: asyncio.Future[list[Any]] = loop.create_future()
        thread = threading.Thread(target=_look_up, args=(loop, found, host, port, family), daemon=True)
        try:
            thread.start()
        except RuntimeError as exc:
            raise OSError(errno.EAGAIN, str(exc)) from exc
        try:
            async with asyncio.timeout(self._limit_s):
                return [_result(host, *info) for info in await found]
        except TimeoutError:
            message = f"no address of {host} within {self._limit_s:g} s"
            raise socket.gaierror(socket.EAI_AGAIN, message) from None

    async def close(self) -> None:
        """Leave lookups to themselves."""


def _look_up(
    loop: asyncio.AbstractEventLoop,
    found: asyncio.Future[list[Any]],
    host: str,
    port: int,
    family: socket.AddressFamily,
) -> None:
    infos: list[Any] = []
    failure: OSError | None = None
    try:
        infos = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, family=family, flags=socket.AI_ADDRCONFIG)
    except (OSError, UnicodeError) as exc:
        failure = exc if isinstance(exc, OSError) else OSError(errno.EINVAL, f"not a host name: {exc}")

    def tell() -> None:
        if found.done():
            return
        if failure is None:
            found.set_result(infos)
        else:
            found.set_exception(failure)

    try:
        loop.call_soon_threadsafe(tell)
    except RuntimeError:
        # The loop was closed meanwhile: nobody waits any more.
        return


def _result(
    host: str, family: socket.AddressFamily, kind: int, proto: int, name: str, address: tuple[Any, ...]
) -> ResolveResult:
    del kind, name
    ip, port = str(address[0]), int(address[1])
    if family == socket.AF_INET6 and len(address) > 3 and address[3] and "%" not in ip:
        ip = f"{ip}%{address[3]}"
    return ResolveResult(hostname=host, host=ip, port=port, family=family, proto=proto, flags=_NUMERIC)
