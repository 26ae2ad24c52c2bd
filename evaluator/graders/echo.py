"""Fourth step: an answer that only asks the question again asserts nothing."""

from __future__ import annotations

from functools import lru_cache

from evaluator.graders.normalise import ARTICLES, CLAUSE_MARK, tokens
from evaluator.graders.phrases import WORDS
from evaluator.graders.sentence import Sentence, make_sentence
from evaluator.graders.step import Case, Decision
from evaluator.records import AbstentionKind

_QUESTION_MARKS = ("?", "？", "؟")
_N_LETTERS = 5
"""Words are taken for one when so many first letters agree: "married" repeats "marry"."""
_LEAST_REPEATED = 3
"""One or two words of the question may be an answer picked from it."""
_SKIPPED = ARTICLES | WORDS["function"] | {CLAUSE_MARK}


def decide_echo(case: Case) -> Decision | Case:
    """Settle answers that are the question, or part of it, with a question mark."""
    sentences = case.stance.answer.sentences if case.stance else ()
    if not sentences or not all(map(is_question, sentences)) or offers_choice(case.probe.question):
        return case
    known = {word[:_N_LETTERS] for word in question_words(case.probe.question)}
    said = {word[:_N_LETTERS] for sentence in sentences for word in content_words(sentence)}
    if not said or not said <= known:
        return case
    # A part of the question asks back ("Which speech?"); the whole of it is only an echo.
    kind: AbstentionKind | None = None if known <= said else "clarification"
    evidence = f"only asks the question again: {sentences[0].text}"
    return Decision(label="abstained", abstention_kind=kind, evidence=evidence)


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
    """Whether an answer of three words or more has no word that is not in the question.

    Yes and no answer a question, and one of the two in "A or B" does.
    """
    known = question_words(question)
    if not all(content_words(sentence) <= known for sentence in sentences) or offers_choice(question):
        return False
    said = {word for sentence in sentences for word in content_words(sentence)}
    says_yes_or_no = not (WORDS["affirmation"] | WORDS["negation"]).isdisjoint(sentences[0].tokens)
    return len(said) >= _LEAST_REPEATED and not says_yes_or_no


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
    return frozenset(key for key in sentence.keys if key not in _SKIPPED)
