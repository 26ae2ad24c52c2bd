"""The one HTTP client: bounded in time and size, and honest about what may have been paid.

httpx over the aiohttp transport. Everything that goes wrong below HTTP comes back as a
`Failure`, so that no caller handles transport exceptions.
"""

from __future__ import annotations

import asyncio
import ipaddress
import re
from collections.abc import Mapping
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

import aiohttp
import httpx
import msgspec
from httpx_aiohttp import AiohttpTransport

from evaluator.errors import ProviderError
from evaluator.records import Failure

MAX_BODY_BYTES = 32 * 1024 * 1024
CONNECT_TIMEOUT_S = 10.0
REDACTED = "[key]"
_KEY_LIKE = re.compile(r"\b(?:sk|pk|rk|key)-[\w*.-]{6,}|\bAIza[\w*.-]{6,}|\beyJ[\w-]{10,}\.[\w.-]{10,}")
"""Servers repeat a part of the key they refuse."""


class HttpReply(msgspec.Struct, frozen=True):
    """A complete HTTP answer; the body is decoded bytes, at most MAX_BODY_BYTES."""

    status: int
    headers: dict[str, str]
    """Names in lower case."""
    body: bytes


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
        self._key = check_key(key) if key else None
        headers = {"user-agent": "evaluator"} | dict(headers or {})
        if self._key:
            headers[key_header] = f"Bearer {self._key}" if key_header == "authorization" else self._key
        self._client = httpx.AsyncClient(
            transport=AiohttpTransport(client=lambda: self._session(connections)),
            headers=headers,
            follow_redirects=False,
        )

    def _session(self, connections: int) -> aiohttp.ClientSession:
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=connections),
            cookie_jar=aiohttp.DummyCookieJar(),
            # A proxy of the environment must never stand between us and this machine.
            trust_env=not is_loopback(self.base_url),
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.aclose()

    async def post(self, path: str, body: bytes, *, deadline_s: float) -> HttpReply | Failure:
        """POST a JSON body; the whole attempt ends within `deadline_s` seconds."""
        return await self._send("POST", path, body, deadline_s)

    async def get(self, path: str, *, deadline_s: float) -> HttpReply | Failure:
        """GET; the whole attempt ends within `deadline_s` seconds."""
        return await self._send("GET", path, None, deadline_s)

    async def _send(self, method: str, path: str, body: bytes | None, deadline_s: float) -> HttpReply | Failure:
        headers = {"content-type": "application/json"} if body is not None else {}
        # A read timeout restarts with every byte, so only a deadline around the attempt ends a dripping body.
        timeout = httpx.Timeout(None, connect=min(CONNECT_TIMEOUT_S, deadline_s))
        try:
            async with (
                asyncio.timeout(deadline_s),
                self._client.stream(
                    method, self.base_url + path, content=body, headers=headers, timeout=timeout
                ) as reply,
            ):
                return self._without_key(await _read(reply))
        except TimeoutError:
            return Failure(kind="transient", message=f"no answer within {deadline_s:g} s", maybe_paid=True)
        except (httpx.HTTPError, aiohttp.ClientError) as exc:
            return self._without_key(transport_failure(exc))

    def _without_key(self, reply: HttpReply | Failure) -> HttpReply | Failure:
        """Blot out our key where a server repeats it, before anything reads or keeps the reply."""
        if self._key is None:
            return reply
        if isinstance(reply, Failure):
            return msgspec.structs.replace(reply, message=self.without_key(reply.message))
        headers = {name: self.without_key(value) for name, value in reply.headers.items()}
        body = reply.body.replace(self._key.encode(), REDACTED.encode())
        return msgspec.structs.replace(reply, headers=headers, body=body)

    def without_key(self, text: str) -> str:
        """Return `text` with our key blotted out; also for what decoding may have brought back."""
        return text.replace(self._key, REDACTED) if self._key else text


def redacted(text: str) -> str:
    """Return the text of an error with everything that looks like a key blotted out.

    >>> redacted("Incorrect API key provided: sk-abc***xyz.")
    'Incorrect API key provided: [key]'
    """
    return _KEY_LIKE.sub(REDACTED, text)


async def _read(reply: httpx.Response) -> HttpReply | Failure:
    body = bytearray()
    async for chunk in reply.aiter_bytes():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            message = f"the body is larger than {MAX_BODY_BYTES // 2**20} MiB"
            return Failure(kind="malformed", message=message, status=reply.status_code, maybe_paid=True)
    headers = {name.lower(): value for name, value in reply.headers.items()}
    return HttpReply(status=reply.status_code, headers=headers, body=bytes(body))


def transport_failure(exc: Exception) -> Failure:
    """Translate a transport exception; the class is named, since the text is often empty.

    The transport reports a lost connection as a connect time-out. Whether the request had
    been sent is seen only in the aiohttp exception behind it.
    """
    cause = exc.__cause__ if isinstance(exc.__cause__, aiohttp.ClientError) else exc
    unsent = isinstance(
        cause, aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError | aiohttp.InvalidURL | httpx.ConnectError
    )
    text = str(cause).strip()
    message = f"{type(cause).__name__}: {text}" if text else type(cause).__name__
    return Failure(kind="transient", message=message[:500], maybe_paid=not unsent)


def check_base_url(base_url: str) -> str:
    """Return `base_url` without a trailing slash.

    Raises:
        ProviderError: If it is not an http(s) URL with a host, or carries a user, query or fragment.
    """
    if set("@?#") & set(base_url):
        # Not echoed: a key may sit in it.
        raise ProviderError("base URL: need scheme, host and path only; keys come from the environment")
    try:
        parts = urlsplit(base_url)
        is_usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_usable = False
    if not is_usable:
        raise ProviderError(f"base URL: need http://HOST… or https://HOST…, got {base_url[:200]!r}")
    return base_url.rstrip("/")


def check_key(key: str, owner: str | None = None) -> str:
    """Return the key without spaces and quotes around it, or refuse it without showing it.

    Raises:
        ProviderError: If it holds anything but printable ASCII without spaces; the HTTP layer
            would otherwise raise an exception that contains the key.
    """
    key = key.strip().strip("\"'").strip()
    if not key.isascii() or not key.isprintable() or " " in key or not key:
        where = f"{owner}: API key" if owner else "API key"
        raise ProviderError(
            f"{where}: need printable ASCII without spaces; was it pasted with a typographic character?"
        )
    return key


def is_loopback(base_url: str) -> bool:
    """Whether the URL's host is this machine.

    >>> is_loopback("http://127.0.0.1:8080/v1"), is_loopback("https://api.example.com")
    (True, False)
    """
    try:
        host = urlsplit(base_url).hostname or ""
    except ValueError:
        return False
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
