"""Where in a journal the last final response of each request stands: 30 bytes for each line that holds one."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

import numpy as np

from evaluator.records import OUTCOMES, Outcome
from evaluator.request_keys import KeyIndex, Keys, Places, are_ordered, as_keys, request_keys

BATCH = 1000
Place = tuple[int, int]
"""Of a line in its file: the first byte, and how many they are."""
_CODES = {outcome: code for code, outcome in enumerate(OUTCOMES)}
_SHARE_UNSORTED = 16


class ResponseIndex:
    """Entries in the order of the file; of several for one request, the last holds."""

    def __init__(self) -> None:
        self.is_ordered = True
        """Whether keys have the order of the request ids."""
        self._offsets = array("q")
        self._lengths = array("I")
        self._outcomes = bytearray()
        self._keys = bytearray()
        self._new_ids: list[str] = []
        self._sorted = KeyIndex(as_keys(b""))
        self._n_sorted = 0

    def add(self, request_id: str, outcome: Outcome, place: Place) -> None:
        """Note where a final response to a request is."""
        self._new_ids.append(request_id)
        self._offsets.append(place[0])
        self._lengths.append(place[1])
        self._outcomes.append(_CODES[outcome])
        if len(self._new_ids) == BATCH:
            self._flush()

    @property
    def size(self) -> int:
        """The number of requests with a final response."""
        return len(self._all().keys)

    def outcome(self, request_id: str) -> Outcome | None:
        """Return the outcome of the last final response to a request; quick also while entries are added."""
        self._flush()
        n_new = len(self._offsets) - self._n_sorted
        if n_new > max(BATCH, self._n_sorted // _SHARE_UNSORTED):
            self._sort()
            n_new = 0
        key = request_keys([request_id])
        place = int(self._sorted.find(key)[0])
        if n_new:
            later = np.flatnonzero(as_keys(self._keys)[self._n_sorted :] == key[0])
            place = self._n_sorted + int(later[-1]) if len(later) else place
        return None if place < 0 else OUTCOMES[self._outcomes[place]]

    def outcomes(self, request_ids: Iterable[str]) -> Iterator[Outcome | None]:
        """Yield the outcome of the last final response to each request, None where there is none."""
        index, ids = self._all(), iter(request_ids)
        while batch := list(islice(ids, BATCH)):
            for place in index.find(request_keys(batch)).tolist():
                yield None if place < 0 else OUTCOMES[self._outcomes[place]]

    def entries(self, request_ids: Sequence[str]) -> Places:
        """Return the number of the entry that holds of each request, -1 where there is none."""
        return self._all().find(request_keys(request_ids))

    def entries_by_key(self) -> Places:
        """Return the numbers of the entries that hold, by their keys."""
        return self._all().places

    def lines(self, entries: Places) -> Iterator[Place]:
        """Return where the lines of entries are."""
        offsets = np.frombuffer(self._offsets, dtype=np.int64)[entries]
        lengths = np.frombuffer(self._lengths, dtype=np.uint32)[entries]
        return zip(offsets.tolist(), lengths.tolist(), strict=True)

    def keys(self, entries: Places) -> Keys:
        """Return the keys of entries."""
        return as_keys(self._keys)[entries]

    def _all(self) -> KeyIndex:
        self._flush()
        if self._n_sorted < len(self._offsets):
            self._sort()
        return self._sorted

    def _sort(self) -> None:
        self._sorted = KeyIndex(as_keys(self._keys))
        self._n_sorted = len(self._offsets)

    def _flush(self) -> None:
        if self._new_ids:
            self.is_ordered = self.is_ordered and are_ordered(self._new_ids)
            self._keys += request_keys(self._new_ids).tobytes()
            self._new_ids.clear()
