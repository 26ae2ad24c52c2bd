"""What a comparison of models says: the records of `evaluator compare`."""

from __future__ import annotations

from typing import Literal

from evaluator.record import Record

COMPARISON_SCHEMA = "evaluator/comparison/1"
Correction = Literal["holm", "bh"]


class ComparedRun(Record, frozen=True, omit_defaults=False):
    """A run that was compared."""

    run_id: str
    started_at: str
    graders: tuple[str, ...]
    judges: tuple[str, ...]
    n_probes: int


class Side(Record, frozen=True, omit_defaults=False):
    """One of the two that are compared, over the probes that both were graded on."""

    run_id: str
    model: str
    prompt: str
    numerator: float
    """Sum over probes of the mean over the probe's graded repeats."""
    denominator: float
    value: float | None
    """None when the denominator is zero."""


class Difference(Record, frozen=True, omit_defaults=False):
    """One metric of two models on the same probes."""

    metric: str
    definition: str
    slice: str
    better: Literal["low", "high"]
    a: Side
    b: Side
    difference: float | None
    """A - B; None when one of the two is undefined."""
    low: float | None
    high: float | None
    p_value: float | None
    """Two-sided, of no difference; for this comparison alone."""
    p_adjusted: float | None
    """The same, adjusted for all comparisons of the result."""
    method: str
    """How the interval was made."""
    test: str
    """How the p-value was made."""
    n: int
    """Probes of the slice graded on both sides."""
    n_clusters: int
    """Clusters that say something about either value."""
    only_a: int | None
    """Probes with a hit of A and none of B; None unless each probe is a hit or not."""
    only_b: int | None
    mde: float | None
    """Smallest true difference this comparison would find with probability `power`."""
    n_left_out: int
    """Probes of the slice, in both runs, without a graded answer on one side."""
    notes: tuple[str, ...]
    calibrated: bool = False
    """Whether both values are corrected with labels by people."""


class Place(Record, frozen=True, omit_defaults=False):
    """One model in a ranking."""

    model: str
    value: float
    """Over all probes the model was graded on, whoever else was."""
    n: int
    """Probes of the slice it was graded on."""
    best: int
    """Best rank it may have: 1 + models significantly better."""
    worst: int
    tied_with: tuple[str, ...] = ()
    """Models of its tie groups; filled in where the ranking stands in a summary."""


class Ranking(Record, frozen=True, omit_defaults=False):
    """The models of a run by one metric, and which of them cannot be told apart."""

    metric: str
    slice: str
    prompt: str
    better: Literal["low", "high"]
    places: tuple[Place, ...]
    """Best value first."""
    tie_groups: tuple[tuple[str, ...], ...]
    """Neighbours among whom no difference is significant; groups may overlap."""


class LeftOut(Record, frozen=True, omit_defaults=False):
    """Probes that could not be paired."""

    only_in_a: int
    """Probes of the first run that the second does not have."""
    only_in_b: int
    changed: int
    """Probes of both whose content differs."""


class Comparison(Record, frozen=True, omit_defaults=False):
    """Models compared probe by probe, within a run or across two."""

    runs: tuple[ComparedRun, ...]
    """One run, or A and B."""
    level: float
    """Target coverage of every interval, each on its own."""
    power: float
    """Probability to which every `mde` refers."""
    correction: Correction
    """holm bounds the chance of any false claim; bh the share of false ones among the claims."""
    n_tests: int
    """p-values that were adjusted together."""
    allowed: tuple[str, ...]
    """Differences between the runs that were accepted on request: grader, prompt, probes."""
    left_out: LeftOut
    differences: tuple[Difference, ...]
    rankings: tuple[Ranking, ...]
    notes: tuple[str, ...]
    schema: str = COMPARISON_SCHEMA
