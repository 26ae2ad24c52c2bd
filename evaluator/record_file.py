"""Records in a file, one a line, read when asked for: in memory are the place of each and a hash of its id."""

from __future__ import annotations

import os
import tempfile
import weakref
from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from operator import attrgetter
from pathlib import Path
from typing import IO, Generic, Self, TypeVar, overload

import msgspec

from evaluator.errors import EvaluatorError
from evaluator.jsonl import encode_line, placed_records
from evaluator.record import Record

R = TypeVar("R", bound=Record)
_MARK = b"\xef\xbb\xbf"


class RecordFile(Sequence[R]):
    """Records that stay on the disk; each is read anew when it is asked for.

    Nothing is mapped into memory, so what was read does not count as used. A slice is a tuple.

    Args:
        file: Open for reading, and for writing where records are to be added.
        name: What the file is called in messages.
        record: The type of each line.
        id_field: The field by which records are found.
        error: The exception to raise when the file cannot be read or written.
    """

    def __init__(self, file: IO[bytes], name: str, record: type[R], id_field: str, error: type[EvaluatorError]) -> None:
        self.name = name
        self._file = file
        self._error = error
        self._decoder = msgspec.json.Decoder(record)
        self._id_of: Callable[[R], str] = attrgetter(id_field)
        self._ends = array("q", [0])
        self._hashes = array("q")
        self._is_flushed = True
        # Whoever holds the records holds the file open; with the last of them it is closed.
        weakref.finalize(self, _close, file)
        self._by_id: _ById[R] | None = None

    @classmethod
    def unnamed(cls, record: type[R], id_field: str, error: type[EvaluatorError]) -> Self:
        """Return an empty file that is gone with the process, however it ends.

        Raises:
            EvaluatorError: As `error`, when there is no place for it.
        """
        try:
            file = tempfile.TemporaryFile(prefix="evaluator-")  # noqa: SIM115
        except OSError as exc:
            raise error(f"{tempfile.gettempdir()}: no temporary file can be made: {exc.strerror}") from exc
        return cls(file, tempfile.gettempdir(), record, id_field, error)

    @classmethod
    def opened(
        cls, path: Path, record: type[R], id_field: str, error: type[EvaluatorError], max_line_bytes: int
    ) -> Self:
        """Look through a file of records, every line of which is checked.

        Raises:
            EvaluatorError: As `error`; the message starts with `path:line:`.
        """
        try:
            file = path.open("rb")
        except OSError as exc:
            raise error(f"{path}: cannot be read: {exc.strerror}") from exc
        found = cls(file, str(path), record, id_field, error)
        for end, one in placed_records(path, record, error, max_line_bytes=max_line_bytes):
            found._note(one, end)
        return found

    def append(self, record: R) -> bytes:
        """Add a record; return its line.

        Raises:
            EvaluatorError: As the file's error, when the disk refuses.
        """
        line = encode_line(record)
        try:
            self._file.write(line)
        except OSError as exc:
            raise self._failed("written", exc) from exc
        self._is_flushed = False
        self._note(record, self._ends[-1] + len(line))
        return line

    @property
    def by_id(self) -> Mapping[str, R]:
        """The records by their ids; the last where an id occurs twice."""
        if self._by_id is None or len(self._by_id.hashes) != len(self):
            self._by_id = _ById(self, self._hashes, self._id_of)
        return self._by_id

    def first_twice(self) -> tuple[int, int] | None:
        """Return the places of the first record whose id came before, and of that earlier one."""
        import numpy as np

        hashes = np.frombuffer(self._hashes, dtype=np.int64)
        order = np.argsort(hashes, kind="stable")
        # Hashes of different ids may be equal, so this only says where to look.
        suspects = order[np.flatnonzero(np.diff(hashes[order]) == 0) + 1] if len(order) > 1 else order[:0]
        for later in sorted(suspects.tolist()):
            name = self._id_of(self[later])
            for earlier in np.flatnonzero(hashes[:later] == hashes[later]).tolist():
                if self._id_of(self[earlier]) == name:
                    return later, earlier
        return None

    def __len__(self) -> int:
        return len(self._hashes)

    @overload
    def __getitem__(self, index: int) -> R: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[R, ...]: ...
    def __getitem__(self, index: int | slice) -> R | tuple[R, ...]:
        if isinstance(index, slice):
            return tuple(self[place] for place in range(len(self))[index])
        place = range(len(self))[index]
        start, end = self._ends[place], self._ends[place + 1]
        try:
            self._flush()
            line = os.pread(self._file.fileno(), end - start, start)
        except OSError as exc:
            raise self._failed("read", exc) from exc
        try:
            return self._decoder.decode(line if start else line.removeprefix(_MARK))
        except (msgspec.DecodeError, RecursionError) as exc:
            raise self._error(f"{self.name}: was changed while it was read") from exc

    def __iter__(self) -> Iterator[R]:
        return map(self.__getitem__, range(len(self)))

    def _note(self, record: R, end: int) -> None:
        self._ends.append(end)
        self._hashes.append(hash(self._id_of(record)))

    def _flush(self) -> None:
        if not self._is_flushed:
            self._file.flush()
            self._is_flushed = True

    def _failed(self, what: str, exc: OSError) -> EvaluatorError:
        return self._error(f"{self.name}: cannot be {what}: {exc.strerror}")


class _ById(Mapping[str, R], Generic[R]):
    """Finds a record by the hash of its id, which is looked at in the record itself."""

    def __init__(self, records: RecordFile[R], hashes: array[int], id_of: Callable[[R], str]) -> None:
        # Not with the module: the workshop for probes starts without it.
        import numpy as np

        found = np.frombuffer(hashes, dtype=np.int64)
        order = np.argsort(found, kind="stable")
        self.hashes = array("q", found[order].tobytes())
        self._places = array("q", order.tobytes())
        self._records = records
        self._id_of = id_of

    def __getitem__(self, name: str) -> R:
        hashed, found = hash(name), None
        at = bisect_left(self.hashes, hashed)
        while at < len(self.hashes) and self.hashes[at] == hashed:
            record = self._records[self._places[at]]
            found = record if self._id_of(record) == name else found
            at += 1
        if found is None:
            raise KeyError(name)
        return found

    def __iter__(self) -> Iterator[str]:
        return map(self._id_of, self._records)

    def __len__(self) -> int:
        return len(self._records)


def by_id(records: Sequence[R], id_field: str) -> Mapping[str, R]:
    """Return records by an id: of those in a file, without reading them."""
    if isinstance(records, RecordFile):
        return records.by_id
    return dict(zip(map(attrgetter(id_field), records), records, strict=True))


def gathered(
    parts: Iterable[Iterable[R]], record: type[R], id_field: str, error: type[EvaluatorError]
) -> RecordFile[R]:
    """Return the records of all parts, in their order, in one unnamed file."""
    found = RecordFile.unnamed(record, id_field, error)
    for part in parts:
        for one in part:
            found.append(one)
    return found


def _close(file: IO[bytes]) -> None:
    # Of a full disk somebody was told before, and nothing is read any more.
    with suppress(OSError):
        file.close()
