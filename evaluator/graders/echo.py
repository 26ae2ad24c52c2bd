"""Fourth step: an answer that only asks the question again asserts nothing."""

from __future__ import annotations

from functools import lru_cache

from evaluator.graders.normalise import ARTICLES, CLAUSE_MARK, tokens
from evaluator.graders.phrases import WORDS
from evaluator.graders.reliability import ABSTENTION_RULE
from evaluator.graders.sentence import Sentence, make_sentence
from evaluator.graders.step import Case, Decision
from evaluator.records import AbstentionKind

_QUESTION_MARKS = ("?", "？", "؟")
_N_LETTERS = 5
"""Words are taken for one when so many first letters agree: "married" repeats "marry"."""
_LEAST_SHARE = 0.4
"""Less of the question may be an answer picked from it."""
_LEAST_FRAGMENT = 4
_SKIPPED = ARTICLES | WORDS["function"] | {CLAUSE_MARK}
_POLAR = WORDS["affirmation"] | WORDS["negation"]
_YES_OR_NO = WORDS["affirmation"] | WORDS["nay"]
_OPEN = WORDS["interrogative"] - WORDS["auxiliary"]


def decide_echo(case: Case) -> Decision | Case:
    """Settle answers that are the question, or part of it."""
    sentences = case.stance.answer.sentences if case.stance else ()
    if len(sentences) == 1 and is_fragment(sentences[0], case.probe.question, case.probe.targets):
        return Decision(
            label="abstained", evidence=f"only quotes the question: {sentences[0].text}", probability=ABSTENTION_RULE
        )
    if not sentences or not all(map(is_question, sentences)) or offers_choice(case.probe.question):
        return case
    known = {word[:_N_LETTERS] for word in question_words(case.probe.question)}
    said = {word[:_N_LETTERS] for sentence in sentences for word in content_words(sentence)}
    if not said or not said <= known:
        return case
    # A part of the question asks back ("Which speech?"); the whole of it is only an echo.
    kind: AbstentionKind | None = None if known <= said else "clarification"
    evidence = f"only asks the question again: {sentences[0].text}"
    return Decision(label="abstained", abstention_kind=kind, evidence=evidence, probability=ABSTENTION_RULE)


def is_fragment(sentence: Sentence, question: str, targets: tuple[str, ...]) -> bool:
    """Whether a sentence is some words of an open question, in their order, and no target is among them."""
    said = sentence.tokens
    if len(said) < _LEAST_FRAGMENT or not asks_openly(question) or offers_choice(question):
        return False
    return _holds(tuple(tokens(question)), said) and not any(_holds(said, tuple(tokens(target))) for target in targets)


def _holds(words: tuple[str, ...], run: tuple[str, ...]) -> bool:
    return any(words[at : at + len(run)] == run for at in range(len(words) - len(run) + 1))


def asks_back(sentence: Sentence, question: str, *, is_last: bool) -> bool:
    """Whether a sentence asks for something, as in "Which server is it?", other than to repeat the question.

    What repeats the question and goes on is a heading over an answer.
    """
    words = [word for word in sentence.tokens if word != CLAUSE_MARK]
    if not is_question(sentence) or WORDS["interrogative"].isdisjoint(words):
        return False
    return is_last or not content_words(sentence) <= question_words(question)


def is_question(sentence: Sentence) -> bool:
    """Whether a sentence ends with a question mark."""
    return sentence.text.rstrip("\"'»” ").endswith(_QUESTION_MARKS)


def only_repeats(sentences: tuple[Sentence, ...], question: str) -> bool:
    """Whether every sentence of an answer gives words of the question back, and none of its own.

    Yes and no answer a question, and one of the two in "A or B" does. The same words in another order make a
    statement: "The sun was made by the stars".
    """
    return not offers_choice(question) and all(_repeats(sentence, question) for sentence in sentences)


def _repeats(sentence: Sentence, question: str) -> bool:
    asked = _question_stems(question)
    if any(key[:_N_LETTERS] not in asked for key in sentence.key_set - _SKIPPED):
        return False
    if not _POLAR.isdisjoint(sentence.tokens):
        return False
    said = _stems(sentence)
    if all(word.isdecimal() for word in said):
        return False
    left_open = not _OPEN.isdisjoint(sentence.tokens[1:])
    rest = iter(asked)
    is_in_order = all(word in rest for word in dict.fromkeys(said))
    return (left_open or is_in_order) and len(set(said)) >= _LEAST_SHARE * len(set(asked))


@lru_cache(maxsize=4096)
def _question_stems(question: str) -> tuple[str, ...]:
    return tuple(_stems(make_sentence(question)))


def _stems(sentence: Sentence) -> list[str]:
    return [key[:_N_LETTERS] for key in sentence.keys if key not in _SKIPPED]


def is_beside_question(sentences: tuple[Sentence, ...], question: str) -> bool:
    """Whether an answer is a bare yes or no to a question that asks who, what or when."""
    words = {word for sentence in sentences for word in sentence.tokens} - {CLAUSE_MARK}
    return bool(words) and words <= _YES_OR_NO and asks_openly(question)


def says_yes_or_no(sentence: Sentence) -> bool:
    """Whether a sentence begins with yes or no."""
    return bool(sentence.tokens) and sentence.tokens[0] in _YES_OR_NO


@lru_cache(maxsize=4096)
def asks_openly(question: str) -> bool:
    """Whether a question asks who, what or when, so that yes and no do not answer it.

    >>> asks_openly("In which year did it open?"), asks_openly("In Wales, is it legal to say what you think?")
    (True, False)
    """
    clauses = " ".join(tokens(question)).split(CLAUSE_MARK)
    words = [clause.split() for clause in clauses if clause.strip()]
    if not words or any(clause[0] in WORDS["auxiliary"] for clause in words):
        return False
    return any(not _OPEN.isdisjoint((*clause[:2], clause[-1])) for clause in words)


@lru_cache(maxsize=4096)
def offers_choice(question: str) -> bool:
    """Whether a question names the answers to choose from: "A or B?"."""
    return not WORDS["or"].isdisjoint(tokens(question))


@lru_cache(maxsize=4096)
def question_words(question: str) -> frozenset[str]:
    """Give the content words of a question."""
    return content_words(make_sentence(question))


def content_words(sentence: Sentence) -> frozenset[str]:
    """Give the words of a sentence that can carry an answer, in canonical form."""
    return sentence.key_set - _SKIPPED
