"""The summary as a file: canonical JSON out, strict JSON in."""

from __future__ import annotations

import json
import math
from typing import Any, TypeVar

import msgspec

from evaluator.errors import EvaluatorError
from evaluator.jsonl import describe
from evaluator.records import SUMMARY_SCHEMA, Summary
from evaluator.report.safe_text import safe_text

T = TypeVar("T")
_REASON_LIMIT = 300


class _SchemaName(msgspec.Struct):
    schema: str | None = None


def summary_bytes(summary: Summary) -> bytes:
    """Write `summary` as canonical JSON: equal summaries give equal bytes.

    Names are sorted where their order has no meaning, floats are written as Python's repr,
    text is ASCII-escaped, lines are indented by 2 and the file ends in a newline.

    Raises:
        ValueError: For a NaN, an infinity or half a surrogate pair, which JSON cannot hold.
    """
    contents = msgspec.to_builtins(summary)
    _require_json(contents, "$")
    # There and back, so that a count of 3 and one of 3.0 become the same bytes.
    contents = msgspec.to_builtins(msgspec.convert(contents, Summary), order="deterministic")
    return json.dumps(contents, indent=2, ensure_ascii=True, allow_nan=False).encode("ascii") + b"\n"


def read_summary(data: bytes, origin: str) -> Summary:
    """Read what `summary_bytes` wrote, strictly.

    Args:
        data: The bytes of a summary.json.
        origin: Where they come from, for messages.

    Raises:
        EvaluatorError: For damaged JSON, unknown or missing fields, and every schema but this one.
    """
    named = _decode(data, origin, _SchemaName).schema
    if named != SUMMARY_SCHEMA:
        raise _refused(origin, f"need schema {SUMMARY_SCHEMA}, got {_named(named)}")
    return _decode(data, origin, Summary)


def _named(schema: str | None) -> str:
    if schema is None:
        return "none: this is not a summary.json"
    family, _, major = SUMMARY_SCHEMA.rpartition("/")
    came_family, _, came_major = schema.rpartition("/")
    is_newer = came_family == family and came_major.isdecimal() and int(came_major[:9]) > int(major)
    hint = ", written by a newer evaluator: upgrade to read it" if is_newer else ""
    return f"{schema[:80]!a}{hint}"


def _decode(data: bytes, origin: str, record: type[T]) -> T:
    try:
        return msgspec.json.decode(data, type=record)
    except msgspec.ValidationError as exc:
        raise _refused(origin, describe(exc)) from exc
    except (msgspec.DecodeError, UnicodeDecodeError) as exc:
        raise _refused(origin, f"need JSON, got something else: {exc}") from exc
    except RecursionError as exc:
        raise _refused(origin, "need flat JSON, got too many nested brackets") from exc


def _refused(origin: str, reason: str) -> EvaluatorError:
    # Field names come from the file, so they are made safe to print as well.
    return EvaluatorError(f"{safe_text(origin)}: {safe_text(reason, limit=_REASON_LIMIT)}")


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
