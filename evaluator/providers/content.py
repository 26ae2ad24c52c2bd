"""Bodies that come packed: unpacked piece by piece, so that a small one cannot fill the memory."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

PIECE_BYTES = 1024 * 1024
"""Most that one step unpacks; a thousandth of that can be enough to hold it."""


class Unpacker:
    """Undoes the codings that were asked for; any other is left as it is.

    Source:
        RFC 9110, section 8.4: codings are listed in the order in which they were applied.
    """

    def __init__(self, codings: str) -> None:
        names = [name.strip().lower() for name in codings.split(",")]
        self._steps = [_Inflate(name) for name in reversed(names) if name in {"gzip", "x-gzip", "deflate"}]

    def feed(self, packed: bytes) -> Iterator[bytes]:
        """Yield what `packed` holds.

        Raises:
            zlib.error: If it is damaged.
        """
        return self._through(packed, 0)

    def _through(self, packed: bytes, n_done: int) -> Iterator[bytes]:
        if n_done == len(self._steps):
            yield packed
            return
        for piece in self._steps[n_done].feed(packed):
            yield from self._through(piece, n_done + 1)


class _Inflate:
    def __init__(self, coding: str) -> None:
        is_deflate = coding == "deflate"
        self._stream = zlib.decompressobj(zlib.MAX_WBITS if is_deflate else zlib.MAX_WBITS | 16)
        self._may_be_bare = is_deflate

    def feed(self, packed: bytes) -> Iterator[bytes]:
        while packed and not self._stream.eof:
            piece = self._inflate(packed)
            packed = self._stream.unconsumed_tail
            if piece:
                yield piece

    def _inflate(self, packed: bytes) -> bytes:
        is_first, self._may_be_bare = self._may_be_bare, False
        try:
            return self._stream.decompress(packed, PIECE_BYTES)
        except zlib.error:
            # Some servers send deflate without its two bytes of header.
            if not is_first:
                raise
            self._stream = zlib.decompressobj(-zlib.MAX_WBITS)
            return self._stream.decompress(packed, PIECE_BYTES)
