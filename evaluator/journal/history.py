"""The history file: one line a gated run, appended under a lock, never rewritten."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import filelock
import msgspec

from evaluator.errors import JournalError
from evaluator.history import HISTORY_SCHEMA, HistoryEntry
from evaluator.jsonl import decode_line, encode_line, open_binary

MAX_BYTES = 256 * 1024 * 1024
LOCK_TIMEOUT_S = 60.0
_DECODER = msgspec.json.Decoder(HistoryEntry)


class HistoryFile:
    """What scheduled runs leave behind for those after them."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> tuple[HistoryEntry, ...]:
        """Read every entry, oldest first; none when there is no such file.

        A last line that a crash cut off is left out.

        Raises:
            JournalError: If any other line cannot be read; the message names it.
        """
        lines = self._lines()
        found = []
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            is_torn = number == len(lines) and not line.endswith(b"\n")
            try:
                entry = decode_line(line, _DECODER)
            except ValueError as exc:
                # What `append` mended is a torn line of its own, marked by the blank line after it.
                if is_torn or (number < len(lines) and lines[number] == b"\n"):
                    continue
                raise JournalError(f"{self.path}:{number}: damaged line: {exc}; restore the file") from exc
            if entry.schema != HISTORY_SCHEMA:
                raise JournalError(f"{self.path}:{number}: schema: need {HISTORY_SCHEMA}, got {entry.schema[:80]!a}")
            found.append(entry)
        return tuple(found)

    def append(self, entry: HistoryEntry) -> None:
        """Add one entry; it is on disk before this returns.

        Raises:
            JournalError: If the file cannot be written.
        """
        try:
            lines = self._lines()
            # The blank line says that the one before it was cut off and holds nothing.
            mend = b"\n\n" if lines and not lines[-1].endswith(b"\n") else b""
            self.path.parent.mkdir(parents=True, exist_ok=True)
            file = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
            try:
                view = memoryview(mend + encode_line(entry))
                while view:
                    view = view[os.write(file, view) :]
                os.fsync(file)
            finally:
                os.close(file)
        except OSError as exc:
            raise JournalError(f"{self.path}: cannot be written: {exc.strerror}") from exc

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other gates from reading and writing in between.

        Raises:
            JournalError: If another process holds the file for longer than a minute.
        """
        lock = filelock.FileLock(self.path.with_name(f".{self.path.name}.lock"), timeout=LOCK_TIMEOUT_S)
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            lock.acquire()
        except filelock.Timeout as exc:
            raise JournalError(f"{self.path}: is being written by another process; try again") from exc
        except OSError as exc:
            raise JournalError(f"{self.path}: cannot be locked: {exc.strerror}") from exc
        try:
            yield
        finally:
            lock.release()

    def _lines(self) -> list[bytes]:
        try:
            with open_binary(self.path) as stream:
                data = stream.read(MAX_BYTES + 1)
        except FileNotFoundError:
            return []
        except OSError as exc:
            raise JournalError(f"{self.path}: cannot be read: {exc.strerror}") from exc
        if len(data) > MAX_BYTES:
            raise JournalError(f"{self.path}: need at most {MAX_BYTES:,} bytes, got more")
        return data.splitlines(keepends=True)
