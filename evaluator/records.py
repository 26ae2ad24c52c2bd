"""The core types: all that the evaluator reads, writes and reasons about.

Every record is a frozen msgspec Struct that refuses unknown fields, so a typo in a file is
an error with a place, never a value that is silently ignored.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, get_args

import msgspec

from evaluator.comparison import Ranking as Ranking
from evaluator.figures import CellUncertainty as CellUncertainty
from evaluator.figures import ConfidenceFigures as ConfidenceFigures
from evaluator.figures import ConfidenceSource as ConfidenceSource
from evaluator.figures import Cost as Cost
from evaluator.figures import Counts as Counts
from evaluator.figures import Estimate as Estimate
from evaluator.figures import FreshComparison as FreshComparison
from evaluator.figures import Latency as Latency
from evaluator.figures import NextStep as NextStep
from evaluator.figures import ProbeValidity as ProbeValidity
from evaluator.figures import ReliabilityBin as ReliabilityBin
from evaluator.figures import RiskPoint as RiskPoint
from evaluator.figures import UncertaintyBudget as UncertaintyBudget
from evaluator.judge_use import JudgeFault, JudgeUse
from evaluator.money import Price as Price
from evaluator.privacy import Privacy as Privacy
from evaluator.record import Record as Record

Label = Literal["correct", "wrong", "abstained"]
Outcome = Literal["answered", "refused", "blocked", "truncated", "malformed", "failed", "pending"]
UnanswerableReason = Literal[
    "unknown", "nonexistent", "false_premise", "future", "subjective", "underspecified", "missing_context", "stale"
]
MatchType = Literal["auto", "text", "number", "date", "choice", "regex"]
AbstentionKind = Literal["dont_know", "premise_corrected", "clarification", "policy_refusal"]
UngradedReason = Literal["empty", "blocked", "truncated", "malformed", "failed", "pending", "substituted", JudgeFault]
FailureKind = Literal["transient", "rate_limited", "loading", "malformed", "permanent", "halted"]

LABELS: tuple[Label, ...] = get_args(Label)
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
REASONS: tuple[UnanswerableReason, ...] = get_args(UnanswerableReason)

SUMMARY_SCHEMA = "evaluator/summary/1"
SUMMARY_VERSION = "1.1.0"
MANIFEST_SCHEMA = "evaluator/manifest/1"


class Probe(Record, frozen=True):
    """One question with known accepted answers, or a known reason why it has none."""

    probe_id: str
    question: str
    targets: tuple[str, ...] = ()
    """Accepted answers; empty exactly when `unanswerable` is set."""
    unanswerable: UnanswerableReason | None = None
    why: str | None = None
    """For unanswerable probes: why nobody can answer it, for the person who checks."""
    match: MatchType = "auto"
    tolerance: float = 0.0
    """For numbers: accepted relative deviation from the target, in [0, 1)."""
    choices: tuple[str, ...] = ()
    """For match=choice: the options shown, lettered A, B, C ... in this order."""
    distractors: tuple[str, ...] = ()
    """Known wrong answers."""
    context: str | None = None
    """A passage shown before the question."""
    topic: str | None = None
    language: str = "en"
    cluster: str | None = None
    """Probes that share a cluster are not independent; default: the twin pair, else the probe."""
    twin: str | None = None
    """probe_id of the probe that differs in one point and has the other answerability."""
    source: str | None = None
    valid_until: str | None = None
    """ISO date after which the targets may no longer hold."""
    tags: tuple[str, ...] = ()
    question_en: str | None = None
    """English gloss for people who label; never sent to a model."""

    def __post_init__(self) -> None:
        if bool(self.targets) == (self.unanswerable is not None):
            both = "both" if self.targets else "neither"
            raise ValueError(f"need exactly one of targets (non-empty) or unanswerable, got {both}")
        for name in ("probe_id", "question"):
            if not getattr(self, name).strip():
                raise ValueError(f"{name}: need text, got an empty string")
        if any(not target.strip() for target in self.targets):
            raise ValueError("targets: need text in every target, got an empty string")
        if not 0 <= self.tolerance < 1:
            raise ValueError(f"tolerance: need a number in [0, 1), got {self.tolerance}")
        if self.match == "choice" and not set(self.targets) <= set(self.choices):
            raise ValueError("choices: need every target among the choices when match is choice")

    @property
    def is_answerable(self) -> bool:
        """Whether the probe has accepted answers."""
        return self.unanswerable is None


class Message(Record, frozen=True):
    """One turn of the conversation that is sent."""

    role: Literal["system", "user"]
    content: str


class Sampling(Record, frozen=True):
    """How a model is asked to generate; None leaves the provider's default and is not sent."""

    max_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    seed: int | None = None
    """Base seed; repeat k is sent seed + k."""
    reasoning_effort: str | None = None
    """none, minimal, low, medium, high, xhigh or max, as far as the model knows them."""
    logprobs: bool | None = None
    """Whether to ask for the probability of every token of the answer."""


class Request(Record, frozen=True):
    """One question to one model, exactly as it will be sent."""

    request_id: str
    """SHA-256 of everything sent, plus probe and repeat: equal on every resume."""
    probe_id: str
    model: str
    prompt: str
    repeat: int
    messages: tuple[Message, ...]
    sampling: Sampling
    json_schema: dict[str, Any] | None = None
    """What the reply must be, for providers that can bind it."""

    def response(self, **fields: Any) -> Response:
        """Return a response to this request with the given further fields."""
        return Response(
            request_id=self.request_id,
            probe_id=self.probe_id,
            model=self.model,
            prompt=self.prompt,
            repeat=self.repeat,
            **fields,
        )


class Usage(Record, frozen=True):
    """Tokens as the provider counted them; None where it did not say."""

    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    cached_tokens: int | None = None
    reasoning_tokens: int | None = None


class Failure(Record, frozen=True):
    """Why an attempt gave no usable answer, and what to do about it."""

    kind: FailureKind
    """transient, rate_limited and loading are retried, malformed once; permanent ends it; halted stops the lane."""
    message: str
    status: int | None = None
    """HTTP status, when there was one."""
    wait_s: float | None = None
    """Seconds the provider asked us to wait."""
    maybe_paid: bool = False
    """The request may have been processed and billed although no answer arrived."""


class Response(Record, frozen=True):
    """What became of a request. Failure is data: `outcome` says what happened."""

    request_id: str
    probe_id: str
    model: str
    prompt: str
    repeat: int
    outcome: Outcome
    text: str = ""
    reasoning: str = ""
    finish_reason: str | None = None
    detail: str | None = None
    """What exactly happened when the outcome is not `answered`."""
    served_model: str | None = None
    served_by: str | None = None
    """The host that generated the text, where the provider tells."""
    provider_request_id: str | None = None
    usage: Usage | None = None
    cost_usd: float | None = None
    """None is unknown; 0.0 only when it is known to be free."""
    cost_source: str | None = None
    reported_usd: float | None = None
    """What the provider says it cost, where that is not believed (flag cost_odd)."""
    latency_s: float | None = None
    """Wall time of the attempt that gave this response."""
    attempts: int = 1
    ambiguous_sends: int = 0
    """Attempts that may have been billed without giving an answer."""
    maybe_paid_usd: float | None = None
    """Upper bound of what the ambiguous sends may have cost; None when unknown."""
    retries_usd: float = 0.0
    """What earlier attempts, which gave no answer, are known to have cost."""
    flags: tuple[str, ...] = ()
    logprobs: tuple[float | None, ...] | None = None
    confidence: float | None = None
    """Confidence the model stated, in [0, 1]."""
    failure: Failure | None = None


class RecordedAnswer(Record, frozen=True):
    """One line of answers.jsonl: an answer recorded elsewhere."""

    model: str
    probe_id: str
    text: str
    repeat: Annotated[int, msgspec.Meta(ge=0, lt=100_000)] = 0
    finish_reason: str | None = None
    """stop, length, content_filter, refusal or error; anything else counts as stop."""
    usage: Usage | None = None
    confidence: Annotated[float, msgspec.Meta(ge=0, le=1)] | None = None
    """Confidence that the model stated, where it was asked to."""


class Verdict(Record, frozen=True):
    """What a grader made of a response: exactly one of `label` and `ungraded`."""

    request_id: str
    probe_id: str
    model: str
    prompt: str
    repeat: int
    grader: str
    """Name and version of the grader, e.g. `cascade-2`."""
    label: Label | None = None
    ungraded: UngradedReason | None = None
    abstention_kind: AbstentionKind | None = None
    step: str | None = None
    """The step of the cascade that decided."""
    probability: float | None = None
    """The grader's own probability of its label, in (0, 1]."""
    evidence: str = ""

    def __post_init__(self) -> None:
        if (self.label is None) == (self.ungraded is None):
            raise ValueError("need exactly one of label or ungraded")
        if self.abstention_kind is not None and self.label != "abstained":
            raise ValueError(f"abstention_kind needs label abstained, got {self.label}")


class VerdictChange(Record, frozen=True):
    """What a new grading made of a response that had a verdict before."""

    old: Verdict
    new: Verdict


class GoldLabel(Record, frozen=True):
    """A human's label for one response text; it outlives every re-grading."""

    run_id: str
    request_id: str
    response_sha256: str
    label: Label
    annotator: str
    labelled_at: str
    """UTC, ISO 8601."""
    adjudicates: bool = False
    """Settles what others disagree about: the last word on the response, and no agreement is computed from it."""


class ProbeSetRef(Record, frozen=True):
    """Which probe set was used, down to its bytes."""

    name: str
    path: str
    sha256: str
    """SHA-256 over the canonical content of the probes, in order."""
    n_probes: int
    version: str | None = None
    licence: str | None = None
    seed: int | None = None
    """For generated probes: name, version, seed and n give the same probes again."""
    sampled_from: int | None = None
    """Probes of the whole set, when a run asks a random part of it."""


class PromptRef(Record, frozen=True):
    """Which prompt was used: its name, version and the hash of its text."""

    name: str
    version: str
    sha256: str


class ModelSettings(Record, frozen=True):
    """One model to ask and how; the key itself is never part of any record."""

    id: str
    base_url: str | None = None
    api_key_env: str | None = None
    """Name of the environment variable that holds the key."""
    answers: str | None = None
    """For recorded/NAME: the file of recorded answers."""
    sampling: Sampling = Sampling()
    concurrency: int | None = None
    """Requests in flight at once; None: the provider's own default."""
    timeout_s: float = 600.0
    """Total deadline of one attempt, in seconds."""
    max_attempts: int = 5
    structured_output: bool = False
    api: str | None = None
    """Which of the provider's wire formats, with its version; None where there is only one."""
    privacy: Privacy = Privacy()
    price: Price | None = None
    """What the user says it costs; None: as the list says."""

    @property
    def route(self) -> tuple[object, ...]:
        """What decides, beside the sampling, what is sent and who answers; () when nothing was chosen."""
        chosen = (self.api, self.privacy)
        return () if chosen == (None, Privacy()) else chosen


class Manifest(Record, frozen=True, omit_defaults=False):
    """What a run set out to do; written once, before the first request."""

    run_id: str
    started_at: str
    """UTC, ISO 8601 with offset."""
    evaluator: str
    """Version of this package."""
    config: dict[str, Any]
    probe_sets: tuple[ProbeSetRef, ...]
    models: tuple[ModelSettings, ...]
    prompts: tuple[PromptRef, ...]
    graders: tuple[str, ...]
    packages: dict[str, str]
    seed: int
    repeats: int
    n_requests: int
    plan_sha256: str
    """SHA-256 over all request ids: two runs with the same value asked the same questions."""
    imported_from: str | None = None
    """The file of recorded answers, when no model was asked; then what it holds is what was planned."""
    judges: tuple[ModelSettings, ...] = ()
    judge_prompt: PromptRef | None = None
    judge_all: bool = False
    judge_repeats: int = 1
    schema: str = MANIFEST_SCHEMA


class ModelResult(Record, frozen=True, omit_defaults=False):
    """Everything measured for one model under one prompt."""

    model: str
    prompt: str
    n_planned: int
    outcomes: dict[str, int]
    """Every outcome with its count; they add up to n_planned."""
    ungraded: dict[str, int]
    counts: dict[str, Counts]
    """By slice."""
    abstention_kinds: dict[str, int]
    steps: dict[str, int]
    """How many verdicts each step of the grader decided."""
    served_models: dict[str, int]
    served_by: dict[str, int]
    estimates: tuple[Estimate, ...]
    cost: Cost
    latency: Latency
    tallies: dict[str, tuple[int, int, int, int]]
    """Per probe: correct, wrong, abstained, ungraded over the repeats."""


class Summary(Record, frozen=True, omit_defaults=False):
    """The result of a run: what reports, comparisons and gates read."""

    manifest: Manifest
    results: tuple[ModelResult, ...]
    comparisons: tuple[dict[str, Any], ...]
    probes: dict[str, str]
    """Content hash of every probe: equal ids with other content are not the same probe."""
    notes: tuple[str, ...]
    judges: tuple[JudgeUse, ...] = ()
    budgets: tuple[UncertaintyBudget, ...] = ()
    """Of the headline rates: why their intervals are as wide as they are, and what would narrow them."""
    confidence: tuple[ConfidenceFigures, ...] = ()
    """Where models stated a confidence, or it follows from token probabilities or repeats."""
    validity: ProbeValidity | None = None
    """Where people audited a sample of the probes."""
    rankings: tuple[Ranking, ...] = ()
    """By hallucination rate, one per prompt: ranks that may be, and who is tied with whom."""
    freshness: tuple[FreshComparison, ...] = ()
    """Where a run holds fixed and freshly generated probes of one family."""
    schema: str = SUMMARY_SCHEMA
    schema_version: str = "1.0.0"
    """Semantic: a new minor adds fields, a new major may change them. The first summaries did not name theirs."""
