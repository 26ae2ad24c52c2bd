"""verdicts.jsonl, one verdict at a time: beside the answers they are about, without holding either in memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from pathlib import Path
from typing import TypeVar

import msgspec

from evaluator.errors import JournalError
from evaluator.jsonl import read_records
from evaluator.records import Response, Verdict

MAX_LINE_BYTES = 16_000_000
"""A line we wrote ourselves: escaped to ASCII, a probe of the longest kind grows sixfold."""

R = TypeVar("R", Response, Verdict)


class _Id(msgspec.Struct):
    request_id: str


class StoredVerdicts(Iterable[Verdict]):
    """The verdicts in a file, in its order; none when it has not been written.

    Raises:
        JournalError: On reading, if a line is damaged; the message names it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def __iter__(self) -> Iterator[Verdict]:
        if self.path.exists():
            for _, verdict in read_records(self.path, Verdict, JournalError, max_line_bytes=MAX_LINE_BYTES):
                yield verdict

    def beside(self, records: Iterable[R]) -> Iterator[tuple[R, Verdict | None]]:
        """Yield every record with the last verdict on its request, if it has one.

        Args:
            records: In the order of their request ids, as the file is written; a file in another
                order is held in memory.
        """
        if self._is_ordered:
            return _merged(records, iter(self))
        known = {verdict.request_id: verdict for verdict in self}
        return ((record, known.get(record.request_id)) for record in records)

    @cached_property
    def _is_ordered(self) -> bool:
        """Whether each request id is greater than the one before; False also where that cannot be told."""
        decoder, last = msgspec.json.Decoder(_Id), ""
        try:
            with self.path.open("rb") as stream:
                while line := stream.readline(MAX_LINE_BYTES):
                    request_id = decoder.decode(line).request_id
                    if request_id <= last:
                        return False
                    last = request_id
        except (OSError, ValueError, RecursionError):
            return False
        return True


def _merged(records: Iterable[R], verdicts: Iterator[Verdict]) -> Iterator[tuple[R, Verdict | None]]:
    verdict = next(verdicts, None)
    for record in records:
        while verdict is not None and verdict.request_id < record.request_id:
            verdict = next(verdicts, None)
        is_about_it = verdict is not None and verdict.request_id == record.request_id
        yield record, verdict if is_about_it else None
    for _ in verdicts:
        # Read to the end: damage is named wherever it is.
        pass
