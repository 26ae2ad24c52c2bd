"""What a gate says: the records of `evaluator gate`."""

from __future__ import annotations

from typing import Literal

from evaluator.comparison import LeftOut, Side
from evaluator.policy import GatePolicy
from evaluator.record import Record

GATE_SCHEMA = "evaluator/gate/1"
GateOutcome = Literal["pass", "fail", "undecided"]
Kind = Literal["margin", "limit", "instrument", "cost"]
DriftVerdict = Literal["none", "system", "judge"]
EXIT_CODES: dict[GateOutcome, int] = {"pass": 0, "fail": 1, "undecided": 3}


class Decider(Record, frozen=True, omit_defaults=False):
    """Something that would turn an undecided check into a pass or a fail."""

    kind: Literal["probes", "repeats", "labels", "answers", "baseline", "grading"]
    n_more: int | None
    """Probes, repeats of every probe, or labels; None where it is no number."""
    text: str


class Evidence(Record, frozen=True, omit_defaults=False):
    """What all runs of the history together say about one check."""

    n_looks: int
    """Runs that were compared with this baseline with fresh answers, this one included if it was."""
    only_new: int
    """Pairs of answers, over all looks, where only the run's is a hit for the worse."""
    only_old: int
    """Pairs where only the baseline's is."""
    log_e: float
    """Natural logarithm of the e-value."""
    threshold: float
    """e-value that this check needs for an alarm, if it stood alone."""
    alarm: bool
    """Whether it is among those chosen: while nothing gets worse, any alarm ever has probability 1 - level."""
    refusal: str | None
    """Why this run could not be added; then the evidence is that of the runs before."""


class GateFinding(Record, frozen=True, omit_defaults=False):
    """One check on one model under one prompt."""

    kind: Kind
    metric: str
    definition: str
    slice: str
    model: str
    prompt: str
    calibrated: bool
    better: Literal["low", "high"]
    sense: Literal["margin", "max", "min"]
    bound: float
    """The margin or limit of the policy."""
    value: float | None
    """Of a margin: the run minus the baseline; else the number of the run."""
    low: float | None
    """One-sided bound of the value, at `level`."""
    high: float | None
    level: float
    new: Side | None
    old: Side | None
    """The baseline, where it is compared with one."""
    p_worse: float | None
    """One-sided: of no change or better, or of a value within the limit."""
    p_adjusted: float | None
    """The same, adjusted for all checks of the gate."""
    method: str
    test: str
    n: int
    """Of a margin: probes graded on both sides; else graded responses."""
    n_clusters: int
    n_labels: int
    n_left_out: int
    """Probes of the slice, in both runs, without a graded answer on one side."""
    notes: tuple[str, ...]
    decide: tuple[Decider, ...] = ()
    """What would decide it; empty when it is decided."""
    evidence: Evidence | None = None
    """None without a history, and for checks that are no margin on counted labels."""
    outcome: GateOutcome = "undecided"
    reason: str = ""
    """Why, in one sentence."""


class GatedRun(Record, frozen=True, omit_defaults=False):
    """A run as the gate saw it."""

    run_id: str
    started_at: str
    graders: tuple[str, ...]
    n_probes: int
    repeats: int


class Drift(Record, frozen=True, omit_defaults=False):
    """Whether what moved is the system under test or the judge that measures it."""

    verdict: DriftVerdict
    n_looks: int
    """How often the anchor set was graded, this time included."""
    n: int
    """Labelled answers of the anchor set that were graded this time."""
    n_errors: int
    """Of these, graded otherwise than people label them."""
    reference: float
    """Error rate that the grader is allowed: the upper bound of the first look."""
    log_e: float
    """Natural logarithm of the e-value against it, over the later looks."""
    threshold: float
    reason: str


class GateResult(Record, frozen=True, omit_defaults=False):
    """The verdict on a run."""

    outcome: GateOutcome
    reason: str
    run: GatedRun
    baseline: GatedRun | None
    policy: GatePolicy
    policy_from: str
    """Where the policy was found."""
    n_tests: int
    """p-values that were adjusted together."""
    fail_alpha: float
    """Largest adjusted p that fails; with a history it gets smaller with every look."""
    allowed: tuple[str, ...]
    """Differences from the baseline that were accepted on request."""
    left_out: LeftOut | None
    findings: tuple[GateFinding, ...]
    drift: Drift | None
    look: int | None
    """Which run of the history this is, from 1."""
    notes: tuple[str, ...]
    schema: str = GATE_SCHEMA
