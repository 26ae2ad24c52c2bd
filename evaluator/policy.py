"""What a gate asks of a run: the [gate] table of evaluation.toml, or of a file of its own."""

from __future__ import annotations

import math
from typing import Literal, get_args

from evaluator.record import Record

Allowed = Literal["grader", "prompt", "probes", "settings", "served", "models"]
ALLOWED: tuple[Allowed, ...] = get_args(Allowed)
"""What may differ between a run and its baseline when one says so."""
InstrumentOutcome = Literal["undecided", "fail"]


class GateCheck(Record, frozen=True):
    """One [[gate.check]]: a limit on a number of the run, or a margin against the baseline."""

    metric: str
    """Any metric of the summary, or ungraded_share, coverage, usd, usd_per_1000_probes, usd_per_correct."""
    slice: str | None = None
    """all, answerable, topic=history, ...; default: the widest slice of the metric."""
    margin: float | None = None
    """How much worse than the baseline is still acceptable, in the unit of the metric."""
    max: float | None = None
    min: float | None = None
    calibrated: bool = False
    """Take the rate that is corrected with labels by people."""
    models: tuple[str, ...] = ()
    """Only these; default: all of the run."""
    prompts: tuple[str, ...] = ()
    """Only these; default: all of the run."""

    def __post_init__(self) -> None:
        bounds = {"margin": self.margin, "max": self.max, "min": self.min}
        given = [name for name, value in bounds.items() if value is not None]
        if len(given) != 1:
            raise ValueError(f"need exactly one of margin, max or min, got {' and '.join(given) or 'none'}")
        if not math.isfinite(self.bound):
            raise ValueError(f"{given[0]}: need a finite number, got {self.bound}")
        if self.margin is not None and self.margin < 0:
            raise ValueError(f"margin: need how much worse is acceptable, at least 0, got {self.margin:g}")

    @property
    def bound(self) -> float:
        """The margin or limit."""
        return next(value for value in (self.margin, self.max, self.min) if value is not None)

    @property
    def sense(self) -> Literal["margin", "max", "min"]:
        """Which of the three it is."""
        return "margin" if self.margin is not None else "max" if self.max is not None else "min"


class GatePolicy(Record, frozen=True):
    """The [gate] table."""

    baseline: str | None = None
    """A run or a summary.json, relative to the file; --baseline replaces it."""
    level: float = 0.95
    """Certainty of every one-sided statement: each rests on one end of an interval."""
    correction: Literal["holm", "none"] = "holm"
    """How failures are corrected for the number of tests. Passing needs no correction: every check must."""
    max_ungraded: float = 0.05
    """Largest share of the planned answers without a label."""
    min_coverage: float = 0.99
    """Least share of the planned requests that came to an end, neither pending nor failed."""
    max_usd: float | None = None
    """Most that one model under one prompt may have cost."""
    instrument: InstrumentOutcome = "undecided"
    """What it means when too much is ungraded or missing; it is never a pass."""
    allow_different: tuple[Allowed, ...] = ()
    """Differences from the baseline that are accepted and named."""
    check: tuple[GateCheck, ...] = ()
    """None: `DEFAULT_CHECKS`."""

    def __post_init__(self) -> None:
        if not 0.5 < self.level < 1:
            raise ValueError(f"level: need a number between 0.5 and 1, got {self.level:g}")
        for name in ("max_ungraded", "min_coverage"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name}: need a share from 0 to 1, got {getattr(self, name):g}")
        if self.max_usd is not None and not self.max_usd >= 0:
            raise ValueError(f"max_usd: need an amount of at least 0, got {self.max_usd:g}")

    @property
    def checks(self) -> tuple[GateCheck, ...]:
        """What is checked: the policy's own checks, else the default ones."""
        return self.check or DEFAULT_CHECKS


DEFAULT_CHECKS = (
    GateCheck(metric="hallucination_rate", margin=0.05),
    GateCheck(metric="over_abstention_rate", margin=0.05),
)
"""Both directions: a model that declines everything never makes anything up."""
INSTRUMENT_METRICS = ("ungraded_share", "coverage")
COST_METRICS = ("usd", "usd_per_1000_probes", "usd_per_correct")
