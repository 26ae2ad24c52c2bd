"""The one HTTP client: bounded in time and size, and honest about what may have been paid.

httpx over the aiohttp transport. Everything that goes wrong below HTTP comes back as a
`Failure`, so that no caller handles transport exceptions.
"""

from __future__ import annotations

import asyncio
import errno
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from functools import partial
from types import TracebackType
from typing import Self

import aiohttp
import httpx
import msgspec
from httpx_aiohttp import AiohttpTransport

from evaluator.providers.address import check_base_url, check_key, is_loopback
from evaluator.providers.eraser import KeyEraser
from evaluator.providers.reply import HttpReply
from evaluator.providers.resolver import DaemonResolver
from evaluator.records import Failure

MAX_BODY_BYTES = 32 * 1024 * 1024
CONNECT_TIMEOUT_S = 10.0
Reader = Callable[[httpx.Response], Awaitable[HttpReply | Failure]]


class HttpClient:
    """A pool of connections to one base URL, with one key."""

    def __init__(
        self,
        base_url: str,
        *,
        key: str | None = None,
        connections: int = 100,
        key_header: str = "authorization",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """`key_header` carries the key: `authorization` as a bearer token, any other header as it is."""
        self.base_url = check_base_url(base_url)
        key = check_key(key) if key else None
        self._erase = KeyEraser(key)
        headers = {"user-agent": "evaluator", "accept": "*/*", "accept-encoding": "gzip, deflate"} | dict(headers or {})
        if key:
            headers[key_header] = f"Bearer {key}" if key_header == "authorization" else key
        self._headers = httpx.Headers(headers)
        self._typed_headers: dict[str, httpx.Headers] = {}
        self._urls: dict[str, httpx.URL] = {}
        # The transport itself: a client around it would look for cookies and redirects, which there
        # never are, at the price of the request itself. The session has its own TLS, which verifies.
        self._transport = AiohttpTransport(
            verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), client=lambda: self._session(connections)
        )

    def _session(self, connections: int) -> aiohttp.ClientSession:
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=connections, resolver=DaemonResolver(CONNECT_TIMEOUT_S)),
            cookie_jar=aiohttp.DummyCookieJar(),
            # A proxy of the environment must never stand between us and this machine.
            trust_env=not is_loopback(self.base_url),
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._transport.aclose()

    async def post(
        self, path: str, body: bytes, *, deadline_s: float, content_type: str = "application/json"
    ) -> HttpReply | Failure:
        """POST a body; the whole attempt ends within `deadline_s` seconds."""
        return await self._send("POST", path, deadline_s, _read, body, content_type)

    async def get(self, path: str, *, deadline_s: float, most_bytes: int | None = None) -> HttpReply | Failure:
        """GET; the whole attempt ends within `deadline_s` seconds."""
        return await self._send("GET", path, deadline_s, partial(_read, most_bytes=most_bytes))

    async def get_lines(self, path: str, on_line: Callable[[bytes], None], *, deadline_s: float) -> HttpReply | Failure:
        """GET a file that may be larger than memory, and hand over its lines; the reply itself has no body.

        The lines of a file that broke off were handed over up to there.
        """
        return await self._send(
            "GET", path, deadline_s, partial(_read_lines, on_line=lambda line: on_line(self._erase(line)))
        )

    async def _send(
        self,
        method: str,
        path: str,
        deadline_s: float,
        read: Reader,
        body: bytes | None = None,
        content_type: str | None = None,
    ) -> HttpReply | Failure:
        headers = self._headers_with(content_type)
        url = self._urls.get(path) or self._urls.setdefault(path, httpx.URL(self.base_url + path))
        # A read timeout restarts with every byte, so only a deadline around the attempt ends a dripping body.
        limits = {"timeout": {"connect": min(CONNECT_TIMEOUT_S, deadline_s)}}
        # As a stream that is read already: what httpx would find out about it, aiohttp finds out once more.
        stream = httpx.ByteStream(body or b"")
        request = httpx.Request(method, url, headers=headers, stream=stream, extensions=limits)
        request.read()
        try:
            async with asyncio.timeout(deadline_s):
                reply = await self._transport.handle_async_request(request)
                try:
                    return self._without_key(await read(reply))
                finally:
                    await reply.aclose()
        except TimeoutError:
            return Failure(kind="transient", message=f"no answer within {deadline_s:g} s", maybe_paid=True)
        except (httpx.HTTPError, aiohttp.ClientError) as exc:
            if isinstance(exc, httpx.DecodingError):
                self._ask_for_plain_bodies()
            return self._without_key(transport_failure(exc))

    def _ask_for_plain_bodies(self) -> None:
        """Who sends a broken compression is asked for none."""
        self._headers["accept-encoding"] = "identity"
        self._typed_headers.clear()

    def _headers_with(self, content_type: str | None) -> httpx.Headers:
        if content_type is None:
            return self._headers
        found = self._typed_headers.get(content_type)
        if found is None:
            found = self._typed_headers[content_type] = httpx.Headers(
                [*self._headers.raw, (b"content-type", content_type.encode())]
            )
        return found

    def _without_key(self, reply: HttpReply | Failure) -> HttpReply | Failure:
        if isinstance(reply, Failure):
            return msgspec.structs.replace(reply, message=self._erase.text(reply.message))
        headers = {name: self._erase.text(value) for name, value in reply.headers.items()}
        return msgspec.structs.replace(reply, headers=headers, body=self._erase(reply.body))


async def _read(reply: httpx.Response, *, most_bytes: int | None = None) -> HttpReply | Failure:
    body, most_bytes = bytearray(), most_bytes or MAX_BODY_BYTES
    async for chunk in _chunks(reply):
        body += chunk
        if len(body) > most_bytes:
            return _too_large(reply, most_bytes)
    return HttpReply(status=reply.status_code, headers=_headers_of(reply), body=bytes(body))


def _chunks(reply: httpx.Response) -> AsyncIterator[bytes]:
    """Return the body as it comes, decoded where it is encoded."""
    if "content-encoding" not in reply.headers and isinstance(reply.stream, httpx.AsyncByteStream):
        return aiter(reply.stream)
    return reply.aiter_bytes()


async def _read_lines(reply: httpx.Response, *, on_line: Callable[[bytes], None]) -> HttpReply | Failure:
    if reply.status_code != 200:
        return await _read(reply)
    rest = bytearray()
    async for chunk in _chunks(reply):
        rest += chunk
        *lines, last = rest.split(b"\n") if b"\n" in chunk else (rest,)
        for line in lines:
            on_line(bytes(line))
        rest = bytearray(last)
        if len(rest) > MAX_BODY_BYTES:
            return _too_large(reply, MAX_BODY_BYTES)
    if rest:
        on_line(bytes(rest))
    return HttpReply(status=200, headers=_headers_of(reply), body=b"")


def _too_large(reply: httpx.Response, most_bytes: int) -> Failure:
    message = f"the body is larger than {most_bytes // 2**20} MiB"
    return Failure(kind="malformed", message=message, status=reply.status_code, maybe_paid=True)


def _headers_of(reply: httpx.Response) -> dict[str, str]:
    return {name.lower(): value for name, value in reply.headers.items()}


def transport_failure(exc: Exception) -> Failure:
    """Translate a transport exception; the class is named, since the text is often empty.

    The transport reports a lost connection as a connect time-out. Whether the request had
    been sent is seen only in the aiohttp exception behind it.
    """
    cause = exc.__cause__ if isinstance(exc.__cause__, aiohttp.ClientError) else exc
    special = _special_failure(cause)
    if special is not None:
        return special
    unsent = isinstance(
        cause, aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError | aiohttp.InvalidURL | httpx.ConnectError
    )
    text = str(cause).strip()
    message = f"{type(cause).__name__}: {text}" if text else type(cause).__name__
    return Failure(kind="transient", message=message[:500], maybe_paid=not unsent)


def _special_failure(cause: BaseException) -> Failure | None:
    """Return the failure that waiting cannot mend, or that is this machine's own; all of them before sending."""
    if isinstance(cause, aiohttp.ClientConnectorCertificateError):
        message = f"the certificate of {cause.host} is not trusted: {cause.certificate_error}"
        hint = "; if it is your own authority's, name its file in the environment variable SSL_CERT_FILE"
        return Failure(kind="halted", message=message[:300] + hint)
    if isinstance(cause, aiohttp.ClientHttpProxyError):
        where = cause.request_info.real_url
        message = f"the proxy refuses to connect to {where.host} (HTTP {cause.status}); see HTTPS_PROXY"
        return Failure(kind="halted" if cause.status == 407 else "transient", message=message, status=cause.status)
    if isinstance(cause, aiohttp.ClientOSError) and cause.errno in {errno.EMFILE, errno.ENFILE}:
        return Failure(kind="rate_limited", message="too many open files; see `ulimit -n`", wait_s=1.0)
    return None
