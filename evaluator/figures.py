"""The numbers a summary is made of. They are read through records.py, which is the file to start with."""

from __future__ import annotations

from evaluator.record import Record


class Estimate(Record, frozen=True):
    """One number with its definition, its counts and its interval."""

    name: str
    slice: str
    model: str
    prompt: str
    definition: str
    numerator: float
    denominator: float
    value: float | None
    """None when the denominator is zero; a note says so."""
    low: float | None
    high: float | None
    level: float
    n: int
    """Graded responses in the slice."""
    n_clusters: int
    n_labels: int
    method: str
    calibrated: bool
    notes: tuple[str, ...]
    bound_low: float | None = None
    """The value if every ungraded response had turned out most favourably low."""
    bound_high: float | None = None


class Counts(Record, frozen=True, omit_defaults=False):
    """Labels of one slice; they add up to the responses planned."""

    correct: int = 0
    wrong: int = 0
    abstained: int = 0
    ungraded: int = 0


class Cost(Record, frozen=True, omit_defaults=False):
    """What was paid; None is unknown, never zero by silence."""

    usd: float | None
    usd_per_1000_probes: float | None
    usd_per_correct: float | None
    n_priced: int
    n_unpriced: int
    ambiguous_sends: int
    maybe_paid_usd: float | None
    prompt_tokens: int | None
    completion_tokens: int | None
    reasoning_tokens: int | None


class Latency(Record, frozen=True, omit_defaults=False):
    """Seconds per answered request; None when nothing was timed."""

    n: int
    median_s: float | None
    p95_s: float | None
    max_s: float | None
