"""What the classifier sees of an answer: a set of binary features, none of them about the topic."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from operator import itemgetter

from evaluator.graders.echo import asks_openly, content_words, question_words, says_yes_or_no
from evaluator.graders.phrases import WORDS
from evaluator.graders.stance import Stance

MAX_TOKENS = 60
"""Tokens read from the start of an answer: what it is shows early."""
_N_OPENING = 4
_FIRST = itemgetter(0)
_STEM = 5
_ASKED, _NUMBER, _START = "<asked>", "<number>", "<start>"
"""Stand for a word of the question and for any number: the classifier must not learn what is asked about."""


def answer_features(stance: Stance, question: str) -> frozenset[str]:
    """Give the features of an answer: runs of words, findings of the rules, and shape."""
    return frozenset((*_word_runs(stance, question), *_rule_findings(stance), *_shape(stance, question)))


def _word_runs(stance: Stance, question: str) -> list[str]:
    words = [_START, *masked_words(stance, question)]
    pairs = [f"{one} {two}" for one, two in pairwise(words)]
    triples = [f"{pair} {three}" for pair, three in zip(pairs, words[2:], strict=False)]
    stems = [word[:_STEM] + "*" for word in words if len(word) > _STEM]
    return [*words, *pairs, *triples, *stems, *(f"opening {word}" for word in words[1 : _N_OPENING + 1])]


def masked_words(stance: Stance, question: str) -> list[str]:
    """Give the first tokens of an answer, with what the classifier must not see masked."""
    asked = question_words(question)
    words: list[str] = []
    for sentence in stance.answer.sentences:
        pairs = zip(sentence.tokens, sentence.keys, strict=True)
        # Most sentences repeat nothing of the question and have no number: they are taken as they are.
        if asked.isdisjoint(sentence.key_set) and not any(map(str.isdecimal, map(_FIRST, sentence.tokens))):
            words += sentence.tokens
        else:
            words += [_ASKED if key in asked else _NUMBER if token[0].isdecimal() else token for token, key in pairs]
        if len(words) >= MAX_TOKENS:
            break
    return words[:MAX_TOKENS]


def _rule_findings(stance: Stance) -> Iterator[str]:
    yield from (f"first says {role}" for role in stance.roles[0])
    yield from (f"says {role}" for role in frozenset().union(*stance.roles))
    yield f"asserted sentences {min(len(stance.asserted), 3)}"
    if stance.guesses_in_declining:
        yield "guesses while declining"


def _shape(stance: Stance, question: str) -> Iterator[str]:
    sentences = stance.answer.sentences
    asked = question_words(question)
    said = frozenset().union(*map(content_words, sentences))
    own = said - asked
    yield f"length {sum(len(sentence.tokens) for sentence in sentences).bit_length()}"
    yield f"sentences {min(len(sentences), 4)}"
    yield f"own words {len(own).bit_length()}"
    yield f"asked words {round(4 * len(said & asked) / max(len(asked), 1))}"
    yield f"ends with question {sentences[-1].text.endswith(('?', '？', '؟'))}"
    yield f"own number {any(key[0].isdecimal() for key in own)}"
    if says_yes_or_no(sentences[0]):
        yield f"yes or no to open question {asks_openly(question)}"
    if not WORDS["speaker"].isdisjoint(sentences[0].tokens):
        yield "speaks of itself"
