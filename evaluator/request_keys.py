"""Request ids as 16 bytes each, in numpy arrays that are sorted and searched.

A request id is a SHA-256 as hexadecimal digits, whose first half tells a million million requests apart;
as text it takes 120 bytes, in a dict another hundred. Any other text is hashed, so it works as well.
"""

from __future__ import annotations

import hashlib
import secrets
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

KEY_BYTES = 16
Keys = npt.NDArray[np.bytes_]
Places = npt.NDArray[np.int64]

_ID_BYTES = 32
_ID_DIGITS = 2 * _ID_BYTES
# New in every process, so that nobody can write an id whose key is the one of another id.
_SECRET = secrets.token_bytes(KEY_BYTES)


def request_keys(request_ids: Sequence[str]) -> Keys:
    """Return the key of every id; ids made of 64 hexadecimal digits have keys in their own order."""
    data = _digests(request_ids)
    if data is None:
        return as_keys(b"".join(map(_key, request_ids)))
    return _digest_keys(data)


def _digest_keys(data: bytes) -> Keys:
    # A shorter type cuts what is longer.
    return np.frombuffer(data, dtype=f"S{_ID_BYTES}").astype(f"S{KEY_BYTES}")


def as_keys(data: bytes | bytearray) -> Keys:
    """Look at bytes as keys, 16 bytes each, without copying them."""
    return np.frombuffer(data, dtype=f"S{KEY_BYTES}")


def are_ordered(request_ids: Sequence[str]) -> bool:
    """Whether the keys of these ids have the order of the ids."""
    return _digests(request_ids) is not None


def _digests(request_ids: Sequence[str]) -> bytes | None:
    joined = "".join(request_ids)
    if set(map(len, request_ids)) - {_ID_DIGITS}:
        return None
    try:
        data = bytes.fromhex(joined)
    except ValueError:
        return None
    return data if data.hex() == joined else None


def _key(request_id: str) -> bytes:
    data = _digests([request_id]) if len(request_id) == _ID_DIGITS else None
    if data is not None:
        return data[:KEY_BYTES]
    text = request_id.encode("utf-8", "surrogatepass")
    return hashlib.blake2b(text, digest_size=KEY_BYTES, key=_SECRET).digest()


class KeyIndex:
    """Where each key stood last among those given.

    Attributes:
        keys: Every key once, ascending.
        places: The last place of each.
    """

    def __init__(self, keys: Keys) -> None:
        order = np.argsort(keys, kind="stable")
        ordered = keys[order]
        is_last = np.ones(len(keys), dtype=np.bool_)
        is_last[:-1] = ordered[1:] != ordered[:-1]
        self.keys: Keys = ordered[is_last]
        self.places: Places = order[is_last]

    def find(self, keys: Keys) -> Places:
        """Return the last place of every key, -1 where it is not there."""
        if not len(self.keys):
            return np.full(len(keys), -1, dtype=np.int64)
        found = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        places: npt.NDArray[Any] = np.where(self.keys[found] == keys, self.places[found], -1)
        return places.astype(np.int64)


class RequestIds:
    """Request ids in the order they came, 32 bytes each where they are hashes."""

    def __init__(self) -> None:
        self._parts: list[bytes | list[str]] = []
        self._starts: list[int] = []
        self._n = 0

    def add(self, request_ids: list[str]) -> None:
        """Add some at the end."""
        self._starts.append(self._n)
        self._parts.append(_digests(request_ids) or list(request_ids))
        self._n += len(request_ids)

    def keys(self) -> Keys:
        """Return the key of every id."""
        return np.concatenate([as_keys(b""), *map(_part_keys, self._parts)])

    def __len__(self) -> int:
        return self._n

    def __getitem__(self, place: int) -> str:
        number = bisect_right(self._starts, place) - 1
        part, within = self._parts[number], place - self._starts[number]
        return part[within] if isinstance(part, list) else part[within * _ID_BYTES : (within + 1) * _ID_BYTES].hex()

    def __iter__(self) -> Iterator[str]:
        for part in self._parts:
            if isinstance(part, list):
                yield from part
            else:
                text = part.hex()
                yield from (text[at : at + _ID_DIGITS] for at in range(0, len(text), _ID_DIGITS))


def _part_keys(part: bytes | list[str]) -> Keys:
    return request_keys(part) if isinstance(part, list) else _digest_keys(part)
