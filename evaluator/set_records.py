"""What is said about a probe set: its set.toml, what a check found, what it is made of."""

from __future__ import annotations

from typing import Literal

from evaluator.record import Record
from evaluator.records import ProbeSetRef

Severity = Literal["error", "warning", "info"]

CHECK_SCHEMA = "evaluator/check/1"
STATS_SCHEMA = "evaluator/set-stats/1"
IMPORT_SCHEMA = "evaluator/import/1"


class Allowed(Record, frozen=True):
    """A finding of the check that is accepted on purpose."""

    code: str
    """As the check prints it, e.g. `P302`."""
    why: str
    """For whoever reads the set later."""
    probe_id: str | None = None
    """None accepts the finding wherever it occurs."""

    def __post_init__(self) -> None:
        for name in ("code", "why"):
            if not getattr(self, name).strip():
                raise ValueError(f"{name}: need text, got an empty string")


class SetMeta(Record, frozen=True):
    """The contents of set.toml."""

    name: str
    version: str | None = None
    """Another version may hold other probes; results are compared within one."""
    licence: str | None = None
    """On what terms others may use the set, as an SPDX identifier where there is one."""
    authors: tuple[str, ...] = ()
    canary: str | None = None
    """A unique string that tells whether the set was trained on."""
    description: str | None = None
    language: str | None = None
    """Code of the language of the questions, where they share one."""
    homepage: str | None = None
    """Where a set that was imported comes from."""
    attribution: str | None = None
    """Whom to name when the set is used, in the words its licence asks for."""
    changes: str | None = None
    """For an imported set: what differs from the original."""
    allow: tuple[Allowed, ...] = ()
    """Findings of the check that are accepted on purpose, each with its reason."""

    def __post_init__(self) -> None:
        if not self.name.strip():
            raise ValueError("name: need text, got an empty string")


class Finding(Record, frozen=True):
    """One thing to mend in a probe set, or to know about it."""

    code: str
    """Stable name of the rule, e.g. `P201`; set.toml can accept it on purpose."""
    severity: Severity
    message: str
    hint: str
    """How to mend it."""
    probe_id: str | None = None
    """None when the finding is about the whole set."""
    file: str | None = None
    """Where to mend it; None when the probes lie in no file."""
    line: int | None = None
    """Counted from 1; None when the finding is about no line of the file."""


class LeakResult(Record, frozen=True, omit_defaults=False):
    """How well a bag of words tells unanswerable questions from answerable ones."""

    auroc: float | None
    """0.5 is chance, 1 gives every answer away; None when there are too few probes to test."""
    low: float | None
    high: float | None
    level: float
    n_answerable: int
    n_unanswerable: int
    n_groups: int


class SetCheck(Record, frozen=True, omit_defaults=False):
    """Everything the check says of one probe set."""

    probe_set: ProbeSetRef
    findings: tuple[Finding, ...]
    """Errors first, then warnings, then info."""
    n_errors: int
    n_warnings: int
    leak: LeakResult
    schema: str = CHECK_SCHEMA


class Balance(Record, frozen=True, omit_defaults=False):
    """The probes of one topic, language or difficulty."""

    answerable: int
    unanswerable: int
    in_twins: int
    """Probes that are half of a twin pair."""

    @property
    def n(self) -> int:
        """All of them."""
        return self.answerable + self.unanswerable


class SetStats(Record, frozen=True, omit_defaults=False):
    """Counts over one probe set; every dictionary is sorted by falling count."""

    n_probes: int
    n_answerable: int
    n_unanswerable: int
    answerable_share: float | None
    """None for no probes at all."""
    n_twin_pairs: int
    twin_share: float | None
    """Share of the probes that are half of a twin pair; None for no probes at all."""
    n_clusters: int
    topics: dict[str, int]
    reasons: dict[str, int]
    languages: dict[str, int]
    difficulties: dict[str, int]
    """From tags such as `difficulty:common`."""
    match_types: dict[str, int]
    topic_balance: dict[str, Balance]
    language_balance: dict[str, Balance]
    difficulty_balance: dict[str, Balance]


class SetReport(Record, frozen=True, omit_defaults=False):
    """Which probe set, and what it is made of."""

    probe_set: ProbeSetRef
    stats: SetStats
    schema: str = STATS_SCHEMA


class ImportReport(Record, frozen=True, omit_defaults=False):
    """What became of the rows of a data set; every row is in one count."""

    recipe: str
    source: str
    """The data set on the hub, or the file."""
    probe_set: ProbeSetRef
    n_rows: int
    """Rows read; `n_probes` of the probe set and the counts left out add up to it."""
    left_out: dict[str, int]
    """Rows that are no probe, by reason."""
    examples: dict[str, tuple[str, ...]]
    """Some of these rows, by reason: their number, counted from 1."""
    schema: str = IMPORT_SCHEMA
