"""What a list of runs says of each, and why a run stays."""

from __future__ import annotations

from evaluator.record import Record

RUNS_SCHEMA = "evaluator/runs/1"


class RunFacts(Record, frozen=True, omit_defaults=False):
    """One run as a list shows it."""

    run_id: str
    started_at: str
    models: tuple[str, ...]
    n_planned: int
    n_open: int | None
    """Requests without an answer; None when there is no summary yet."""
    n_labels: int
    """Labels by people."""
    n_bytes: int
    is_pinned: bool
    is_locked: bool
    """A process is writing it."""
    baseline: str | None = None
    """The run that its own policy compares it with."""
    damage: str | None = None
    """Why the run cannot be read."""
    n_findings: int = 0
    """What people found about its probes."""
    is_link: bool = False
    """It lies elsewhere, and only a link is here."""
    other_files: tuple[str, ...] = ()
    """Names in its directory that the evaluator did not write."""


class Retained(Record, frozen=True, omit_defaults=False):
    """A run, and why it stays; None: it may go."""

    run: RunFacts
    reason: str | None


class RunList(Record, frozen=True, omit_defaults=False):
    """The runs under a folder, oldest first."""

    out: str
    runs: tuple[Retained, ...]
    removed: tuple[str, ...]
    """Run ids that were removed."""
    schema: str = RUNS_SCHEMA
