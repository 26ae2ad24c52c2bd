"""Tell when an answer to a probe without an answer takes the question back instead of answering it.

What counts is the structure: the main clause of the first sentence is denied ("Venus has no moons"), or a
later clause denies a word of the question that nothing before it affirmed ("by a bacterium, not a virus").
"""

from __future__ import annotations

import re
from functools import lru_cache

from evaluator.graders.echo import content_words, question_words
from evaluator.graders.normalise import CLAUSE_MARK
from evaluator.graders.phrases import WORDS
from evaluator.graders.sentence import Sentence, make_sentence
from evaluator.graders.stance import has_phrase

_JOINTS = "|".join(sorted((word for word in WORDS["joint"] if len(word) > 1), key=len, reverse=True))
_CLAUSE_END = re.compile(rf"[,;:()—–]+\s*|[，；：、،（）]|\s(?=(?:{_JOINTS})\s)", re.IGNORECASE)
_DEPENDENT = WORDS["relative"] | WORDS["subordinate"]
_SCOPE = 8
"""How many words a denial reaches forward."""
_N_LETTERS = 5
"""Words are taken for one when so many first letters agree, regular endings aside."""
_CODE_VALUE = re.compile(r"`+\s*None\s*`+")
_BARE_VALUE = re.compile(r"(?<=[\w`,:=] )None\b")
_INFLECTION = re.compile(r"(?<=[a-z]{3})(?:ed|ing|e)$")


def denies_premise(sentence: Sentence, question: str) -> bool:
    """Whether a sentence denies what the question takes for granted.

    A question that is negative itself ("Which country has never won?") is answered by a denial.
    """
    if _is_negative(question):
        return False
    clauses = _clauses(_with_values(sentence, question))
    known = _stems(question_words(question))
    scope = _denied_words(clauses[0]) if clauses else None
    if scope is not None:
        return not _only_rules_out(clauses, _stems(scope), known)
    return any(map(_is_denied_main, clauses[1:])) or _takes_back(clauses, known)


def denies_question(sentence: Sentence, said: Sentence, question: str) -> bool:
    """Whether a later sentence denies nothing but what the question says: "Venus is a planet. It has no moons."

    What the first sentence `said` is affirmed, and denied only of something else.
    """
    if _is_negative(question):
        return False
    return _takes_back(
        [_with_values(said, question), *_clauses(_with_values(sentence, question))], _stems(question_words(question))
    )


def _with_values(sentence: Sentence, question: str) -> Sentence:
    """Put a word in the place of a `None` of code: "the default is `None`" states a default, and denies nothing."""
    text = _CODE_VALUE.sub("`null`", sentence.text)
    if "`" in question:
        text = _BARE_VALUE.sub("null", text)
    return sentence if text == sentence.text else make_sentence(text)


def _takes_back(clauses: list[Sentence], known: set[str]) -> bool:
    """Whether a clause denies mostly words of the question that no clause before it affirms.

    What affirms most of the question has answered it: a denial after it only adds to the answer.
    """
    affirmed: set[str] = set()
    for clause in clauses:
        if 2 * len(affirmed & known) > len(known):
            return False
        scope = _denied_words(clause)
        if scope is None:
            affirmed |= _stems(content_words(clause))
        elif not _is_general(clause):
            denied = _stems(scope)
            shared = (denied & known) - affirmed
            if shared and 2 * len(shared) >= len(denied):
                return True
    return False


@lru_cache(maxsize=4096)
def _is_negative(question: str) -> bool:
    asked = make_sentence(question)
    return not WORDS["denial"].isdisjoint(asked.tokens) or has_phrase("denial", asked)


def is_zero(sentence: Sentence, question: str) -> bool:
    """Whether "none" is a number here: the question asks how many."""
    starts_none = bool(sentence.tokens) and sentence.tokens[0] in WORDS["none"]
    return starts_none and not WORDS["quantity"].isdisjoint(make_sentence(question).tokens)


def _clauses(sentence: Sentence) -> list[Sentence]:
    """Split a sentence into clauses, the main one first."""
    parts = [make_sentence(part) for part in _CLAUSE_END.split(sentence.text) if part]
    clauses = [part for part in parts if any(token != CLAUSE_MARK for token in part.tokens)]
    # "No, ..." answers on, and "Without the rate, ..." leads up to what is said.
    while len(clauses) > 1 and (clauses[0].tokens in _BARE_NAYS or _leads_up(*clauses[:2])):
        clauses = clauses[1:]
    return clauses


def _leads_up(clause: Sentence, following: Sentence) -> bool:
    return clause.tokens[0] in WORDS["adverbial"] and len(following.tokens) >= _LEAST_MAIN


_LEAST_MAIN = 4
"""What is shorter is no main clause: "From Latin, not Greek"."""
_BARE_NAYS = frozenset((word,) for word in WORDS["nay"])


def _denied_words(clause: Sentence) -> frozenset[str] | None:
    """Give the content words that a clause denies; None when it denies nothing of its own."""
    words = clause.tokens
    if words[0] in _DEPENDENT:
        return None
    for at, word in () if WORDS["denial"].isdisjoint(words) else enumerate(words):
        if word in WORDS["relative"] and at:
            break
        if word in WORDS["denial"] and not _is_idiom(words, at):
            return content_words(make_sentence(" ".join(words[at + 1 : at + 1 + _SCOPE])))
    # Where no spaces part the words, the whole clause is what is denied.
    return content_words(clause) if has_phrase("denial", clause) else None


def _is_idiom(words: tuple[str, ...], at: int) -> bool:
    """Whether a negation denies nothing: "not only", "no fewer than", "not signed until 1903", "No. 5"."""
    following = words[at + 1 : at + 1 + _SCOPE]
    if not following:
        return words[at] in WORDS["nay"]
    is_bound = following[0] in WORDS["negation_ends"] or following[0] in WORDS["denial_ends"] or following[0].isdigit()
    return is_bound or not WORDS["until"].isdisjoint(following)


def _only_rules_out(clauses: list[Sentence], denied: set[str], known: set[str]) -> bool:
    """Whether a denial rules one candidate out in favour of another: "not Otto but Karl", "it isn't Otto; it's Karl".

    To rule out what the question says is what a correction does.
    """
    if len(clauses) < 2:
        return False
    first, following = clauses[0].tokens, clauses[1].tokens
    if following[0] in WORDS["contrast"] - WORDS["subordinate"] and WORDS["auxiliary"].isdisjoint(following):
        return not denied <= known
    return first[0] in WORDS["pronoun"] and following[0] in WORDS["pronoun"] and not denied & known


def _is_general(clause: Sentence) -> bool:
    """Whether a later clause says of all others that they are not it: "and no machine runs longer"."""
    return not WORDS["none"].isdisjoint(clause.tokens[:2])


def _is_denied_main(clause: Sentence) -> bool:
    """Whether a later clause that denies carries the answer: a conclusion, the speaker's own, or a sentence resumed."""
    if _denied_words(clause) is None:
        return False
    opening = clause.tokens[:2]
    is_own = not WORDS["speaker"].isdisjoint(opening)
    return is_own or opening[0] in WORDS["conclusion"] or opening[0] in WORDS["auxiliary"]


def _stems(words: frozenset[str]) -> set[str]:
    return set(map(_stem, words))


@lru_cache(maxsize=50_000)
def _stem(word: str) -> str:
    return _INFLECTION.sub("", word)[:_N_LETTERS]
