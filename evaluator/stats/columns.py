"""The first and only pass over the records: a million rows become a few numpy columns."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from operator import attrgetter
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from evaluator.records import LABELS, OUTCOMES, Record, Response, Usage, Verdict
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
        self._rows: dict[str, int] = {}
        self.names = {name: Names() for name in (*NAMED, *JUDGED)}
        self.names |= {"outcome": Names(OUTCOMES), "label": Names(LABELS)}
        # Without any response, an empty batch still gives every column.
        parts = [self._response_columns(batch) for batch in _batches(responses)] or [self._response_columns([])]
        self._columns = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
        n_rows = len(self._rows)
        self._columns |= {name: np.full(n_rows, ABSENT, dtype=np.int32) for name in JUDGED}
        is_graded = np.zeros(n_rows, dtype=np.bool_)
        for batch in _batches(verdicts):
            self._write_verdicts(batch, is_graded)
        label = self._columns["label"]
        label[label == ABSENT] = UNGRADED

    @property
    def row_of(self) -> Mapping[str, int]:
        """The row of every request, by its id."""
        return self._rows

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

    def _response_columns(self, batch: list[Response]) -> dict[str, Column]:
        self._add_requests(_values(batch, "request_id"))
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

    def _add_requests(self, request_ids: Sequence[str]) -> None:
        start, known = len(self._rows), set(request_ids) & self._rows.keys()
        self._rows.update(zip(request_ids, range(start, start + len(request_ids)), strict=True))
        if known or len(self._rows) != start + len(request_ids):
            twice = min(known or (name for name, n in Counter(request_ids).items() if n > 1))
            msg = f"need one response per request, got two for {twice}"
            raise ValueError(msg)

    def _write_verdicts(self, batch: list[Verdict], is_graded: Column) -> None:
        rows = self._rows_to_grade(_values(batch, "request_id"), is_graded)
        # None, for a probe that is not known, is a position no row has.
        positions = list(map(self._positions.get, _values(batch, "probe_id")))
        is_other = self._columns["probe"][rows] != np.array(positions, dtype=np.float64)
        if is_other.any():
            verdict = batch[int(is_other.argmax())]
            msg = f"need the verdict on {verdict.request_id} to name its probe, got {verdict.probe_id!r}"
            raise ValueError(msg)
        for name in JUDGED:
            self._columns[name][rows] = self.names[name].codes(_values(batch, name))

    def _rows_to_grade(self, request_ids: Sequence[str], is_graded: Column) -> Column:
        found = list(map(self._rows.get, request_ids))
        if None in found:
            msg = f"need a response for every verdict, got none for {request_ids[found.index(None)]}"
            raise ValueError(msg)
        rows = np.array(found, dtype=np.int64)
        seen = is_graded[rows]
        is_graded[rows] = True
        if seen.any() or len(set(request_ids)) < len(request_ids):
            twice = [request_ids[i] for i in np.flatnonzero(seen).tolist()]
            twice += [name for name, n in Counter(request_ids).items() if n > 1]
            msg = f"need one verdict per request, got two for {min(twice)}"
            raise ValueError(msg)
        return rows


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
