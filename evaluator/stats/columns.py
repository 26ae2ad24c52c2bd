"""The first and only pass over the records: a million rows become a few numpy columns."""

from __future__ import annotations

from array import array
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any, Generic, TypeVar

import numpy as np
import numpy.typing as npt

from evaluator.records import LABELS, OUTCOMES, Response, Usage, Verdict

UNGRADED = len(LABELS)
"""Label code of a response without a label."""
ABSENT = -1

T = TypeVar("T", bound=Hashable)

Column = npt.NDArray[Any]
Rows = npt.NDArray[np.int64]

_LABEL_CODES = {label: code for code, label in enumerate(LABELS)}
_OUTCOME_CODES = {outcome: code for code, outcome in enumerate(OUTCOMES)}
_UNKNOWN_USAGE = Usage()
_NAN = float("nan")


class Names(Generic[T]):
    """Values seen so far, each with a code from 0; None has the code `ABSENT`."""

    def __init__(self) -> None:
        self._codes: dict[T | None, int] = {None: ABSENT}

    def code(self, name: T | None) -> int:
        """The code of a name, new when the name is."""
        return self._codes.setdefault(name, len(self._codes) - 1)

    def all(self) -> list[T]:
        """The names in the order of their codes."""
        return [name for name in self._codes if name is not None]

    def count(self, codes: Column) -> dict[T, int]:
        """How often each name occurs among the codes, in no order that means anything."""
        found = np.bincount(codes[codes != ABSENT], minlength=len(self._codes) - 1).tolist()
        return {name: n for name, n in zip(self.all(), found, strict=True) if n}


class Columns:
    """Responses and their verdicts as columns, one row per response, in the order they came.

    Texts are kept as codes, missing integers as `ABSENT`, missing floats as NaN. Rows may come
    in any order and the sums made of them are exact, so no number depends on that order.
    """

    def __init__(self, probe_positions: Mapping[str, int]) -> None:
        self._positions = probe_positions
        self._rows: dict[str, int] = {}
        self.groups: Names[tuple[str, str]] = Names()
        self.served_models, self.served_by, self.steps = Names[str](), Names[str](), Names[str]()
        self.reasons, self.kinds = Names[str](), Names[str]()
        self.group, self.probe, self.served_model, self.host = array("i"), array("i"), array("i"), array("i")
        self.outcome, self.label, self.reason, self.kind = array("b"), array("b"), array("b"), array("b")
        self.step = array("i")
        self.cost_usd, self.maybe_paid_usd, self.latency_s = array("d"), array("d"), array("d")
        self.ambiguous_sends = array("q")
        self.prompt_tokens, self.completion_tokens, self.reasoning_tokens = array("q"), array("q"), array("q")

    def add_response(self, response: Response) -> None:
        """Append one response, ungraded until its verdict comes.

        Raises:
            ValueError: If its request was already answered or its probe is not known.
        """
        row = len(self._rows)
        if self._rows.setdefault(response.request_id, row) != row:
            msg = f"need one response per request, got two for {response.request_id}"
            raise ValueError(msg)
        if (position := self._positions.get(response.probe_id)) is None:
            msg = f"need responses to known probes, got {response.probe_id!r}"
            raise ValueError(msg)
        self.group.append(self.groups.code((response.model, response.prompt)))
        self.probe.append(position)
        self.outcome.append(_OUTCOME_CODES[response.outcome])
        self.label.append(UNGRADED)
        self.reason.append(ABSENT)
        self.kind.append(ABSENT)
        self.step.append(ABSENT)
        self.served_model.append(self.served_models.code(response.served_model))
        self.host.append(self.served_by.code(response.served_by))
        self._add_quantities(response)

    def _add_quantities(self, response: Response) -> None:
        usage = response.usage or _UNKNOWN_USAGE
        self.cost_usd.append(_NAN if response.cost_usd is None else response.cost_usd)
        self.maybe_paid_usd.append(_NAN if response.maybe_paid_usd is None else response.maybe_paid_usd)
        self.latency_s.append(_NAN if response.latency_s is None else response.latency_s)
        self.ambiguous_sends.append(response.ambiguous_sends)
        self.prompt_tokens.append(ABSENT if usage.prompt_tokens is None else usage.prompt_tokens)
        self.completion_tokens.append(ABSENT if usage.completion_tokens is None else usage.completion_tokens)
        self.reasoning_tokens.append(ABSENT if usage.reasoning_tokens is None else usage.reasoning_tokens)

    def add_verdict(self, verdict: Verdict) -> None:
        """Write the verdict into the row of its response.

        Raises:
            ValueError: If the response has a verdict, is not known, or is to another probe.
        """
        row = self._rows.get(verdict.request_id)
        if row is None or self.probe[row] != self._positions.get(verdict.probe_id):
            msg = f"need a response to probe {verdict.probe_id!r} for the verdict on {verdict.request_id}, got none"
            raise ValueError(msg)
        if self.label[row] != UNGRADED or self.reason[row] != ABSENT:
            msg = f"need one verdict per request, got two for {verdict.request_id}"
            raise ValueError(msg)
        if verdict.label is None:
            self.reason[row] = self.reasons.code(verdict.ungraded)
        else:
            self.label[row] = _LABEL_CODES[verdict.label]
            self.kind[row] = self.kinds.code(verdict.abstention_kind)
        self.step[row] = self.steps.code(verdict.step)

    def rows_by_group(self) -> dict[tuple[str, str], Rows]:
        """Rows of every (model, prompt) that occurs, by name."""
        group = np.asarray(self.group)
        order = np.argsort(group, kind="stable")
        names = self.groups.all()
        edges = np.searchsorted(group[order], np.arange(len(names) + 1))
        return {name: order[edges[i] : edges[i + 1]] for i, name in enumerate(names)}


def read_columns(
    probe_positions: Mapping[str, int], responses: Iterable[Response], verdicts: Iterable[Verdict]
) -> Columns:
    """Read all records once; generators are welcome, no record is kept.

    Raises:
        ValueError: If a request has two responses or two verdicts, or a record does not fit.
    """
    columns = Columns(probe_positions)
    for response in responses:
        columns.add_response(response)
    for verdict in verdicts:
        columns.add_verdict(verdict)
    return columns


def taken(column: Sequence[float], rows: Rows) -> Column:
    """The given rows of a column."""
    return np.asarray(column)[rows]
