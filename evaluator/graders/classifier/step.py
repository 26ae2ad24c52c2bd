"""Sixth and seventh step: the rules of abstention, then the classifier on what they let pass."""

from __future__ import annotations

from collections.abc import Mapping
from typing import get_args

from msgspec.structs import replace

from evaluator.graders.abstention import read_emptiness, read_rules
from evaluator.graders.classifier.model import ReplyKind, load_weights, reply_probabilities
from evaluator.graders.reliability import ABSTENTION_RULE
from evaluator.graders.step import Case, Decision
from evaluator.records import AbstentionKind

_KINDS: tuple[AbstentionKind, ...] = get_args(AbstentionKind)
_LEAST_PROBABILITY = 0.5
"""An answer is taken for an abstention when that is likelier than that it answers."""
_ODDS_UNSEEN = 0.3
"""Where the rules are silent, one in four training answers abstains, but fewer than one in ten real ones."""


def decide_abstention(case: Case) -> Decision | Case:
    """Settle answers that decline by the rules; pass on the others with their probability of abstaining."""
    stance = case.stance
    if stance is None or not stance.answer.sentences:
        return case
    # What only gives the question back shares words with a distractor too, and asserts it no more.
    if case.probe.is_answerable and (empty := read_emptiness(stance, case.probe)):
        return replace(empty, probability=ABSTENTION_RULE)
    if case.has_distractor:
        return case
    found = reply_probabilities(load_weights(), stance, case.probe.question)
    decision = read_rules(stance, case.probe.question, is_answerable=case.probe.is_answerable)
    if decision is None:
        return replace(case, reply_kinds=_likely_kinds(found, is_answerable=case.probe.is_answerable))
    probability = sum(found[kind] for kind in _KINDS)
    return replace(decision, probability=max(probability, ABSTENTION_RULE))


def _likely_kinds(found: Mapping[ReplyKind, float], *, is_answerable: bool) -> dict[AbstentionKind, float]:
    """Move the probabilities to how often real answers abstain unseen (Saerens et al. 2002, Neural Comp. 14(1))."""
    # What is asked about is so where the probe has targets: denying it is a statement like any other.
    possible = [kind for kind in _KINDS if kind != "premise_corrected" or not is_answerable]
    weights = {kind: found[kind] * _ODDS_UNSEEN for kind in possible}
    total = sum(weights.values()) + 1 - sum(found[kind] for kind in possible)
    return {kind: weight / total for kind, weight in weights.items()}


def decide_reply_kind(case: Case) -> Decision | Case:
    """Settle answers that are more likely to abstain than to answer."""
    probability = case.abstention_probability
    if case.stance is None or probability <= _LEAST_PROBABILITY:
        return case
    kind = max(case.reply_kinds, key=case.reply_kinds.__getitem__)
    evidence = f"reads like {kind.replace('_', ' ')}: {case.stance.answer.sentences[0].text}"
    return Decision(label="abstained", abstention_kind=kind, evidence=evidence, probability=probability)
