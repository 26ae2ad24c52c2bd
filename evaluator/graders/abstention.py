"""Fifth step: an answer that declines, and asserts nothing all the same, abstains."""

from __future__ import annotations

from evaluator.graders.normalise import ARTICLES, CLAUSE_MARK, tokens
from evaluator.graders.phrases import WORDS
from evaluator.graders.sentence import Sentence, make_sentence
from evaluator.graders.stance import KINDS, Stance
from evaluator.graders.step import Case, Decision
from evaluator.records import AbstentionKind


_MAX_GUESS_WORDS = 12
"""A longer sentence with "probably" in it is background, not an answer."""


def decide_abstention(case: Case) -> Decision | Case:
    """Settle answers that decline; pass on those that answer."""
    stance = case.stance
    if case.has_distractor or stance is None or not stance.answer.sentences:
        return case
    at = _declining_sentence(case, stance)
    if at is not None:
        kind = next(kind for kind in KINDS if kind in stance.roles[at])
        return _abstained(kind, stance.answer.sentences[at].text)
    question = _content(case.probe.question)
    sentences = stance.answer.sentences
    if _only_repeats(sentences, case.probe.question, question):
        return _abstained("clarification", f"only repeats the question: {sentences[0].text}")
    if not case.probe.is_answerable and _denies_question(sentences[0], question):
        return _abstained("premise_corrected", sentences[0].text)
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
    question = _content(case.probe.question)
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
    return "guess" in roles and not roles & {*KINDS, "filler"} and len(sentence.tokens) <= _MAX_GUESS_WORDS


def _answers(sentence: Sentence, question: frozenset[str]) -> bool:
    words = _content_words(sentence)
    return len(words & question) * 2 >= min(len(question), 8) and bool(words - question)


def _only_asks(stance: Stance) -> bool:
    """Whether every sentence is a question, and none of them guesses ("Maybe Paris?")."""
    return not any("guess" in roles for roles in stance.roles) and all(
        sentence.text.rstrip().endswith(("?", "？", "؟")) for sentence in stance.asserted
    )


def _only_repeats(sentences: tuple[Sentence, ...], question: str, words: frozenset[str]) -> bool:
    """Whether an answer adds no word to the question; one that chooses between "A or B" answers."""
    said = frozenset().union(*map(_content_words, sentences))
    says_yes_or_no = not (WORDS["affirmation"] | WORDS["negation"]).isdisjoint(sentences[0].tokens)
    return len(said) >= 2 and said <= words and not says_yes_or_no and WORDS["or"].isdisjoint(tokens(question))


def _denies_question(sentence: Sentence, question: frozenset[str]) -> bool:
    words = _content_words(sentence)
    is_negated = any(word in WORDS["negation"] for word in sentence.tokens[1:])
    return is_negated and len(words & question) * 5 >= len(question) * 3 and not question & WORDS["negation"]


def _content(question: str) -> frozenset[str]:
    return _content_words(make_sentence(question))


def _content_words(sentence: Sentence) -> frozenset[str]:
    skipped = ARTICLES | WORDS["function"]
    return frozenset(key for key in sentence.keys if key != CLAUSE_MARK and key not in skipped)
