"""One row per response: who was asked what, what became of it, how it was graded, what it cost.

Rows are made one by one, so a run of any size fits into memory. In CSV a text that a spreadsheet
would run as a formula begins with an apostrophe; Parquet holds the texts as they are.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from evaluator.errors import EvaluatorError
from evaluator.records import Probe, Response, Usage, Verdict
from evaluator.report.safe_text import safe_text

BATCH = 20_000
TYPES: dict[str, str] = {
    "run_id": "string",
    "request_id": "string",
    "model": "string",
    "prompt": "string",
    "probe_id": "string",
    "repeat": "int32",
    "topic": "string",
    "language": "string",
    "unanswerable": "string",
    "outcome": "string",
    "label": "string",
    "ungraded": "string",
    "abstention_kind": "string",
    "gold_label": "string",
    "grader": "string",
    "step": "string",
    "probability": "float64",
    "confidence": "float64",
    "served_model": "string",
    "served_by": "string",
    "finish_reason": "string",
    "prompt_tokens": "int64",
    "completion_tokens": "int64",
    "reasoning_tokens": "int64",
    "cost_usd": "float64",
    "latency_s": "float64",
    "attempts": "int32",
}
"""Columns with their types, in order."""
TEXTS = ("question", "targets", "response", "evidence")
"""Columns that are added when texts are wanted."""
_NO_USAGE = Usage()
_FORMULA = re.compile(r"^[\s\u00a0\u3000]*[=+\-@＝＋－＠]|^[\t\r\n]")
_EOL = re.compile(r"\r\n|\r|\n")
Row = tuple[Any, ...]


def column_names(*, with_texts: bool) -> tuple[str, ...]:
    """Return the names of the columns, in order."""
    return (*TYPES, *TEXTS) if with_texts else tuple(TYPES)


def verdict_rows(
    run_id: str,
    probes: Sequence[Probe],
    graded: Iterable[tuple[Response, Verdict]],
    *,
    gold: Mapping[str, str] | None = None,
    with_texts: bool = False,
) -> Iterator[Row]:
    """Yield one row per response, in the given order.

    Args:
        run_id: Of the run.
        probes: Of the run.
        graded: Every response with its verdict.
        gold: Labels by people, by request id.
        with_texts: Add question, targets, response and evidence.
    """
    by_id = {probe.probe_id: probe for probe in probes}
    labels = gold or {}
    for response, verdict in graded:
        probe = by_id[response.probe_id]
        row = _row(run_id, probe, response, verdict, labels.get(response.request_id))
        texts = (probe.question, " | ".join(probe.targets), response.text, verdict.evidence)
        yield (*row, *texts) if with_texts else row


def _row(run_id: str, probe: Probe, response: Response, verdict: Verdict, gold: str | None) -> Row:
    usage = response.usage or _NO_USAGE
    return (
        run_id,
        response.request_id,
        response.model,
        response.prompt,
        response.probe_id,
        response.repeat,
        probe.topic,
        probe.language,
        probe.unanswerable,
        response.outcome,
        verdict.label,
        verdict.ungraded,
        verdict.abstention_kind,
        gold,
        verdict.grader,
        verdict.step,
        verdict.probability,
        response.confidence,
        response.served_model,
        response.served_by,
        response.finish_reason,
        usage.prompt_tokens,
        usage.completion_tokens,
        usage.reasoning_tokens,
        response.cost_usd,
        response.latency_s,
        response.attempts,
    )


def csv_chunks(rows: Iterable[Row], *, with_texts: bool = False) -> Iterator[str]:
    """Write rows as CSV (RFC 4180, UTF-8), the header first; what is unknown is empty."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(column_names(with_texts=with_texts))
    remaining = iter(rows)
    while batch := list(islice(remaining, BATCH)):
        writer.writerows([_cell(value) for value in row] for row in batch)
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()
    yield buffer.getvalue()


def _cell(value: object) -> object:
    if not isinstance(value, str):
        return value
    shown = value if value.isprintable() else "\n".join(safe_text(line) for line in _EOL.split(value))
    return f"'{shown}" if _FORMULA.match(value) else shown


def write_parquet(path: Path, rows: Iterable[Row], *, with_texts: bool = False) -> int:
    """Write rows as a Parquet file; return how many there were.

    Raises:
        EvaluatorError: If the file cannot be written, or a text is no Unicode.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    types = TYPES | dict.fromkeys(TEXTS, "large_string") if with_texts else TYPES
    schema = pa.schema([(name, pa.type_for_alias(alias)) for name, alias in types.items()])
    n_rows = 0
    try:
        with pq.ParquetWriter(path, schema, compression="zstd") as writer:
            remaining = iter(rows)
            while batch := list(islice(remaining, BATCH)):
                columns = zip(*batch, strict=True)
                arrays = [pa.array(column, field.type) for column, field in zip(columns, schema, strict=True)]
                writer.write_table(pa.Table.from_arrays(arrays, schema=schema))
                n_rows += len(batch)
    except OSError as exc:
        raise EvaluatorError(f"{path}: cannot be written: {exc.strerror or exc}") from exc
    except UnicodeEncodeError as exc:
        raise EvaluatorError(f"{path}: cannot be written: a text holds half a surrogate pair") from exc
    return n_rows
