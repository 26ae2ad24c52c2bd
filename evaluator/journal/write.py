"""Append to a journal: a line counts only once the disk has it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from types import TracebackType
from typing import Self

from evaluator.errors import JournalError, JournalWriteError
from evaluator.journal.entries import Answered, Entry
from evaluator.journal.read import JournalState
from evaluator.jsonl import encode_line
from evaluator.records import Response

Acknowledge = Callable[[JournalWriteError | None], None]
"""Is told that a line is on disk, or why it never will be."""


class JournalWriter:
    """Appends entries; `append` returns when they are on disk.

    Entries that arrive while the disk is busy are written together with one fsync, so many
    requests in flight cost few fsyncs and none is acknowledged before its line is safe.
    """

    def __init__(self, path: Path, state: JournalState) -> None:
        """Open `path` for appending after `state` was read from it."""
        self._path = path
        self._waiting: list[tuple[bytes, Acknowledge | None]] = []
        self._flushing: asyncio.Task[None] | None = None
        self._broken: JournalWriteError | None = None
        try:
            self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
            self._write(state.mend)
        except OSError as exc:
            raise self._error(exc) from exc

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._flushed()
        os.close(self._file)

    async def _flushed(self) -> None:
        while self._flushing is not None:
            await asyncio.wait([self._flushing])

    async def drain(self) -> None:
        """Wait until all that was put is on disk.

        Raises:
            JournalError: If the disk refused any of it.
        """
        await self._flushed()
        if self._broken is not None:
            raise self._broken

    def put(self, entry: Entry, then: Callable[[], None] | None = None) -> None:
        """Write one entry soon, and call `then` once it is on disk; never, if the disk refuses.

        Whether it did is told by the next `append`, or by `drain`.
        """
        self._enqueue(entry, None if then is None else lambda broken: then() if broken is None else None)

    async def append(self, entry: Entry) -> None:
        """Write one entry and wait until it is on disk.

        The entry is written even when the caller is cancelled while waiting.

        Raises:
            JournalError: If the disk refuses; nothing is written after that.
        """
        if self._broken is not None:
            raise self._broken
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._enqueue(entry, lambda broken: _settle(done, broken))
        await done

    def _enqueue(self, entry: Entry, acknowledge: Acknowledge | None) -> None:
        self._waiting.append((encode_line(entry), acknowledge))
        if self._flushing is None:
            self._flushing = asyncio.create_task(self._flush())

    async def _flush(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting, []
            try:
                if self._broken is None:
                    await asyncio.to_thread(self._write, b"".join(line for line, _ in batch))
            except OSError as exc:
                self._broken = self._error(exc)
            for _, acknowledge in batch:
                if acknowledge is not None:
                    acknowledge(self._broken)
        self._flushing = None

    def _write(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            view = view[os.write(self._file, view) :]
        os.fsync(self._file)

    def _error(self, exc: OSError) -> JournalWriteError:
        return JournalWriteError(
            f"{self._path}: cannot be written: {exc.strerror}; make room and run: evaluator resume"
        )


def _settle(done: asyncio.Future[None], broken: JournalWriteError | None) -> None:
    if done.done():
        return
    if broken is None:
        done.set_result(None)
    else:
        done.set_exception(broken)


def write_responses(path: Path, responses: Iterable[tuple[str, Response]]) -> None:
    """Write a whole journal of (time, response) at once, for answers that were recorded elsewhere."""
    try:
        with path.open("xb") as stream:
            stream.writelines(encode_line(Answered(at=at, response=response)) for at, response in responses)
            stream.flush()
            os.fsync(stream.fileno())
    except OSError as exc:
        raise JournalError(f"{path}: cannot be written: {exc.strerror}") from exc
