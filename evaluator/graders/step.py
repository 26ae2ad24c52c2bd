"""What the steps of a grader pass to each other."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import msgspec

from evaluator.graders.stance import Stance
from evaluator.records import AbstentionKind, Label, Probe, Response, UngradedReason

MAX_EVIDENCE_CHARS = 200


class Case(msgspec.Struct, frozen=True):
    """A response on its way through the steps, with what they found so far."""

    probe: Probe
    response: Response
    text: str
    """The graded text: without a reasoning block once that step has passed."""
    stance: Stance | None = None
    """The text in sentences and what each does, once a step has read it."""
    has_distractor: bool = False
    """Whether a known wrong answer is asserted."""
    reply_kinds: Mapping[AbstentionKind, float] = msgspec.field(default_factory=dict)
    """How likely the answer abstains in each way, once the classifier has read it."""
    evidence: str = ""

    @property
    def abstention_probability(self) -> float:
        """How likely the answer abstains at all; 0 while the classifier has not read it."""
        return sum(self.reply_kinds.values())


class Decision(msgspec.Struct, frozen=True):
    """The label a step settled on, or why there can be none."""

    label: Label | None = None
    ungraded: UngradedReason | None = None
    abstention_kind: AbstentionKind | None = None
    evidence: str = ""
    probability: float | None = None
    """How likely the label is right, in (0, 1]."""


class Step(NamedTuple):
    """A named stage: it decides, or passes the case on with what it found."""

    name: str
    decide: Callable[[Case], Decision | Case]


class Finding(msgspec.Struct, frozen=True):
    """What a matcher found: which target or distractor is asserted, if any."""

    is_correct: bool = False
    has_distractor: bool = False
    evidence: str = ""
    is_near: bool = False
    """Whether the target was only found in a shape of the answer's own."""


def bounded(evidence: str) -> str:
    """Make evidence one line of at most `MAX_EVIDENCE_CHARS` characters."""
    line = " ".join(evidence[: 2 * MAX_EVIDENCE_CHARS].split())
    return line if len(line) <= MAX_EVIDENCE_CHARS else line[: MAX_EVIDENCE_CHARS - 1] + "…"
