"""The first and only pass over the records: a million rows become a few numpy columns."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice, zip_longest
from operator import attrgetter
from typing import Any, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from evaluator.records import LABELS, OUTCOMES, Record, Response, Usage, Verdict
from evaluator.request_keys import KeyIndex, RequestIds, request_keys
from evaluator.stats.confidence.answers import AnswerKeys

UNGRADED = len(LABELS)
"""Label code of a response without a label."""
ABSENT = -1
"""Code of a name that is not there."""
BATCH = 1000
"""Records turned into columns at a time: enough for numpy, too few for the garbage collector to keep."""

R = TypeVar("R", bound=Record)
Column = npt.NDArray[Any]
Rows = npt.NDArray[np.int64]

NAMED = ("model", "prompt", "outcome", "served_model", "served_by")
MEASURED = ("cost_usd", "retries_usd", "maybe_paid_usd", "latency_s", "ambiguous_sends")
TOKENS = ("prompt_tokens", "completion_tokens", "reasoning_tokens")
LOGPROBS = ("token_probability", "sequence_probability")
JUDGED = ("label", "ungraded", "abstention_kind", "step")

_UNKNOWN_USAGE = Usage()


class Names:
    """Values seen so far, each with a code from 0; None has the code `ABSENT`."""

    def __init__(self, first: Iterable[str] = ()) -> None:
        self._codes: dict[str | None, int] = {None: ABSENT}
        for name in first:
            self._codes[name] = len(self._codes) - 1

    def codes(self, names: Sequence[str | None]) -> Column:
        """The codes of the names, new ones where a name is new."""
        for name in set(names) - self._codes.keys():
            self._codes[name] = len(self._codes) - 1
        return np.fromiter(map(self._codes.__getitem__, names), dtype=np.int32, count=len(names))

    def all(self) -> list[str]:
        """The names in the order of their codes."""
        return [name for name in self._codes if name is not None]

    def count(self, codes: Column) -> dict[str, int]:
        """How often each name occurs among the codes; absent ones are not counted."""
        found = np.bincount(codes[codes != ABSENT], minlength=len(self._codes) - 1).tolist()
        return {name: n for name, n in zip(self.all(), found, strict=True) if n}


class Columns:
    """Responses and their verdicts as columns, one row per response, in the order they came.

    Texts are kept as codes into `names`, missing numbers as NaN. All sums made of the columns
    are exact, so no result depends on the order of the rows.

    Args:
        probe_positions: Position of every probe by its id.
        responses: At most one per request; read once and not kept.
        verdicts: At most one per response; read once and not kept.
        keys: Gives answers a code that tells whether they say the same; None where no probe was repeated.

    Raises:
        ValueError: If a request has two responses or two verdicts, or a record does not fit.
    """

    def __init__(
        self,
        probe_positions: Mapping[str, int],
        responses: Iterable[Response],
        verdicts: Iterable[Verdict],
        *,
        keys: AnswerKeys | None = None,
    ) -> None:
        self.keys = keys
        self._positions = probe_positions
        self.ids = RequestIds()
        """Of the requests, row by row."""
        self.names = {name: Names() for name in (*NAMED, *JUDGED)}
        self.names |= {"outcome": Names(OUTCOMES), "label": Names(LABELS)}
        parts, judged = [], []
        # Side by side: when both come from one source, neither side has to wait for the other in memory.
        for answers, verdicts_on in zip_longest(_batches(responses), _batches(verdicts), fillvalue=()):
            request_ids, start = _values(answers, "request_id"), len(self.ids)
            parts.append(self._response_columns(answers, request_ids))
            judged.append(self._verdict_columns(verdicts_on, request_ids, start))
        # Without any response, an empty batch still gives every column.
        parts = parts or [self._response_columns((), [])]
        judged = judged or [self._verdict_columns((), [], 0)]
        self._columns = {name: np.concatenate([part.pop(name) for part in parts]) for name in list(parts[0])}
        self._index = self._checked_index()
        self._join(judged)

    @property
    def row_of(self) -> Mapping[str, int]:
        """The row of every request, by its id."""
        return _RowOf(self.ids, self._index)

    def taken(self, column: str, rows: Rows) -> Column:
        """The given rows of a column."""
        return self._columns[column][rows]

    def count(self, column: str, rows: Rows) -> dict[str, int]:
        """How often each name occurs in the rows of a column of names, by name."""
        counts = self.names[column].count(self.taken(column, rows))
        return {name: counts[name] for name in sorted(counts)}

    def rows_by_group(self) -> dict[tuple[str, str], Rows]:
        """Rows of every (model, prompt) that occurs."""
        models, prompts = self.names["model"].all(), self.names["prompt"].all()
        group = self._columns["model"].astype(np.int64) * len(prompts) + self._columns["prompt"]
        order = np.argsort(group, kind="stable")
        found, starts = np.unique(group[order], return_index=True)
        names = [(models[code // len(prompts)], prompts[code % len(prompts)]) for code in found.tolist()]
        return dict(zip(names, np.split(order, starts[1:]), strict=False))

    def _response_columns(self, batch: Sequence[Response], request_ids: list[str]) -> dict[str, Column]:
        self.ids.add(request_ids)
        probe_ids = _values(batch, "probe_id")
        # Not a difference of sets: it would go through all probes for every batch.
        if unknown := [name for name in set(probe_ids) if name not in self._positions]:
            msg = f"need responses to known probes, got {min(unknown)!r}"
            raise ValueError(msg)
        positions = list(map(self._positions.__getitem__, probe_ids))
        usages = [response.usage or _UNKNOWN_USAGE for response in batch]
        columns: dict[str, Column] = {"probe": np.fromiter(positions, dtype=np.int32, count=len(batch))}
        columns |= {name: self.names[name].codes(_values(batch, name)) for name in NAMED}
        columns |= {name: _floats(_values(batch, name)) for name in (*MEASURED, "confidence")}
        columns |= {name: _floats(_values(usages, name)) for name in TOKENS}
        columns |= dict(zip(LOGPROBS, _probabilities(_values(batch, "logprobs")), strict=True))
        if self.keys is not None:
            columns["answer"] = self.keys.codes(positions, _values(batch, "text"))
        return columns

    def _verdict_columns(self, batch: Sequence[Verdict], answered: Sequence[str], start: int) -> _Judged:
        """What verdicts say; their rows too, where they are in the order of the `answered` requests."""
        request_ids = _values(batch, "request_id")
        rows = np.arange(start, start + len(batch)) if request_ids == answered else None
        # None, for a probe that is not known, is a position no row has.
        positions = list(map(self._positions.get, _values(batch, "probe_id")))
        columns: dict[str, Column] = {"probe": np.array(positions, dtype=np.float64)}
        columns |= {name: self.names[name].codes(_values(batch, name)) for name in JUDGED}
        return _Judged(columns, request_ids if rows is None else [], rows)

    def _checked_index(self) -> KeyIndex:
        index = KeyIndex(self.ids.keys())
        if len(index.keys) < len(self.ids):
            is_last = np.zeros(len(self.ids), dtype=np.bool_)
            is_last[index.places] = True
            msg = f"need one response per request, got two for {self._least(~is_last)}"
            raise ValueError(msg)
        return index

    def _join(self, judged: list[_Judged]) -> None:
        rows = np.concatenate([self._rows_of(part) for part in judged])
        n_verdicts = np.bincount(rows, minlength=len(self.ids))
        if n_verdicts.max(initial=0) > 1:
            msg = f"need one verdict per request, got two for {self._least(n_verdicts > 1)}"
            raise ValueError(msg)
        columns = {name: np.concatenate([part.columns[name] for part in judged]) for name in ("probe", *JUDGED)}
        probes = columns.pop("probe")
        is_other = probes != self._columns["probe"][rows]
        if is_other.any():
            first = int(is_other.argmax())
            got = "one of another run" if np.isnan(probes[first]) else repr([*self._positions][int(probes[first])])
            msg = f"need the verdict on {self.ids[int(rows[first])]} to name its probe, got {got}"
            raise ValueError(msg)
        for name, column in columns.items():
            self._columns[name] = np.full(len(self.ids), ABSENT, dtype=np.int32)
            self._columns[name][rows] = column
        label = self._columns["label"]
        label[label == ABSENT] = UNGRADED

    def _rows_of(self, part: _Judged) -> Rows:
        if part.rows is not None:
            return part.rows
        rows = self._index.find(request_keys(part.request_ids))
        if (rows < 0).any():
            msg = f"need a response for every verdict, got none for {part.request_ids[int(rows.argmin())]}"
            raise ValueError(msg)
        return rows

    def _least(self, is_meant: Column) -> str:
        return min(self.ids[row] for row in np.flatnonzero(is_meant).tolist())


class _Judged(NamedTuple):
    """A batch of verdicts as columns."""

    columns: dict[str, Column]
    request_ids: list[str]
    """Of the verdicts, as long as nobody knows their rows."""
    rows: Rows | None


class _RowOf(Mapping[str, int]):
    def __init__(self, ids: RequestIds, index: KeyIndex) -> None:
        self._ids = ids
        self._index = index

    def __getitem__(self, request_id: str) -> int:
        row = int(self._index.find(request_keys([request_id]))[0])
        if row < 0:
            raise KeyError(request_id)
        return row

    def __iter__(self) -> Iterator[str]:
        return iter(self._ids)

    def __len__(self) -> int:
        return len(self._ids)


def _floats(values: Sequence[float | None]) -> Column:
    """As floats, None becomes NaN; token counts stay exact up to 2**53."""
    if values.count(None) == len(values):
        return np.full(len(values), np.nan)
    return np.array(values, dtype=np.float64)


def _batches(records: Iterable[R]) -> Iterator[list[R]]:
    remaining = iter(records)
    while batch := list(islice(remaining, BATCH)):
        yield batch


def _values(records: Iterable[Record], field: str) -> list[Any]:
    return list(map(attrgetter(field), records))


def _probabilities(logprobs: Sequence[Sequence[float | None] | None]) -> tuple[Column, Column]:
    """Mean probability of the tokens, as a geometric mean, and their product; NaN where none is known."""
    means = np.full(len(logprobs), np.nan)
    products = np.full(len(logprobs), np.nan)
    if logprobs.count(None) == len(logprobs):
        return means, products
    for i, tokens in enumerate(logprobs):
        known = [token for token in tokens or () if token is not None]
        if known:
            total = min(math.fsum(known), 0.0)
            means[i], products[i] = math.exp(total / len(known)), math.exp(total)
    return means, products
