"""Fourth step: an answer that only gives the question back asserts nothing of its own."""

from __future__ import annotations

import re
from functools import lru_cache

from evaluator.graders.normalise import ARTICLES, CLAUSE_MARK, tokens
from evaluator.graders.phrases import WORDS
from evaluator.graders.reliability import ABSTENTION_RULE
from evaluator.graders.sentence import Sentence, make_sentence
from evaluator.graders.stance import denies_mostly
from evaluator.graders.step import Case, Decision
from evaluator.records import AbstentionKind, Probe

_QUESTION_MARKS = ("?", "？", "؟")
_N_LETTERS = 5
"""Words are taken for one when so many first letters agree: "married" repeats "marry"."""
_LEAST_SHARE, _LEAST_QUOTED, _LEAST_STATED = 0.4, 0.2, 0.7
"""Less of the question may be an answer picked from it. Words that stand together in it need be fewer, and words that
are put together anew more: "The sun was made by the sun" says something."""
_LEAST_FRAGMENT = 4
_SKIPPED = ARTICLES | WORDS["function"] | {CLAUSE_MARK}
_POLAR = WORDS["affirmation"] | WORDS["negation"]
_YES_OR_NO = WORDS["affirmation"] | WORDS["nay"]
_YES_NO_OR_MARK = _YES_OR_NO | {CLAUSE_MARK}
_OPEN = WORDS["interrogative"] - WORDS["auxiliary"]
_LETTER = re.compile(r"(?<=\s)[A-Z]\b(?!\.\s*\w|')")
_WORD = re.compile(r"\w[\w'’-]*")


def decide_echo(case: Case) -> Decision | Case:
    """Settle answers that are the question, or part of it."""
    sentences = case.stance.answer.sentences if case.stance else ()
    is_quote = len(sentences) == 1 and is_fragment(sentences[0], case.probe)
    if is_quote or _is_question_itself(sentences, case.probe.question):
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


def _is_question_itself(sentences: tuple[Sentence, ...], question: str) -> bool:
    """Whether an answer is the question word for word, whatever marks it ends with: Japanese asks with a full stop."""
    asked = _question_words_in_order(question)
    if not asked or len(asked) != sum(len(one.tokens) - one.tokens.count(CLAUSE_MARK) for one in sentences):
        return False
    return asked == [word for sentence in sentences for word in sentence.tokens if word != CLAUSE_MARK]


@lru_cache(maxsize=4096)
def _all_words(question: str) -> tuple[str, ...]:
    return tuple(tokens(question))


@lru_cache(maxsize=4096)
def _question_words_in_order(question: str) -> list[str]:
    return [word for word in _all_words(question) if word != CLAUSE_MARK]


def is_fragment(sentence: Sentence, probe: Probe) -> bool:
    """Whether a sentence is some words of an open question, in their order, and no target is among them."""
    said = sentence.tokens
    if len(said) < _LEAST_FRAGMENT or not asks_openly(probe.question) or offers_choice(probe.question):
        return False
    if not _holds(_all_words(probe.question), said) or _has_own_words(sentence, probe.question):
        return False
    if affirms_question(sentence, probe.question) and denies_mostly(probe.targets):
        return False
    return not any(_holds(said, tuple(tokens(target))) for target in probe.targets)


def affirms_question(sentence: Sentence, question: str) -> bool:
    """Whether a sentence is all of a question but for its first word, as in "Which bears sing?" - "Bears sing".

    So it says that what the question takes for granted is so.
    """
    asked = make_sentence(question).tokens
    is_clause = len(asked) > 1 and asked[0] in _OPEN and asked[1] not in WORDS["auxiliary"]
    return is_clause and not is_question(sentence) and question_words(question) <= content_words(sentence)


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


def only_repeats(sentences: tuple[Sentence, ...], probe: Probe, *, is_denied: bool = False) -> bool:
    """Whether every sentence of an answer gives words of the question back, and none of its own.

    Yes and no answer a question, one of the two in "A or B" does, and to repeat a question that asks for yes or no
    affirms it. Where the targets deny what the question takes for granted (`is_denied`), a statement affirms it.
    The same words in another order make a statement: "The sun was made by the stars".
    """
    question = probe.question
    if offers_choice(question) or not all(_repeats(sentence, question, is_denied) for sentence in sentences):
        return False
    said = frozenset().union(*map(content_words, sentences))
    return not any(words <= said for words in _known_answers(probe))


@lru_cache(maxsize=4096)
def _known_answers(probe: Probe) -> tuple[frozenset[str], ...]:
    """Give the words of targets and distractors; a number among those of the question is not answered by them."""
    known = [content_words(make_sentence(text)) for text in (*probe.targets, *probe.distractors)]
    return tuple(words for words in known if not all(map(str.isdecimal, words)))


def _repeats(sentence: Sentence, question: str, is_denied: bool) -> bool:
    asked = _question_stems(question)
    if not _POLAR.isdisjoint(sentence.tokens) or _has_own_words(sentence, question):
        return False
    said = _stems(sentence)
    if all(word.isdecimal() for word in said):
        return False
    share = len(set(said)) / max(len(set(asked)), 1)
    if _asking_word(question) in sentence.tokens[1:]:
        return share >= _LEAST_SHARE
    if not asks_openly(question) or (is_denied and affirms_question(sentence, question)):
        return False
    if _is_quoted(sentence, question):
        # A few words that start with a small one may be an answer, and so may a number: "by the stars", "2 metres".
        needs_more = is_denied or sentence.tokens[0] in WORDS["function"] or any(map(str.isdecimal, said))
        return share >= (_LEAST_SHARE if needs_more else _LEAST_QUOTED) and not _is_name(sentence, question)
    rest = iter(asked)
    is_in_order = all(word in rest for word in dict.fromkeys(said))
    return is_in_order and share >= _LEAST_STATED and not is_denied


@lru_cache(maxsize=4096)
def _asking_word(question: str) -> str:
    """Give the word that a question asks with, "which" in "Bees like which flowers?"; nothing when it is yes or no."""
    words = tokens(question)
    if not words or words[0] in WORDS["auxiliary"]:
        return ""
    return next((word for word in words if word in _OPEN), "")


def _has_own_words(sentence: Sentence, question: str) -> bool:
    """Whether a sentence has a word that can carry an answer and is not of the question.

    Letters ("Type A"), quantities ("any country") and names that only begin like a word of the question are words.
    """
    asked = _question_stems(question)
    if any(key[:_N_LETTERS] not in asked for key in sentence.key_set - _SKIPPED):
        return True
    known = make_sentence(question).key_set
    letters = {letter.lower() for letter in _LETTER.findall(sentence.text)} - WORDS["speaker"]
    return not (letters | (sentence.key_set & WORDS["quantifier"]) | _names(sentence.text)) <= known


def _is_quoted(sentence: Sentence, question: str) -> bool:
    """Whether the words of a sentence stand together in the question, articles aside."""
    return _holds(_plain(make_sentence(question).tokens), _plain(sentence.tokens))


def _plain(words: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(word for word in words if word not in ARTICLES and word != CLAUSE_MARK)


def _is_name(sentence: Sentence, question: str) -> bool:
    """Whether a sentence is a name: all its words have a capital in the question, or where that has none, in itself."""
    first = _WORD.match(sentence.text)
    own = _names(sentence.text) | (make_sentence(first[0]).key_set if first and first[0][0].isupper() else frozenset())
    words = content_words(sentence)
    return words <= _names(question) or (question == question.lower() and words <= own)


@lru_cache(maxsize=4096)
def _names(text: str) -> frozenset[str]:
    """Give the words with a capital in the middle of a text."""
    words = _WORD.findall(text)[1:]
    return frozenset().union(*[make_sentence(word).key_set for word in words if word[0].isupper()]) - _SKIPPED


@lru_cache(maxsize=4096)
def _question_stems(question: str) -> tuple[str, ...]:
    return tuple(_stems(make_sentence(question)))


def _stems(sentence: Sentence) -> list[str]:
    return [key[:_N_LETTERS] for key in sentence.keys if key not in _SKIPPED]


def is_beside_question(sentences: tuple[Sentence, ...], question: str) -> bool:
    """Whether an answer is a bare yes or no to a question that asks who, what or when."""
    if not all(_YES_NO_OR_MARK.issuperset(sentence.tokens) for sentence in sentences) or not asks_openly(question):
        return False
    return any(word != CLAUSE_MARK for sentence in sentences for word in sentence.tokens)


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
