"""What a history file keeps of every scheduled run: one line a run, only ever appended to."""

from __future__ import annotations

from typing import Literal

from evaluator.gating import GateOutcome
from evaluator.record import Record

HISTORY_SCHEMA = "evaluator/history/1"


class HistoryRate(Record, frozen=True, omit_defaults=False):
    """One number of one model, with what later looks need of it."""

    model: str
    prompt: str
    metric: str
    slice: str
    better: Literal["low", "high"]
    numerator: float
    denominator: float
    value: float | None
    low: float | None
    """Of the interval of this run alone."""
    high: float | None
    only_new: int | None
    """Fresh pairs of answers where only the run's is a hit for the worse; None when no look was taken."""
    only_old: int | None
    refusal: str | None
    """Why no look was taken."""


class AnchorLook(Record, frozen=True, omit_defaults=False):
    """How the grader did on the labelled anchor set at this time."""

    run_id: str
    labels_sha256: str
    """Over the labels: another anchor set starts anew."""
    graders: tuple[str, ...]
    n: int
    n_errors: int


class HistoryEntry(Record, frozen=True, omit_defaults=False):
    """One gated run."""

    run_id: str
    started_at: str
    recorded_at: str
    """UTC, ISO 8601."""
    plan_sha256: str
    graders: tuple[str, ...]
    baseline: str | None
    """run_id of the baseline."""
    baseline_sha256: str | None
    """Over the baseline's answers as counted: another baseline under the same name starts anew."""
    baseline_repeat: int | None
    """Which repeat of a kept baseline was used up; None when it was asked anew, or no look was taken."""
    rates: tuple[HistoryRate, ...]
    anchor: AnchorLook | None
    outcome: GateOutcome
    usd: float | None
    served: dict[str, tuple[str, ...]]
    """By model: who answered."""
    schema: str = HISTORY_SCHEMA


TREND_SCHEMA = "evaluator/trend/1"


class TrendPoint(Record, frozen=True, omit_defaults=False):
    """One rate of one run, alone and together with the runs before it."""

    run_id: str
    started_at: str
    outcome: GateOutcome
    """Of the whole gate."""
    value: float | None
    low: float | None
    """Of the interval of this run alone."""
    high: float | None
    sequence_low: float | None
    """Of the confidence sequence: all runs so far, on these very probes."""
    sequence_high: float | None
    is_outside: bool
    """Whether the run's interval lies beyond the sequence of the runs before it."""
    begins_anew: bool
    """Whether the probes, the prompt or the grader are others than before."""


class TrendLine(Record, frozen=True, omit_defaults=False):
    """One rate over all runs, oldest first."""

    model: str
    prompt: str
    metric: str
    slice: str
    points: tuple[TrendPoint, ...]


class Trend(Record, frozen=True, omit_defaults=False):
    """How the rates of a history move."""

    n_runs: int
    level: float
    lines: tuple[TrendLine, ...]
    schema: str = TREND_SCHEMA
