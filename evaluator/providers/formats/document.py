"""JSON of other tools: bounded in size, with fields we do not know, read without trust.

Python and JavaScript write what JSON does not allow: NaN where a score is undefined, half of a
surrogate pair where a text was cut. Both are mended, because neither is a fault of the answers.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, TypeVar

import msgspec

from evaluator.errors import AnswersFileError
from evaluator.jsonl import describe, open_binary

T = TypeVar("T")

MAX_BYTES = 1024**3
"""Most that is read of one file, after decompression."""
MAX_LINE_BYTES = 64 * 1024**2
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def read_document(path: Path, layout: type[T]) -> T:
    """Read a file that is one JSON document, or the same compressed as .gz.

    Raises:
        AnswersFileError: If it cannot be read, is too large or has another layout.
    """
    try:
        with open_binary(path) as stream:
            data = read_bounded(stream, MAX_BYTES, str(path))
    except (OSError, EOFError, zlib.error) as exc:
        raise unreadable(path, exc) from exc
    return decode(data, layout, str(path))


def read_lines(path: Path, layout: type[T]) -> Iterator[tuple[int, T]]:
    """Yield (line number, record) for every non-blank line of a JSON Lines file, .gz included.

    Raises:
        AnswersFileError: Naming file and line.
    """
    n_bytes = 0
    try:
        with open_binary(path) as stream:
            for number, line in enumerate(iter(lambda: stream.readline(MAX_LINE_BYTES + 1), b""), start=1):
                n_bytes += len(line)
                if len(line) > MAX_LINE_BYTES or n_bytes > MAX_BYTES:
                    raise _too_large(f"{path}:{number}", MAX_LINE_BYTES if n_bytes <= MAX_BYTES else MAX_BYTES)
                if line.strip():
                    yield number, decode(line, layout, f"{path}:{number}")
    except (OSError, EOFError, zlib.error) as exc:
        raise unreadable(path, exc) from exc


def read_bounded(stream: IO[bytes], limit: int, where: str) -> bytes:
    """Read a stream to its end.

    Raises:
        AnswersFileError: If it holds more than `limit` bytes, whatever its header says.
    """
    data = stream.read(limit + 1)
    if len(data) > limit:
        raise _too_large(where, limit)
    return data


def decode(data: bytes, layout: type[T], where: str) -> T:
    """Decode one JSON document, leaving out the fields `layout` does not name.

    Raises:
        AnswersFileError: Starting with `where`.

    >>> decode(b'{"score": NaN, "text": "x"}', dict[str, str | None], "log.json")
    {'score': None, 'text': 'x'}
    """
    data = data.removeprefix(_BYTE_ORDER_MARK)
    try:
        try:
            return msgspec.json.decode(data, type=layout)
        except msgspec.ValidationError:
            raise
        except msgspec.DecodeError:
            return msgspec.json.decode(_mended(data), type=layout)
    except msgspec.ValidationError as exc:
        raise AnswersFileError(f"{where}: {describe(exc)}") from exc
    except (ValueError, msgspec.DecodeError) as exc:
        raise AnswersFileError(f"{where}: need JSON: {exc}") from exc
    except RecursionError as exc:
        raise AnswersFileError(f"{where}: need flat JSON, got too many nested brackets") from exc


def _mended(data: bytes) -> bytes:
    document = json.loads(data.decode("utf-8"), parse_constant=_null)
    return json.dumps(document, ensure_ascii=False).encode("utf-8", "replace")


def _null(_name: str) -> None:
    return None


def unreadable(path: Path, exc: OSError | EOFError | zlib.error) -> AnswersFileError:
    """Return what to say of a file that the system or its compression does not give."""
    reason = exc.strerror if isinstance(exc, OSError) and exc.strerror else exc
    return AnswersFileError(f"{path}: cannot be read: {reason}")


def _too_large(where: str, limit: int) -> AnswersFileError:
    return AnswersFileError(f"{where}: need at most {limit:,} bytes, got more")
