"""Where an API is, and the key to it: checked before anything is sent."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from evaluator.errors import ProviderError


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
