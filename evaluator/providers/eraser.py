"""Blots out our key where a server repeats it, in whichever form."""

from __future__ import annotations

import re

from evaluator.providers.reply import REDACTED

LEAST_SECRET = 8
"""Shorter ones are placeholders as "none" or "EMPTY", which may be words of an answer."""
_ESCAPED_IN_JSON = frozenset(b'"\\/')


class KeyEraser:
    """Replaces a key in bytes that somebody else wrote, before anything reads or keeps them.

    Also where it is escaped as in JSON or in a URL, since decoding would bring it back.
    """

    def __init__(self, key: str | None) -> None:
        self._key = key.encode() if key is not None and len(key) >= LEAST_SECRET else None
        self._pattern = re.compile(b"".join(map(_any_form, self._key or b"")), re.IGNORECASE)
        self._is_plain = not _ESCAPED_IN_JSON & set(self._key or b"")

    def __call__(self, data: bytes) -> bytes:
        """Return `data` without the key."""
        if self._key is None:
            return data
        if self._is_plain:
            data = data.replace(self._key, REDACTED.encode())
            if b"\\u00" not in data and b"%" not in data:
                return data
        # Of a key that JSON escapes, the escaped form goes first: a half of it left behind would break what is JSON.
        return self._pattern.sub(REDACTED.encode(), data)

    def text(self, text: str) -> str:
        """Return `text` without the key."""
        return (
            text if self._key is None else self(text.encode("utf-8", "surrogatepass")).decode("utf-8", "surrogatepass")
        )


def _any_form(byte: int) -> bytes:
    plain = re.escape(bytes([byte]))
    slashed = [rb"\\" + plain] if byte in _ESCAPED_IN_JSON else []
    return b"(?:" + b"|".join([*slashed, plain, b"\\\\u00%02x" % byte, b"%%%02x" % byte]) + b")"
