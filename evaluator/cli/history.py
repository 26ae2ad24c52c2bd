"""A gate that remembers: this run judged together with those before it, then added to them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from evaluator.gate import Ruling
from evaluator.gating import Drift, GateFinding, GateOutcome
from evaluator.history import AnchorLook, HistoryEntry, HistoryRate
from evaluator.journal import HistoryFile
from evaluator.policy import GatePolicy
from evaluator.records import Estimate, Summary
from evaluator.stats.gating.drift import drift_of
from evaluator.stats.gating.looks import (
    Key,
    Turn,
    evidence_of,
    fresh_pairs,
    is_looked_at,
    key_of,
    look_alpha,
    next_turn,
)
from evaluator.stats.gating.measure import Gated
from evaluator.stats.metrics import METRICS

_COUNTED = {metric.name for metric in METRICS}


@dataclass(frozen=True, slots=True)
class Ruled:
    """Findings, how strictly they are decided, and what is known beside them."""

    findings: tuple[GateFinding, ...]
    ruling: Ruling
    drift: Drift | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """The history file, and how this run is compared."""

    path: Path
    is_fresh: bool
    allowed: tuple[str, ...]

    @property
    def file(self) -> HistoryFile:
        """The file itself."""
        return HistoryFile(self.path)

    def judge(
        self, gated: Gated, policy: GatePolicy, findings: Sequence[GateFinding], anchor: AnchorLook | None
    ) -> tuple[Ruled, HistoryEntry]:
        """Judge the run with all before it. Half of alpha is for the looks, half for all other tests.

        Raises:
            JournalError: If the history is damaged.
        """
        entries, run_id, alpha = self.file.read(), gated.run.run_id, 1 - policy.level
        place = next((i for i, entry in enumerate(entries) if entry.run_id == run_id), len(entries))
        before = entries[:place]
        turn = self._turn(gated, before)
        looks = self._looks(gated, findings, turn)
        found = evidence_of(findings, looks, before, turn, is_fresh=self.is_fresh, alpha=alpha / 2)
        joined = tuple(msgspec.structs.replace(one, evidence=found.get(key_of(one))) for one in findings)
        alarm = any(evidence.alarm for evidence in found.values())
        drift = drift_of(anchor, before, system_alarm=alarm, alpha=alpha) if anchor else None
        entry = _entry(gated, joined, turn, looks, anchor)
        ruling = Ruling(
            fail_alpha=look_alpha(place + 1, alpha / 2),
            instrument=policy.instrument,
            look=place + 1,
            judge_drifted=drift is not None and drift.verdict == "judge",
        )
        notes = [*_turn_notes(turn, found.values()), *_repeated_notes(entries, place, entry)]
        return Ruled(joined, ruling, drift, tuple(notes)), entry

    def remember(self, entry: HistoryEntry, outcome: GateOutcome) -> None:
        """Append the run, unless it is there."""
        if all(known.run_id != entry.run_id for known in self.file.read()):
            self.file.append(msgspec.structs.replace(entry, outcome=outcome))

    def _turn(self, gated: Gated, before: Sequence[HistoryEntry]) -> Turn:
        if gated.baseline is None:
            return Turn(baseline_sha256=None, refusal="there is no baseline")
        return next_turn(
            gated.baseline.summary, before, run_id=gated.run.run_id, is_fresh=self.is_fresh, allowed=self.allowed
        )

    def _looks(self, gated: Gated, findings: Sequence[GateFinding], turn: Turn) -> dict[Key, tuple[int, int]]:
        if turn.refusal is not None or gated.shared is None:
            return {}
        by_name = {(couple.a.model, couple.a.prompt): couple for couple in gated.couples}
        return {
            key_of(one): fresh_pairs(one, by_name[one.model, one.prompt], gated.shared, turn)
            for one in findings
            if is_looked_at(one)
        }


def _turn_notes(turn: Turn, found: object) -> list[str]:
    if turn.refusal is None or not found:
        return []
    return [
        f"this run is no fair look at the baseline: {turn.refusal}; the evidence of all runs together did not grow, "
        "and only what is certain in this run alone can fail"
    ]


def _repeated_notes(entries: Sequence[HistoryEntry], place: int, entry: HistoryEntry) -> list[str]:
    if place >= len(entries):
        return []
    changed = "" if entries[place].rates == entry.rates else ", with other numbers than today's"
    return [f"run {entry.run_id} is in the history already{changed}: it was not added again"]


def _entry(
    gated: Gated,
    findings: Sequence[GateFinding],
    turn: Turn,
    looks: dict[Key, tuple[int, int]],
    anchor: AnchorLook | None,
) -> HistoryEntry:
    manifest, results = gated.run.summary.manifest, gated.run.summary.results
    costs = [result.cost.usd for result in results]
    counted = {
        key_of(one): one for one in findings if one.metric in _COUNTED and not one.calibrated and one.new is not None
    }
    return HistoryEntry(
        run_id=manifest.run_id,
        started_at=manifest.started_at,
        recorded_at=datetime.now(UTC).isoformat(timespec="seconds"),
        plan_sha256=manifest.plan_sha256,
        graders=manifest.graders,
        baseline=gated.baseline.run_id if gated.baseline else None,
        baseline_sha256=turn.baseline_sha256,
        baseline_repeat=turn.repeat if turn.refusal is None else None,
        rates=tuple(_rate(one, gated.run.summary, looks.get(key), turn) for key, one in counted.items()),
        anchor=anchor,
        outcome="undecided",
        usd=math.fsum(cost for cost in costs if cost is not None) if None not in costs else None,
        served={result.model: tuple(sorted(result.served_models)) for result in results if result.served_models},
    )


def _rate(one: GateFinding, summary: Summary, look: tuple[int, int] | None, turn: Turn) -> HistoryRate:
    estimate = _own_estimate(one, summary)
    metric = next(metric for metric in METRICS if metric.name == one.metric)
    return HistoryRate(
        model=one.model,
        prompt=one.prompt,
        metric=one.metric,
        slice=one.slice,
        better=metric.better,
        numerator=estimate.numerator if estimate else 0.0,
        denominator=estimate.denominator if estimate else 0.0,
        value=estimate.value if estimate else None,
        low=estimate.low if estimate else None,
        high=estimate.high if estimate else None,
        only_new=look[0] if look else None,
        only_old=look[1] if look else None,
        refusal=turn.refusal if look is None and is_looked_at(one) else None,
    )


def _own_estimate(one: GateFinding, summary: Summary) -> Estimate | None:
    for result in summary.results:
        for estimate in result.estimates:
            is_same = (estimate.model, estimate.prompt, estimate.name, estimate.slice) == key_of(one)
            if is_same and not estimate.calibrated:
                return estimate
    return None
