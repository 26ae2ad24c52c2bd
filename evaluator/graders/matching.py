"""Fifth step: look for a target in what the answer asserts, by the match type of the probe."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache

from evaluator.graders.choice import match_choice
from evaluator.graders.date import is_date, match_date
from evaluator.graders.number import is_number, match_number
from evaluator.graders.pattern import match_patterns
from evaluator.graders.reliability import ASSERTED, TargetKind
from evaluator.graders.sentence import Sentence
from evaluator.graders.stance import assertions
from evaluator.graders.statement import is_statement_probe, match_statements
from evaluator.graders.step import Case, Decision, Finding
from evaluator.graders.text import match_text
from evaluator.records import Probe

_MATCHERS: dict[TargetKind, Callable[[Probe, tuple[Sentence, ...]], Finding]] = {
    "text": match_text,
    "number": match_number,
    "date": match_date,
    "choice": match_choice,
    "regex": match_patterns,
    "statement": match_statements,
}


@lru_cache(maxsize=4096)
def target_kind(probe: Probe) -> TargetKind:
    """Say how a probe is matched: its own match type, or for auto what all its targets look like."""
    kind = _declared_or_seen(probe)
    return "statement" if kind == "text" and is_statement_probe(probe) else kind


def _declared_or_seen(probe: Probe) -> TargetKind:
    if probe.match != "auto":
        return probe.match
    if all(is_number(target, probe.language) for target in probe.targets):
        return "number"
    if all(is_date(target) for target in probe.targets):
        return "date"
    return "text"


def decide_matching(case: Case) -> Decision | Case:
    """Settle answers that assert a target; pass on the others with what they assert."""
    probe = case.probe
    stance = case.stance
    if not probe.is_answerable or stance is None:
        return case
    kind = target_kind(probe)
    finding = _MATCHERS[kind](probe, assertions(stance, probe.targets))
    if finding.is_correct:
        return Decision(label="correct", evidence=finding.evidence, probability=ASSERTED[kind])
    return replace(case, has_distractor=finding.has_distractor, evidence=finding.evidence)
