"""The final responses of a journal: an index in memory, the responses themselves read when asked for."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, ValuesView
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np

from evaluator.errors import JournalError
from evaluator.journal.entries import Answered, Spare
from evaluator.journal.index import BATCH, Place, ResponseIndex
from evaluator.records import Outcome, Response
from evaluator.request_keys import Places, request_keys


class Told(NamedTuple):
    """What the rest of a journal says of the attempts at a request, where its response does not know it yet."""

    attempts: int
    ambiguous_sends: int
    maybe_paid_usd: float | None
    retries_usd: float

    @classmethod
    def of(cls, response: Response) -> Told:
        """What a response says."""
        return cls(response.attempts, response.ambiguous_sends, response.maybe_paid_usd, response.retries_usd)

    def by(self, response: Response) -> Response:
        """Return `response` as it is when it says so."""
        return msgspec.structs.replace(response, **self._asdict())


class StoredResponses(Mapping[str, Response]):
    """The last final response of each request, by request id.

    Nothing of a response is kept but where it stands. Its line is read anew each time, and the file is
    open only as long as something is read, so lines may be appended to it meanwhile.

    Raises:
        JournalError: On reading, if the file is gone or has other lines than when it was looked through.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._index = ResponseIndex()
        self._told: dict[str, Told] = {}

    def add(self, response: Response, place: Place, told: Told | None = None) -> None:
        """Note where a final response is; it counts in place of earlier ones."""
        self._index.add(response.request_id, response.outcome, place)
        self._told.pop(response.request_id, None)
        if told is not None:
            self._told[response.request_id] = told

    def tell(self, request_id: str, told: Told) -> None:
        """Note what the response to a request shall say of its attempts."""
        self._told[request_id] = told

    def outcome(self, request_id: str) -> Outcome | None:
        """Return the outcome of a request, None without a response; reads no line."""
        return self._index.outcome(request_id)

    def outcomes(self, request_ids: Iterable[str]) -> Iterator[Outcome | None]:
        """Yield the outcome of each request, None without a response; reads no line."""
        return self._index.outcomes(request_ids)

    def read(self, request_ids: Iterable[str]) -> Iterator[Response]:
        """Yield the responses to these requests, in this order; a request without one is passed over."""
        ids = iter(request_ids)
        while batch := list(islice(ids, BATCH)):
            entries = self._index.entries(batch)
            yield from self._read(entries[entries >= 0])

    def by_id(self) -> Iterator[Response]:
        """Yield every response, in the order of the request ids."""
        entries = self._index.entries_by_key()
        if not self._index.is_ordered:
            ids = [response.request_id for response in self._read(entries)]
            entries = entries[np.array(sorted(range(len(ids)), key=ids.__getitem__), dtype=np.int64)]
        return self._read(entries)

    def in_file_order(self) -> Iterator[Response]:
        """Yield every response, in the order of the file: the quickest way to see all."""
        return self._read(np.sort(self._index.entries_by_key()))

    def __len__(self) -> int:
        return self._index.size

    def __contains__(self, request_id: object) -> bool:
        return isinstance(request_id, str) and self.outcome(request_id) is not None

    def __iter__(self) -> Iterator[str]:
        return (response.request_id for response in self.in_file_order())

    def __getitem__(self, request_id: str) -> Response:
        for response in self.read([request_id]):
            return response
        raise KeyError(request_id)

    def values(self) -> ValuesView[Response]:
        """Every response, in the order of the file."""
        return _Values(self)

    def _read(self, entries: Places) -> Iterator[Response]:
        if not len(entries):
            return
        # The lines were checked when the journal was looked through.
        decoder = msgspec.json.Decoder(Answered | Spare)
        try:
            with self.path.open("rb") as stream:
                for start in range(0, len(entries), BATCH):
                    batch = entries[start : start + BATCH]
                    # Not through the buffer of the stream: it would be filled anew for almost every line.
                    lines = (os.pread(stream.fileno(), size, at) for at, size in self._index.lines(batch))
                    found = [decoder.decode(line).response for line in lines]
                    if not np.array_equal(request_keys([one.request_id for one in found]), self._index.keys(batch)):
                        raise self._changed()
                    yield from map(self._as_told, found) if self._told else found
        except (msgspec.DecodeError, RecursionError) as exc:
            raise self._changed() from exc
        except OSError as exc:
            raise JournalError(f"{self.path}: cannot be read: {exc.strerror}") from exc

    def _as_told(self, response: Response) -> Response:
        told = self._told.get(response.request_id)
        return response if told is None else told.by(response)

    def _changed(self) -> JournalError:
        return JournalError(f"{self.path}: changed while it was read; a journal is only ever appended to: try again")


class _Values(ValuesView[Response]):
    """Every response, read in one pass."""

    def __init__(self, stored: StoredResponses) -> None:
        super().__init__(stored)
        self._stored = stored

    def __iter__(self) -> Iterator[Response]:
        return self._stored.in_file_order()
