"""The sheet: a CSV that people fill in with any spreadsheet, one drawn response a row."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from pathlib import Path

import msgspec

from evaluator.errors import LabelsFileError
from evaluator.journal import write_atomically
from evaluator.jsonl import encode_line, read_records
from evaluator.label_design import DESIGN_SCHEMA, LabelDesign
from evaluator.labels.cell_text import cell_text
from evaluator.records import Probe, Response

COLUMNS = ("run_id", "request_id", "model", "probe_id", "question", "targets", "response", "label", "annotator")
_MOST_DESIGN_BYTES = 64 * 1024 * 1024


class SheetOptions(msgspec.Struct, frozen=True):
    """What stands in a sheet beside the responses."""

    run_id: str
    is_blind: bool = False
    """Leave the column `model` empty."""
    annotator: str = ""
    """What stands in the column `annotator`."""


def sheet_bytes(responses: Iterable[Response], probes: dict[str, Probe], options: SheetOptions) -> bytes:
    """Write the sheet of `responses`, in their order.

    It begins with a byte order mark, without which Excel does not see that it is UTF-8, and
    every cell is quoted.

    Args:
        responses: Those that were drawn.
        probes: By probe_id.
        options: What else stands in it.
    """
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for response in responses:
        probe = probes[response.probe_id]
        model = "" if options.is_blind else response.model
        ids = (options.run_id, response.request_id, model, probe.probe_id)
        texts = (question_text(probe), targets_text(probe), response.text)
        writer.writerow(map(cell_text, (*ids, *texts, "", options.annotator)))
    return stream.getvalue().encode("utf-8-sig")


def question_text(probe: Probe, *, with_context: bool = True) -> str:
    """Return what was asked: the passage, the question, its gloss and the options."""
    options = "\n".join(f"{letter}) {choice}" for letter, choice in zip(LETTERS, probe.choices, strict=False))
    gloss = f"({probe.question_en})" if probe.question_en else ""
    context = probe.context if with_context else None
    return "\n\n".join(part for part in (context, probe.question, gloss, options) if part)


def targets_text(probe: Probe) -> str:
    """Return the accepted answers, or why there are none.

    >>> targets_text(Probe(probe_id="p", question="q", unanswerable="future", why="Not drawn yet."))
    'unanswerable: future. Not drawn yet.'
    """
    if probe.is_answerable:
        return " | ".join(probe.targets)
    return f"unanswerable: {probe.unanswerable}" + (f". {probe.why}" if probe.why else "")


LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def design_path(sheet: Path) -> Path:
    """Where the design of a sheet lies: beside it, so that both travel together."""
    return sheet.with_name(f"{sheet.name}.design.json")


def write_sheet(path: Path, data: bytes, design: LabelDesign) -> None:
    """Write a sheet, and its design beside it.

    Raises:
        LabelsFileError: If a file cannot be written.
    """
    for target, content in ((design_path(path), encode_line(design)), (path, data)):
        try:
            write_atomically(target, content)
        except OSError as exc:
            raise LabelsFileError(f"{target}: cannot be written: {exc.strerror}") from exc


def read_design(sheet: Path) -> LabelDesign | None:
    """Read the design beside a sheet; None when there is none.

    Raises:
        LabelsFileError: If it is damaged.
    """
    path = design_path(sheet)
    if not path.exists():
        return None
    found = [
        design for _, design in read_records(path, LabelDesign, LabelsFileError, max_line_bytes=_MOST_DESIGN_BYTES)
    ]
    if len(found) != 1 or found[0].schema != DESIGN_SCHEMA:
        raise LabelsFileError(f"{path}: need one design with schema {DESIGN_SCHEMA}, got something else")
    return found[0]
