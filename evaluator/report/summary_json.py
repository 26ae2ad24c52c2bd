"""The summary as a file: canonical JSON out, strict JSON in."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import TypeVar

import msgspec

from evaluator.errors import EvaluatorError
from evaluator.jsonl import describe
from evaluator.records import SUMMARY_SCHEMA, SUMMARY_VERSION, Summary
from evaluator.report.canonical_json import TALLIES, TEXTS, canonical_json, canonical_table
from evaluator.report.safe_text import safe_text

T = TypeVar("T")
_REASON_LIMIT = 300
_TALLIES = b'\n      "tallies": '
_PROBES = b'\n  "probes": '


class _SchemaName(msgspec.Struct):
    schema: str | None = None
    schema_version: str = "1.0.0"


def summary_bytes(summary: Summary) -> bytes:
    """Write `summary` as canonical JSON: equal summaries give equal bytes.

    Raises:
        ValueError: For a NaN, an infinity or half a surrogate pair, which JSON cannot hold.
    """
    return b"".join(summary_pieces(summary))


def summary_pieces(summary: Summary) -> Iterator[bytes]:
    """Yield `summary_bytes` in pieces, which are not in memory together.

    The tallies and hashes of all probes are nearly everything in it, and hold whole numbers and texts only:
    they are written by themselves, and put where the rest has a place for them.
    """
    results = tuple(msgspec.structs.replace(result, tallies={}) for result in summary.results)
    rest = canonical_json(msgspec.structs.replace(summary, results=results, probes={}))
    # At these depths stand the names of the records' own fields; no text holds the line break before them.
    tables = chain(
        (
            (_TALLIES, canonical_table(result.tallies, TALLIES, place="$.results.n.tallies"))
            for result in summary.results
        ),
        ((_PROBES, canonical_table(probes, TEXTS, place="$.probes")) for probes in (summary.probes,)),
    )
    at = rest.index(b'\n  "results": [')
    yield rest[:at]
    for name, table in tables:
        place = rest.index(name + b"{}", at)
        yield rest[at:place] + name
        yield table
        at = place + len(name) + 2
    yield rest[at:]


def read_summary(data: bytes, origin: str) -> Summary:
    """Read what `summary_bytes` wrote, strictly.

    Args:
        data: The bytes of a summary.json.
        origin: Where they come from, for messages.

    Raises:
        EvaluatorError: For damaged JSON, unknown or missing fields, and every schema but this one.
    """
    named = _decode(data, origin, _SchemaName)
    if named.schema != SUMMARY_SCHEMA:
        raise _refused(origin, f"need schema {SUMMARY_SCHEMA}, got {_named(named.schema)}")
    try:
        return _decode(data, origin, Summary)
    except EvaluatorError as exc:
        if _minor(named.schema_version) <= _minor(SUMMARY_VERSION):
            raise
        hint = f"is of version {named.schema_version[:20]!a}, written by a newer evaluator: upgrade to read it"
        raise _refused(origin, hint) from exc


def _minor(version: str) -> int:
    minor = version[:40].split(".")[1:2]
    return int(minor[0]) if minor and minor[0].isdecimal() else 0


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
