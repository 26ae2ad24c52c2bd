"""A complete HTTP answer, and what must not be kept of it."""

from __future__ import annotations

import re

import msgspec

REDACTED = "[key]"
_KEY_LIKE = re.compile(r"\b(?:sk|pk|rk|key)-[\w*.-]{6,}|\bAIza[\w*.-]{6,}|\beyJ[\w-]{10,}\.[\w.-]{10,}")
"""Servers repeat a part of the key they refuse."""


class HttpReply(msgspec.Struct, frozen=True):
    """A complete HTTP answer; the body is decoded bytes, at most `client.MAX_BODY_BYTES`."""

    status: int
    headers: dict[str, str]
    """Names in lower case."""
    body: bytes


def is_success(status: int) -> bool:
    """Whether a status says that the work was done, and may be billed, whatever the body is."""
    return 200 <= status < 300


def redacted(text: str) -> str:
    """Return the text of an error with everything that looks like a key blotted out.

    >>> redacted("Incorrect API key provided: sk-abc***xyz.")
    'Incorrect API key provided: [key]'
    """
    return _KEY_LIKE.sub(REDACTED, text)
