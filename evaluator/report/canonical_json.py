"""Results as files: equal records give equal bytes."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from itertools import chain
from typing import Any

import msgspec

from evaluator.records import Record

TEXTS = dict[str, str]
TALLIES = dict[str, tuple[int, int, int, int]]


def canonical_json(record: Record) -> bytes:
    """Write `record` as canonical JSON.

    Names are sorted where their order has no meaning, floats are written as Python's repr,
    text is ASCII-escaped, lines are indented by 2 and the file ends in a newline.

    Raises:
        ValueError: For a NaN, an infinity or half a surrogate pair, which JSON cannot hold.
    """
    return _canonical(record, type(record), "$") + b"\n"


def canonical_table(table: Mapping[str, object], kind: Any, *, place: str) -> bytes:
    """Write a large table of texts or of tuples of whole numbers as `canonical_json` would, and much faster.

    Args:
        table: Names and what belongs to them.
        kind: `TEXTS` or `TALLIES`.
        place: Where it stands, with a dot before each level; its lines are indented so deep.

    Raises:
        ValueError: For half a surrogate pair.
    """
    values = chain.from_iterable(table.values()) if kind is TALLIES else table.values()  # type: ignore[arg-type]
    if all(map(str.isascii, table)) and set(map(type, values)) <= {str, int}:
        data = msgspec.json.encode(table, order="deterministic")
        if data.isascii() and b"\x7f" not in data:
            # Only floats, DEL and what is not ASCII are written otherwise.
            return _deeper(msgspec.json.format(data, indent=2), place)
    return _deeper(_canonical(table, kind, place), place)


def _deeper(text: bytes, place: str) -> bytes:
    return text.replace(b"\n", b"\n" + b"  " * place.count("."))


def _canonical(value: object, kind: Any, place: str) -> bytes:
    contents = msgspec.to_builtins(value)
    _require_json(contents, place)
    # There and back, so that a count of 3 and one of 3.0 become the same bytes.
    contents = msgspec.to_builtins(msgspec.convert(contents, kind), order="deterministic")
    return json.dumps(contents, indent=2, ensure_ascii=True, allow_nan=False).encode("ascii")


def _require_json(value: Any, place: str) -> None:
    if isinstance(value, dict):
        for key, inner in value.items():
            _require_json(key, place)
            _require_json(inner, f"{place}.{key}")
    elif isinstance(value, list | tuple):
        for position, inner in enumerate(value):
            _require_json(inner, f"{place}[{position}]")
    elif isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"{place}: need a finite number, got {value}")
    elif isinstance(value, str) and not value.isascii() and any("\ud800" <= c <= "\udfff" for c in value):
        raise ValueError(f"{place}: need text, got half a surrogate pair")
