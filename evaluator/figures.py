"""The numbers a summary is made of. They are read through records.py, which is the file to start with."""

from __future__ import annotations

from typing import Literal

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


class CellUncertainty(Record, frozen=True, omit_defaults=False):
    """What the labels of one cell add to the variance of a rate."""

    answerable: bool
    verdict: Literal["correct", "wrong", "abstained"]
    n_responses: int
    n_labels: int
    variance_share: float
    """In [0, 1]: what labelling the whole cell would remove."""


class NextStep(Record, frozen=True, omit_defaults=False):
    """Something to do more of, and how narrow the interval would be then."""

    kind: Literal["labels", "probes", "repeats"]
    answerable: bool | None
    """Of the cell to label; None for probes and repeats."""
    verdict: Literal["correct", "wrong", "abstained"] | None
    n_more: int
    """Labels, probes, or repeats of every probe."""
    half_width: float
    """What to expect after it, in the unit of the rate."""
    text: str


class UncertaintyBudget(Record, frozen=True, omit_defaults=False):
    """Where the width of a rate's interval comes from. The three shares add up to 1."""

    name: str
    slice: str
    model: str
    prompt: str
    calibrated: bool
    half_width: float
    """Of the interval, in the unit of the rate."""
    probes_share: float
    """Share of the variance that comes from having few probes, or few clusters of them."""
    repeats_share: float | None
    """From answers that differ between repeats; None when no probe was repeated: then probes_share holds it."""
    labels_share: float
    """From having few labels; 0 for a raw rate, which takes every verdict for the truth."""
    cells: tuple[CellUncertainty, ...]
    steps: tuple[NextStep, ...]
    """The one that narrows the interval most comes first."""


class RiskPoint(Record, frozen=True, omit_defaults=False):
    """A point of the risk-coverage curve: what if only answers at least this sure were given."""

    threshold: float
    """Confidence from which answers are accepted, in [0, 1]."""
    coverage: float
    """Share of the answers that are accepted, in (0, 1]."""
    risk: float
    """Share of the accepted that are wrong."""
    generalised_risk: float
    """Share of all answers that are accepted and wrong."""
    n: int
    """Answers accepted."""


class ReliabilityBin(Record, frozen=True, omit_defaults=False):
    """Answers of about equal confidence, and how many of them are correct."""

    confidence: float
    """Mean over the bin."""
    accuracy: float
    low: float
    """Wilson interval of the accuracy."""
    high: float
    n: int


ConfidenceSource = Literal["stated", "token_probability", "sequence_probability", "agreement"]


class ConfidenceFigures(Record, frozen=True, omit_defaults=False):
    """How well one kind of confidence of a model fits what turned out correct."""

    model: str
    prompt: str
    source: ConfidenceSource
    """stated by the model; the mean probability of the tokens of its answer, or their product; or how many of
    the repeats of a probe gave the same answer."""
    slice: Literal["answered", "answered_answerable"]
    """Answers that were given and graded: correct or wrong; to all probes, or to those that have an answer."""
    n: int
    """Answers with a confidence; for agreement, probes."""
    n_missing: int
    """Answers of the slice without a usable one: they are in no figure here."""
    accuracy: float | None
    """Of the n answers, by the grader."""
    mean_confidence: float | None
    estimates: tuple[Estimate, ...]
    """smooth_ece, as stated and rescaled; debiased_ece, plugin_ece; brier with its three parts; auroc, augrc."""
    chance_smooth_ece: float | None
    """The smooth calibration error that chance exceeds in one case of twenty when confidence is right."""
    calibration_p: float | None
    """Of Spiegelhalter's test that the confidence is calibrated."""
    risk_coverage: tuple[RiskPoint, ...]
    """From the surest answers to all; at most 101 points."""
    reliability: tuple[ReliabilityBin, ...]
    """Bins of nearly equal size, ascending."""
    notes: tuple[str, ...]


class ProbeValidity(Record, frozen=True, omit_defaults=False):
    """What an audit of the probes says of the rates."""

    n_probes: int
    n_audited: int
    n_invalid: int
    share: float
    """Estimated share of invalid probes, in [0, 1]."""
    low: float
    high: float
    level: float
    flaws: dict[str, int]
    """How often each flaw was found."""
    estimates: tuple[Estimate, ...]
    """Rates on valid probes: value, or none where the audit found too few invalid ones to say, and limits that hold
    for every share of invalid probes the audit allows."""
    notes: tuple[str, ...]


class FreshComparison(Record, frozen=True, omit_defaults=False):
    """How a model does on fixed probes of a family, and on fresh ones that nobody can have trained on."""

    model: str
    prompt: str
    family: str
    """`all` is the mean over the families, each with the same weight."""
    name: str
    """Of the rate, as in the estimates."""
    slice: str
    n_fixed: int
    """Graded answers to probes of the family in sets that lie in files."""
    n_fresh: int
    """The same, in sets that were generated for the run."""
    fixed: float | None
    fresh: float | None
    difference: float | None
    """fixed - fresh: accuracy above 0, or hallucination below 0, hints at training on the fixed probes."""
    low: float | None
    high: float | None
    level: float
    method: str
