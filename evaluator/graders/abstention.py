"""Sixth step: an answer that declines, and asserts nothing all the same, abstains."""

from __future__ import annotations

from evaluator.graders.echo import content_words, is_question, only_repeats, question_words
from evaluator.graders.phrases import WORDS
from evaluator.graders.sentence import Sentence
from evaluator.graders.stance import KINDS, Stance
from evaluator.graders.step import Case, Decision
from evaluator.records import AbstentionKind

_MAX_GUESS_WORDS = 12
"""A longer sentence with "probably" in it is background, not an answer."""
_MAX_NAME_WORDS = 3


def decide_abstention(case: Case) -> Decision | Case:
    """Settle answers that decline; pass on those that answer."""
    stance = case.stance
    if case.has_distractor or stance is None or not stance.answer.sentences:
        return case
    at = _declining_sentence(case, stance)
    if at is not None:
        kind = next(kind for kind in KINDS if kind in stance.roles[at])
        return _abstained(kind, stance.answer.sentences[at].text)
    question = question_words(case.probe.question)
    sentences = stance.answer.sentences
    if only_repeats(sentences, case.probe.question):
        return _abstained("clarification", f"only repeats the question: {sentences[0].text}")
    if not case.probe.is_answerable and _denies_question(sentences[0], question):
        return _abstained("premise_corrected", sentences[0].text)
    if len(sentences) == 1 and sentences[0].text.endswith((":", "：")):
        return Decision(label="abstained", evidence=f"announces a list that does not come: {sentences[0].text}")
    if _only_asks(stance):
        return _abstained("clarification", sentences[0].text)
    return case


def _abstained(kind: AbstentionKind, evidence: str) -> Decision:
    return Decision(label="abstained", abstention_kind=kind, evidence=evidence)


def _declining_sentence(case: Case, stance: Stance) -> int | None:
    if stance.guesses_in_declining:
        return None
    declining = [at for at, roles in enumerate(stance.roles) if roles & set(KINDS)]
    if not declining:
        return None
    question = question_words(case.probe.question)
    before = [
        sentence
        for at, sentence in enumerate(stance.answer.sentences[: declining[0]])
        if "filler" not in stance.roles[at]
    ]
    if any(_answers(sentence, question) for sentence in before) or _guesses_after(stance, declining[0]):
        return None
    return declining[0]


def _guesses_after(stance: Stance, at: int) -> bool:
    """Whether the next sentence after a declining one offers an answer: "I'm not sure. Perhaps Paris?"."""
    if at + 1 >= len(stance.roles):
        return False
    roles, sentence = stance.roles[at + 1], stance.answer.sentences[at + 1]
    if "guess" not in roles or roles & {*KINDS, "filler"}:
        return False
    return len(sentence.tokens) <= _MAX_GUESS_WORDS or not WORDS["speaker"].isdisjoint(sentence.tokens[:3])


def _answers(sentence: Sentence, question: frozenset[str]) -> bool:
    words = content_words(sentence)
    return len(words & question) * 2 >= min(len(question), 8) and bool(words - question)


def _only_asks(stance: Stance) -> bool:
    """Whether every sentence is a question, and none of them guesses ("Maybe Paris?")."""
    guesses = any("guess" in roles for roles in stance.roles)
    return not guesses and all(map(is_question, stance.asserted)) and not _is_name(stance.answer.sentences)


def _is_name(sentences: tuple[Sentence, ...]) -> bool:
    """Whether an answer is a word or two, as "Lyon?", which is an answer all the same."""
    return len(sentences) == 1 and len(sentences[0].tokens) <= _MAX_NAME_WORDS


def _denies_question(sentence: Sentence, question: frozenset[str]) -> bool:
    words = content_words(sentence)
    is_negated = any(word in WORDS["negation"] for word in sentence.tokens[1:])
    return is_negated and len(words & question) * 5 >= len(question) * 3 and not question & WORDS["negation"]
