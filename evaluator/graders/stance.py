"""Tell what each sentence of an answer does: decline, ask back, guess, be polite, or assert.

What counts is the structure of the answer, not a phrase anywhere in it: which sentences decline,
and what is still asserted when they are taken away.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate

from evaluator.graders.phrases import BREAK, WORDS, compile_any, compile_phrases
from evaluator.graders.sentence import Answer, Sentence, blank_runs, make_sentence
from evaluator.records import AbstentionKind

KINDS: tuple[AbstentionKind, ...] = ("policy_refusal", "clarification", "dont_know", "premise_corrected")
"""Most specific first: the kind of a declining sentence is the first that fits."""
_ALL_KINDS = (*KINDS, "no_answer", "needed", "denial", "filler", "guess")
_DECLINING = frozenset(["dont_know", "policy_refusal", "clarification"])
_DENYING = WORDS["denial"] | WORDS["negation"]
_CONTRAST = "|".join(sorted(word for word in WORDS["contrast"] if len(word) > 1))
_CLAUSE_END = re.compile(rf"[,;:—–]\s+|[，；：،]|(?=\s(?:{_CONTRAST})\s)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Stance:
    """What each sentence of an answer does."""

    answer: Answer
    roles: tuple[frozenset[str], ...]
    """Per sentence, the kinds of phrases in it: of abstention, and no_answer, needed, denial, filler, guess."""
    asserted: tuple[Sentence, ...]
    """What remains when declining sentences and clauses are taken away."""
    guesses_in_declining: bool
    """Whether a clause of a declining sentence offers an answer all the same."""


def read_stance(answer: Answer, question: str = "") -> Stance:
    """Find what each sentence does and what the answer asserts.

    Phrases that only repeat the question ("what are you not allowed to ...") do not count.
    """
    echo = make_question(question)
    roles = find_roles(blank_runs(answer.sentences, echo.tokens))
    asserted: list[Sentence] = []
    guesses = has_declined = False
    for sentence, found in zip(answer.sentences, roles, strict=True):
        if not _declines(found):
            asserted.append(sentence)
            continue
        kept, offers = remaining_clauses(sentence)
        asserted += kept
        # Later declining sentences only repeat the first, with background that may be guessed at.
        guesses = guesses or (offers and not has_declined)
        has_declined = True
    return Stance(answer, roles, tuple(asserted), guesses)


def is_bare_decline(sentence: Sentence) -> bool:
    """Whether a sentence declines and is about its speaker: "I have no comment".

    Among the targets of a probe it is no statement to match: an answer that says so abstains. "Nobody knows"
    and "this cannot be answered" are about the world: to say so is correct where a target says so.
    """
    return not WORDS["speaker"].isdisjoint(sentence.tokens) and _has_declining(sentence)


@lru_cache(maxsize=4096)
def denies_mostly(targets: tuple[str, ...]) -> bool:
    """Whether most targets deny something: the question takes for granted what is not so."""
    sentences = [make_sentence(target) for target in targets]
    said = [sentence for sentence in sentences if not is_bare_decline(sentence)]
    denying = sum(not _DENYING.isdisjoint(sentence.tokens) or has_phrase("denial", sentence) for sentence in said)
    return bool(said) and 2 * denying >= len(said)


def assertions(stance: Stance, targets: tuple[str, ...]) -> tuple[Sentence, ...]:
    """Give the sentences that may assert a target."""
    if not _has_unknown(targets):
        return tuple(_unanswered(stance.asserted))
    return tuple(sentence for sentence in stance.answer.sentences if not is_bare_decline(sentence))


def _unanswered(sentences: tuple[Sentence, ...]) -> Iterator[Sentence]:
    """Leave out questions that the answer itself answers with no: "Is it Paris? No, it is Lyon."."""
    for at, sentence in enumerate(sentences):
        following = sentences[at + 1].tokens if at + 1 < len(sentences) else ()
        is_refuted = bool(following) and following[0] in WORDS["nay"]
        if not (is_refuted and sentence.text.rstrip().endswith(("?", "？", "؟"))):
            yield sentence


@lru_cache(maxsize=4096)
def _has_unknown(targets: tuple[str, ...]) -> bool:
    """Whether a target says of the world that something is not known."""
    sentences = [make_sentence(target) for target in targets]
    return any(WORDS["speaker"].isdisjoint(sentence.tokens) and _has_declining(sentence) for sentence in sentences)


@lru_cache(maxsize=4096)
def make_question(question: str) -> Sentence:
    """Read a question; the answers to one are many."""
    return make_sentence(question)


def _declines(roles: frozenset[str]) -> bool:
    return not _DECLINING.isdisjoint(roles)


def find_roles(sentences: tuple[Sentence, ...]) -> tuple[frozenset[str], ...]:
    """Find what each sentence does: the kinds of phrases in it."""
    lines = [f" {' '.join(sentence.tokens)} {BREAK}".encode() for sentence in sentences]
    starts = list(accumulate(map(len, lines), initial=0))
    text = b"".join((*lines, b" "))
    if compile_any(_ALL_KINDS).search(text) is None:
        return (frozenset(),) * len(sentences)
    found: list[set[str]] = [set() for _ in sentences]
    for kind in _ALL_KINDS:
        for match in compile_phrases(kind).finditer(text):
            found[bisect_right(starts, match.start()) - 1].add(kind)
    return tuple(map(frozenset, found))


def has_phrase(kind: str, sentence: Sentence) -> bool:
    """Whether a sentence has a phrase of one kind."""
    return compile_phrases(kind).search(f" {' '.join(sentence.tokens)} {BREAK} ".encode()) is not None


def _has_declining(sentence: Sentence) -> bool:
    return any(has_phrase(kind, sentence) for kind in _DECLINING)


def remaining_clauses(sentence: Sentence) -> tuple[list[Sentence], bool]:
    """Take the clauses that decline or are courtesy away.

    Returns:
        What remains, and whether it offers an answer all the same.
    """
    clauses = split_clauses(sentence)
    kept, offers = [], False
    roles = find_roles(clauses)
    has_declined = False
    for clause, found in zip(clauses, roles, strict=True):
        if _declines(found):
            has_declined = True
        elif found.isdisjoint(("filler", "premise_corrected", "no_answer")):
            kept.append(clause)
            contrasts = bool(clause.tokens) and clause.tokens[0] in WORDS["contrast"]
            is_hearsay = not WORDS["hearsay"].isdisjoint(clause.tokens)
            offers = offers or "guess" in found or (has_declined and contrasts and not is_hearsay)
    return kept, offers


def split_clauses(sentence: Sentence) -> tuple[Sentence, ...]:
    """Split a sentence at punctuation and at words like "but"."""
    return tuple(make_sentence(part) for part in _CLAUSE_END.split(sentence.text) if part and not part.isspace())
