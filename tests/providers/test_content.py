from __future__ import annotations

import gzip
import zlib

import pytest

from evaluator.providers.content import PIECE_BYTES, Unpacker

TEXT = b'{"answer": "Canberra"}' * 50


def unpacked(codings: str, body: bytes, size: int = 7) -> bytes:
    unpacker = Unpacker(codings)
    parts = [body[start : start + size] for start in range(0, len(body), size)]
    return b"".join(piece for part in parts for piece in unpacker.feed(part))


def bare_deflate(text: bytes) -> bytes:
    stream = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return stream.compress(text) + stream.flush()


@pytest.mark.parametrize(
    ("codings", "body"),
    [
        ("", TEXT),
        ("identity", TEXT),
        ("gzip", gzip.compress(TEXT)),
        ("X-GZIP", gzip.compress(TEXT)),
        ("deflate", zlib.compress(TEXT)),
        ("deflate", bare_deflate(TEXT)),
        ("deflate, gzip", gzip.compress(zlib.compress(TEXT))),
    ],
)
def test_every_coding_that_is_asked_for_is_undone_however_the_bytes_arrive(codings: str, body: bytes) -> None:
    for size in (7, 100_000):
        assert unpacked(codings, body, size) == TEXT


def test_a_coding_that_was_not_asked_for_is_left_as_it_is() -> None:
    assert unpacked("br", b"packed") == b"packed"


def test_a_small_body_that_holds_much_comes_in_pieces_of_bounded_size() -> None:
    pieces = list(Unpacker("gzip").feed(gzip.compress(bytes(5 * PIECE_BYTES))))
    assert max(map(len, pieces)) <= PIECE_BYTES
    assert sum(map(len, pieces)) == 5 * PIECE_BYTES


@pytest.mark.parametrize("codings", ["gzip", "deflate"])
def test_a_damaged_body_is_an_error(codings: str) -> None:
    with pytest.raises(zlib.error):
        unpacked(codings, b"not compressed at all")
