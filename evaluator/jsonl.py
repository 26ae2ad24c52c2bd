"""JSON Lines, read strictly and written in ASCII.

Files come from strangers: every line is bounded, decoded as strict UTF-8 and checked against
its record type, and an error names file, line and field. A leading BOM, CRLF line ends and blank
lines are accepted; `.gz` files are decompressed on the fly.
"""

from __future__ import annotations

import errno
import gzip
import json
import re
import stat
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, TypeVar, cast

import jsonlines
import msgspec

from evaluator.errors import EvaluatorError

T = TypeVar("T")

MAX_LINE_BYTES = 1_000_000
_END = object()
_NON_ASCII = re.compile(r"[^\x00-\x7f]+")
_FIELD_AT_END = re.compile(r"^(?P<what>.*?) - at `\$\.?(?P<field>[^`]*)`$", re.DOTALL)


def read_records(
    path: Path, record: type[T], error: type[EvaluatorError], *, max_line_bytes: int = MAX_LINE_BYTES
) -> Iterator[tuple[int, T]]:
    """Yield (line number, record) for every non-blank line of `path`.

    Args:
        path: A .jsonl file, or .jsonl.gz.
        record: The msgspec type of each line.
        error: The exception to raise for anything wrong.
        max_line_bytes: Longest line accepted, in bytes.

    Raises:
        EvaluatorError: As `error`; the message starts with `path:line:`.
    """
    for number, _, found in _records(path, record, error, max_line_bytes):
        yield number, found


def placed_records(
    path: Path, record: type[T], error: type[EvaluatorError], *, max_line_bytes: int = MAX_LINE_BYTES
) -> Iterator[tuple[int, T]]:
    """Yield (offset in bytes after its line, record) for every non-blank line of `path`; see `read_records`."""
    for _, end, found in _records(path, record, error, max_line_bytes):
        yield end, found


def _records(
    path: Path, record: type[T], error: type[EvaluatorError], max_line_bytes: int
) -> Iterator[tuple[int, int, T]]:
    decoder = msgspec.json.Decoder(record)

    def decode(line: str | bytes) -> T | None:
        return decode_line(line, decoder) if line.strip() else None

    try:
        with open_binary(path) as stream:
            lines = _Lines(stream, max_line_bytes)
            with jsonlines.Reader(lines, loads=decode) as reader:
                for number, found in enumerate(iter(lambda: _next(reader), _END), start=1):
                    if found is not None:
                        yield number, lines.end, cast("T", found)
    except jsonlines.InvalidLineError as exc:
        raise error(f"{path}:{exc.lineno}: {_reason(exc)}") from exc
    except _DamagedArchiveError as exc:
        raise error(f"{path}: the compressed file is damaged or ends too early: {exc}") from exc
    except OSError as exc:
        raise error(f"{path}: cannot be read: {exc.strerror or exc}") from exc
    except _LineTooLongError as exc:
        raise error(f"{path}:{exc}") from exc


class _LineTooLongError(Exception):
    pass


class _DamagedArchiveError(Exception):
    pass


def _next(reader: jsonlines.Reader) -> object:
    try:
        return reader.read(allow_none=True)
    except EOFError:
        return _END


def _reason(exc: jsonlines.InvalidLineError) -> str:
    cause = exc.__cause__
    if isinstance(cause, UnicodeDecodeError):
        return f"need UTF-8, got byte 0x{cause.object[cause.start]:02x} at column {cause.start + 1}"
    return str(cause)


def decode_line(line: str | bytes, decoder: msgspec.json.Decoder[T]) -> T:
    """Decode one line strictly.

    Raises:
        ValueError: Saying what was wanted and what came, with the field where known.
    """
    column = line.find("\0") if isinstance(line, str) else line.find(b"\0")
    if column >= 0:
        raise ValueError(f"need text, got a NUL byte at column {column + 1}")
    try:
        return decoder.decode(line)
    except msgspec.ValidationError as exc:
        raise ValueError(describe(exc)) from exc
    except msgspec.DecodeError as exc:
        raise ValueError(f"need one JSON object on the line: {exc}") from exc
    except RecursionError as exc:
        raise ValueError("need flat JSON, got too many nested brackets") from exc


def describe(exc: msgspec.ValidationError) -> str:
    """Put the field first in msgspec's message.

    >>> describe(msgspec.ValidationError("Expected `str`, got `int` - at `$.question`"))
    'question: expected `str`, got `int`'
    """
    text = str(exc)
    found = _FIELD_AT_END.match(text)
    if found and found["field"]:
        what = found["what"]
        return f"{found['field']}: {what[0].lower()}{what[1:]}"
    return text[0].lower() + text[1:] if text.startswith(("Expected", "Object")) else text


def open_binary(path: Path) -> IO[bytes]:
    """Open `path` for reading bytes, through gzip when it ends in .gz.

    Raises:
        OSError: If it cannot be opened or is no regular file; opening a pipe would wait for ever.
    """
    mode = path.stat().st_mode
    if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
        raise OSError(errno.EINVAL, "need a regular file")
    if path.suffix == ".gz":
        return cast("IO[bytes]", gzip.open(path, "rb"))
    return path.open("rb")


def encode_line(record: object) -> bytes:
    r"""Encode one record as a line of ASCII JSON, newline included.

    >>> encode_line({"text": "né"})
    b'{"text":"n\\u00e9"}\n'
    """
    text = msgspec.json.encode(record)
    if not text.isascii():
        # Non-ASCII characters occur inside JSON strings only, so escaping them in place is safe.
        text = _NON_ASCII.sub(lambda found: json.dumps(found[0])[1:-1], text.decode("utf-8")).encode("ascii")
    return text + b"\n"


def write_records(stream: IO[bytes], records: Iterable[object]) -> None:
    """Write `records` to `stream`, one line each."""
    stream.writelines(encode_line(record) for record in records)


class _Lines:
    """Lines of bounded length, and the place after the last one."""

    def __init__(self, stream: IO[bytes], max_line_bytes: int) -> None:
        self._stream = stream
        self._most = max_line_bytes
        self._number = self.end = 0

    def __iter__(self) -> Iterator[bytes]:
        while line := _line(self._stream, self._most + 1):
            self._number += 1
            self.end += len(line)
            if len(line) > self._most:
                raise _LineTooLongError(f"{self._number}: need at most {self._most:,} bytes a line, got more")
            yield line


def _line(stream: IO[bytes], n_bytes: int) -> bytes:
    try:
        return stream.readline(n_bytes)
    except (EOFError, zlib.error) as exc:
        # Not as EOFError: the reader would take a cut archive for the end of the file.
        raise _DamagedArchiveError(str(exc)) from exc
