"""Read a sheet back, also as spreadsheets save it: other separators, encodings and line ends.

Nothing of the labels is judged here; see `check_sheet`.
"""

from __future__ import annotations

import csv
import io
import re
import zlib
from collections.abc import Iterator
from pathlib import Path

import msgspec

from evaluator.errors import LabelsFileError
from evaluator.jsonl import open_binary
from evaluator.labels.sheet import COLUMNS

MAX_BYTES = 256 * 1024 * 1024
MAX_ROWS = 1_000_000
NEEDED = ("run_id", "request_id", "response", "label")
SEPARATORS = ",;\t"
_LINE_END = re.compile(r"\r\n|\r|\n")
_UTF_16_MARKS = (b"\xff\xfe", b"\xfe\xff")


class SheetRow(msgspec.Struct, frozen=True):
    """One row as it stands in the file."""

    line: int
    """The line on which the row begins."""
    cells: dict[str, str]
    """By column; a column that the file lacks is empty."""


class Sheet(msgspec.Struct, frozen=True):
    """The rows of a sheet."""

    path: Path
    rows: tuple[SheetRow, ...]
    encoding: str
    """`utf-8`, `utf-16` or `cp1252`; the last cannot hold every character."""


class SheetColumns(msgspec.Struct, frozen=True):
    """Which columns a sheet may have, and which it must have."""

    known: tuple[str, ...]
    needed: tuple[str, ...]


LABEL_COLUMNS = SheetColumns(known=COLUMNS, needed=NEEDED)


def read_sheet(path: Path, wanted: SheetColumns = LABEL_COLUMNS) -> Sheet:
    """Read a sheet.

    Raises:
        LabelsFileError: If it is no CSV with the columns that are needed; the message names the line.
    """
    text, encoding = _decoded(path)
    body, n_before = _without_sep_line(text)
    separator = _separator(body)
    rows = tuple(_rows(path, (body, separator, n_before), wanted))
    return Sheet(path=path, rows=rows, encoding=encoding)


def _decoded(path: Path) -> tuple[str, str]:
    data = _read(path)
    encodings = ["utf-16"] if data.startswith(_UTF_16_MARKS) else ["utf-8-sig", "cp1252"]
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" in text:
            break
        return text, encoding.removesuffix("-sig")
    raise LabelsFileError(f"{path}: need a CSV in UTF-8, got other bytes; save it as CSV UTF-8")


def _read(path: Path) -> bytes:
    try:
        with open_binary(path) as stream:
            data = stream.read(MAX_BYTES + 1)
    except (OSError, EOFError, zlib.error) as exc:
        reason = getattr(exc, "strerror", None) or exc
        raise LabelsFileError(f"{path}: cannot be read: {reason}") from exc
    if len(data) > MAX_BYTES:
        raise LabelsFileError(f"{path}: need at most {MAX_BYTES:,} bytes, got more")
    if data.startswith(b"PK\x03\x04"):
        raise LabelsFileError(f"{path}: need a CSV, got a workbook or zip file; save it as CSV UTF-8")
    return data


def _without_sep_line(text: str) -> tuple[str, int]:
    # Excel's own way to name the separator.
    first, *rest = _LINE_END.split(text, maxsplit=1)
    is_sep_line = first.strip(' "').lower() in {f"sep={mark}" for mark in SEPARATORS}
    return ("".join(rest), 1) if is_sep_line else (text, 0)


def _separator(text: str) -> str:
    header = _LINE_END.split(text, maxsplit=1)[0]
    return max(SEPARATORS, key=header.count)


def _rows(path: Path, body: tuple[str, str, int], wanted: SheetColumns) -> Iterator[SheetRow]:
    text, separator, n_before = body
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    columns: list[str] | None = None
    line = 1
    try:
        for number, cells in enumerate(reader):
            start, line = line + n_before, reader.line_num + 1
            if number > MAX_ROWS:
                raise LabelsFileError(f"{path}:{start}: need at most {MAX_ROWS:,} rows, got more")
            if columns is None:
                columns = _columns(path, start, cells, wanted)
            elif any(cell.strip() for cell in cells):
                yield _row(path, start, columns, cells, wanted)
    except csv.Error as exc:
        raise LabelsFileError(f"{path}:{line + n_before}: need a CSV: {exc}") from exc
    if columns is None:
        raise LabelsFileError(f"{path}: need the columns {', '.join(wanted.known)}, got an empty file")


def _columns(path: Path, line: int, cells: list[str], wanted: SheetColumns) -> list[str]:
    names = [cell.strip().lower() for cell in cells]
    missing = [name for name in wanted.needed if name not in names]
    if missing:
        shown = ", ".join(names)[:100]
        raise LabelsFileError(f"{path}:{line}: need the columns {', '.join(missing)}, got {shown!r}")
    twice = [name for name in wanted.known if names.count(name) > 1]
    if twice:
        raise LabelsFileError(f"{path}:{line}: need one column {twice[0]}, got {names.count(twice[0])}")
    return names


def _row(path: Path, line: int, columns: list[str], cells: list[str], wanted: SheetColumns) -> SheetRow:
    if any(cell.strip() for cell in cells[len(columns) :]):
        raise LabelsFileError(
            f"{path}:{line}: need at most {len(columns)} cells as in the first line, got {len(cells)}"
        )
    found = dict(zip(columns, cells, strict=False))
    return SheetRow(line=line, cells={name: found.get(name, "") for name in wanted.known})
