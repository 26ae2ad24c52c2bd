"""Fifth step: look for a target in what the answer asserts, by the match type of the probe."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from msgspec.structs import replace

from evaluator.graders.choice import match_choice
from evaluator.graders.date import has_month, is_date, match_date
from evaluator.graders.normalise import tokens
from evaluator.graders.number import is_number, match_number
from evaluator.graders.pattern import match_patterns
from evaluator.graders.phrases import WORDS
from evaluator.graders.reliability import ASSERTED, ASSERTED_NEARLY, TargetKind
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
    if all(has_month(target) for target in probe.targets) or _asks_when(probe):
        return "date"
    if all(is_number(target, probe.language) for target in probe.targets):
        return "number"
    if all(is_date(target) for target in probe.targets):
        return "date"
    return "text"


def _asks_when(probe: Probe) -> bool:
    """Whether a question says when, and all targets are years."""
    asks = not WORDS["when"].isdisjoint(tokens(probe.question))
    return asks and all(is_date(target) for target in probe.targets)


@lru_cache(maxsize=4096)
def _dated(probe: Probe) -> Probe | None:
    """Give a probe with those of its targets that are dates, where others are names: "July 2012" or "season 9"."""
    dates = tuple(target for target in probe.targets if is_date(target))
    return replace(probe, targets=dates, match="date") if dates and probe.match == "auto" else None


def decide_matching(case: Case) -> Decision | Case:
    """Settle answers that assert a target; pass on the others with what they assert."""
    probe = case.probe
    stance = case.stance
    if not probe.is_answerable or stance is None:
        return case
    kind = target_kind(probe)
    asserted = assertions(stance, probe.targets)
    finding = _MATCHERS[kind](probe, asserted)
    if kind == "text" and not finding.is_correct and not finding.has_distractor:
        dated = _dated(probe)
        finding = match_date(dated, asserted) if dated and match_date(dated, asserted).is_correct else finding
    if finding.is_correct:
        probability = ASSERTED_NEARLY if finding.is_near else ASSERTED[kind]
        return Decision(label="correct", evidence=finding.evidence, probability=probability)
    return replace(case, has_distractor=finding.has_distractor, evidence=finding.evidence)
