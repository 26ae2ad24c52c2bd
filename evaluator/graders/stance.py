"""Tell what each sentence of an answer does: decline, ask back, guess, be polite, or assert.

What counts is the structure of the answer, not a phrase anywhere in it: which sentences decline,
and what is still asserted when they are taken away.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from itertools import accumulate

from evaluator.graders.phrases import BREAK, WORDS, compile_phrases
from evaluator.graders.sentence import Answer, Sentence, make_sentence
from evaluator.records import AbstentionKind

KINDS: tuple[AbstentionKind, ...] = ("policy_refusal", "clarification", "dont_know", "premise_corrected")
"""Most specific first: the kind of a declining sentence is the first that fits."""
_PHRASES = {kind: compile_phrases(kind) for kind in (*KINDS, "filler", "guess")}
_CONTRAST = "|".join(sorted(word for word in WORDS["contrast"] if len(word) > 1))
_CLAUSE_END = re.compile(rf"[,;:—–]\s+|[，；：،]|(?=\s(?:{_CONTRAST})\s)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Stance:
    """What each sentence of an answer does."""

    answer: Answer
    roles: tuple[frozenset[str], ...]
    """Per sentence: the abstention kinds it voices, `filler`, `guess`."""
    asserted: tuple[Sentence, ...]
    """What remains when declining sentences and clauses are taken away."""
    guesses_in_declining: bool
    """Whether a clause of a declining sentence offers an answer all the same."""


def read_stance(answer: Answer) -> Stance:
    """Find what each sentence does and what the answer asserts."""
    roles = _roles(answer.sentences)
    asserted: list[Sentence] = []
    guesses = has_declined = False
    for sentence, found in zip(answer.sentences, roles, strict=True):
        if not _declines(found):
            asserted.append(sentence)
            continue
        kept, offers = _remaining_clauses(sentence)
        asserted += kept
        # Later declining sentences only repeat the first, with background that may be guessed at.
        guesses = guesses or (offers and not has_declined)
        has_declined = True
    return Stance(answer, roles, tuple(asserted), guesses)


def _declines(roles: frozenset[str]) -> bool:
    return bool(roles & {"dont_know", "policy_refusal", "clarification"})


def _roles(sentences: tuple[Sentence, ...]) -> tuple[frozenset[str], ...]:
    lines = [f" {' '.join(sentence.tokens)} {BREAK}".encode() for sentence in sentences]
    starts = list(accumulate(map(len, lines), initial=0))
    text = b"".join(lines)
    found: list[set[str]] = [set() for _ in sentences]
    for kind, pattern in _PHRASES.items():
        for match in pattern.finditer(text):
            found[bisect_right(starts, match.start()) - 1].add(kind)
    return tuple(map(frozenset, found))


def _remaining_clauses(sentence: Sentence) -> tuple[list[Sentence], bool]:
    clauses = [make_sentence(part) for part in _CLAUSE_END.split(sentence.text) if part and not part.isspace()]
    kept, offers = [], False
    roles = _roles(tuple(clauses))
    has_declined = False
    for clause, found in zip(clauses, roles, strict=True):
        if _declines(found):
            has_declined = True
        elif "filler" not in found and "premise_corrected" not in found:
            kept.append(clause)
            contrasts = bool(clause.tokens) and clause.tokens[0] in WORDS["contrast"]
            offers = offers or "guess" in found or (has_declined and contrasts)
    return kept, offers
