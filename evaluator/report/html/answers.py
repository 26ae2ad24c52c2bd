"""The single answers of a run as data for the page's browser: bounded in size, whatever the run holds.

Whole probes are kept or left out, so that the models can be looked at side by side on each. Which
probes are kept depends on their ids alone, not on how they were answered.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from evaluator.records import Probe, Response, Verdict

MOST_BYTES = 20_000_000
"""Of the answers as JSON: with charts and tables the page stays below 25 MB."""
MOST_ANSWERS = 60_000
TEXT_LIMIT = 4_000
EVIDENCE_LIMIT = 300
QUESTION_LIMIT = 4_000
_FIXED_BYTES = 150
"""What an answer takes beside its texts."""


class Asked(NamedTuple):
    """How many of the answers of the run the table holds."""

    n_answers: int
    n_answers_total: int
    n_probes: int
    n_probes_total: int


class AnswerTable(NamedTuple):
    """The answers as JSON, and what was left out."""

    data: bytes
    asked: Asked


class Given(NamedTuple):
    """One answer with what was made of it."""

    response: Response
    verdict: Verdict


class AnswerSample:
    """Answers to as many probes as fit on the page, chosen by a hash of the probe's id.

    What the answers to a probe take is known only at the end. But it only grows, so probes that do not fit
    beside those before them will not fit later either: their answers are let go.
    """

    def __init__(self, probes: Sequence[Probe], most_bytes: int = MOST_BYTES) -> None:
        self._held: list[Given] = []
        self._n_answers = 0
        self._probes = probes
        self._most_bytes = most_bytes
        self._order = sorted(probes, key=lambda probe: hashlib.sha256(probe.probe_id.encode()).digest())
        self._candidates = {probe.probe_id for probe in probes}
        self._sizes: dict[str, int] = {}
        self._counts: dict[str, int] = {}
        self._held_bytes = 0
        self._room_bytes, self._room_answers = 2 * most_bytes, 2 * MOST_ANSWERS

    def add(self, response: Response, verdict: Verdict) -> None:
        """Hold an answer, as long as its probe may be among those that fit."""
        self._n_answers += 1
        name = response.probe_id
        if name not in self._candidates:
            return
        size = min(len(response.text), TEXT_LIMIT) + min(len(verdict.evidence), EVIDENCE_LIMIT) + _FIXED_BYTES
        # Texts beyond ASCII take up to three bytes a character in UTF-8.
        size *= 1 if response.text.isascii() else 3
        self._sizes[name] = self._sizes.get(name, 0) + size
        self._counts[name] = self._counts.get(name, 0) + 1
        self._held.append(Given(response, verdict))
        self._held_bytes += size
        if self._held_bytes > self._room_bytes or len(self._held) > self._room_answers:
            self._let_go()

    def table(self, gold: Mapping[str, str] | None = None) -> AnswerTable:
        """Make the data of the browser; `gold` are labels that people gave, by request id."""
        kept = self._positions()
        shown = [probe for probe in self._probes if probe.probe_id in kept]
        names = _Names()
        rows = [_answer(given, kept, names, gold or {}) for given in self._held if given.response.probe_id in kept]
        data = {
            "probes": [_probe(probe) for probe in shown],
            "answers": rows,
            **{name: list(table) for name, table in names.tables.items()},
        }
        asked = Asked(len(rows), self._n_answers, len(shown), len(self._probes))
        return AnswerTable(msgspec.json.encode(data), asked)

    def _positions(self) -> dict[str, int]:
        """The places of the probes among those that fit."""
        fitting = self._fitting()
        ordered = [probe.probe_id for probe in self._probes if probe.probe_id in fitting]
        return {probe_id: position for position, probe_id in enumerate(ordered)}

    def _let_go(self) -> None:
        self._candidates = self._fitting()
        self._held = [given for given in self._held if given.response.probe_id in self._candidates]
        self._held_bytes = sum(self._sizes.get(name, 0) for name in self._candidates)
        # One probe with very many answers is shown whole.
        self._room_bytes = max(self._room_bytes, 2 * self._held_bytes)
        self._room_answers = max(self._room_answers, 2 * len(self._held))

    def _fitting(self) -> set[str]:
        n_bytes = n_answers = 0
        chosen: set[str] = set()
        for probe in self._order:
            n_bytes += self._sizes.get(probe.probe_id, 0)
            n_bytes += 3 * min(len(probe.question), QUESTION_LIMIT) + _FIXED_BYTES
            n_answers += self._counts.get(probe.probe_id, 0)
            if chosen and (n_bytes > self._most_bytes or n_answers > MOST_ANSWERS):
                break
            chosen.add(probe.probe_id)
        return chosen


class _Names:
    """Names that occur in many answers, each written once."""

    def __init__(self) -> None:
        self.tables: dict[str, dict[str, int]] = {
            name: {} for name in ("models", "prompts", "steps", "outcomes", "hosts", "kinds")
        }

    def __call__(self, table: str, name: str | None) -> int | None:
        return None if name is None else self.tables[table].setdefault(_clean(name), len(self.tables[table]))


def _answer(given: Given, kept: Mapping[str, int], names: _Names, gold: Mapping[str, str]) -> list[Any]:
    response, verdict = given
    return [
        kept[response.probe_id],
        names("models", response.model),
        names("prompts", response.prompt),
        response.repeat,
        verdict.label or "ungraded",
        gold.get(response.request_id),
        names("steps", verdict.step),
        names("outcomes", response.outcome),
        names("hosts", response.served_by),
        names("kinds", verdict.abstention_kind or verdict.ungraded),
        verdict.probability,
        response.confidence,
        _cut(response.text, TEXT_LIMIT),
        _cut(verdict.evidence, EVIDENCE_LIMIT),
        response.request_id[:12],
    ]


def _probe(probe: Probe) -> list[Any]:
    texts = (probe.unanswerable, probe.why, probe.topic, probe.language)
    return [
        _clean(probe.probe_id),
        _cut(probe.question, QUESTION_LIMIT),
        [_cut(target, TEXT_LIMIT) for target in probe.targets[:20]],
        *(None if text is None else _cut(text, QUESTION_LIMIT) for text in texts),
        _cut(probe.context or "", QUESTION_LIMIT),
        probe.twin and _clean(probe.twin),
        probe.source and _cut(probe.source, QUESTION_LIMIT),
    ]


def _clean(text: str) -> str:
    """Replace halves of surrogate pairs, which cannot be written as UTF-8."""
    return text.encode("utf-8", "replace").decode()


def _cut(text: str, limit: int) -> str:
    clean = _clean(text[:limit])
    return clean if len(text) <= limit else f"{clean} … ({len(text) - limit:,} more characters)"
