"""Results as files: equal records give equal bytes."""

from __future__ import annotations

import json
import math
from typing import Any

import msgspec

from evaluator.records import Record


def canonical_json(record: Record) -> bytes:
    """Write `record` as canonical JSON.

    Names are sorted where their order has no meaning, floats are written as Python's repr,
    text is ASCII-escaped, lines are indented by 2 and the file ends in a newline.

    Raises:
        ValueError: For a NaN, an infinity or half a surrogate pair, which JSON cannot hold.
    """
    contents = msgspec.to_builtins(record)
    _require_json(contents, "$")
    # There and back, so that a count of 3 and one of 3.0 become the same bytes.
    contents = msgspec.to_builtins(msgspec.convert(contents, type(record)), order="deterministic")
    return json.dumps(contents, indent=2, ensure_ascii=True, allow_nan=False).encode("ascii") + b"\n"


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
