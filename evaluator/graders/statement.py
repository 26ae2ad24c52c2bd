"""Match answers to targets that are whole sentences, by likeness of what they assert.

Likeness is the Dice coefficient of content words (Dice 1945, Ecology 26(3):297-302), weighted: a word of the question
says little, one that many statements of the probe have says less than another (Sparck Jones 1972, J. Documentation
28(1):11-21), one found among targets and distractors alike less still. Yes against no, and denied against not denied,
make two statements unlike. The two statements that are likest speak for their side.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, pairwise

from msgspec.structs import replace

from evaluator.graders.forms import conjuncts
from evaluator.graders.normalise import ARTICLES, CLAUSE_MARK, is_unspaced
from evaluator.graders.phrases import WORDS
from evaluator.graders.sentence import Sentence, make_sentence
from evaluator.graders.stance import is_bare_decline
from evaluator.graders.step import Finding
from evaluator.graders.text import match_text
from evaluator.records import Probe

MAX_STATEMENTS = 200
"""Targets and distractors beyond this many are not compared."""
_LEAST_WORDS = 6
_LEAST_LIKENESS = {True: 0.05, False: 0.25}
"""Below it a statement says something else. By whether characters are compared: their pairs coincide less often."""
_LEAST_WRONG = 0.3
"""From here on a known wrong answer is asserted."""
_LEAST_ALONE = 0.45
"""The same where no distractors compete."""
_MARGIN = 0.0
_IN_QUESTION, _ON_BOTH_SIDES = 0.1, 0.6
_PLAIN_IN_QUESTION = 0.2
_SECOND_SHARE = 0.5
_OTHER_POLARITY, _OTHER_HEAD, _SAME_HEAD = 0.4, 0.2, 0.4
_POLARITY_SHARE = 0.05
_SKIPPED = WORDS["function"] | ARTICLES | WORDS["negation"] | WORDS["affirmation"] | {CLAUSE_MARK}
_NAYS = WORDS["nay"]
_NIL = WORDS["none"] - _NAYS
"""To say that nothing happens says something."""
_STEM = 6


@dataclass(frozen=True, slots=True)
class Statement:
    """What a sentence says, for comparison."""

    content: frozenset[str]
    is_denied: bool
    head: int
    """1 when it starts with yes, -1 with no, else 0."""


_NOTHING = Statement(frozenset(), is_denied=False, head=0)


@dataclass(frozen=True, slots=True)
class Statements:
    """A probe's statements, prepared."""

    targets: tuple[Statement, ...]
    distractors: tuple[Statement, ...]
    weights: dict[str, float]
    """Of every word in them and in the question; any other weighs 1."""
    plain_weights: dict[str, float]
    """The same without how many statements have a word: what tells whether a statement is said at all."""


def is_statement_probe(probe: Probe) -> bool:
    """Whether the targets are sentences rather than names.

    With distractors, one long target is enough: what competes is compared in one way.
    """
    lengths = [len(make_sentence(target).tokens) for target in probe.targets[:MAX_STATEMENTS]]
    return (max if probe.distractors else min)(lengths) >= _LEAST_WORDS


def match_statements(probe: Probe, answer: tuple[Sentence, ...]) -> Finding:
    """Compare an answer with all targets and distractors; the likest decides."""
    if not answer:
        return Finding(evidence="nothing is asserted")
    names = _named(probe)
    if names is not None and (named := match_text(names, answer)).is_correct:
        return named
    known = _prepare(probe)
    said = [read_statement(sentence) for sentence in answer[:_N_SENTENCES]]
    if len(answer) > 1:
        said.append(read_statement(*answer))
    target, right = _likest(said, known.targets, known)
    distractor, wrong = _likest(said, known.distractors, known)
    agreement = _POLARITY_SHARE * (_share(said[0], known.targets) - _share(said[0], known.distractors))
    if not known.distractors:
        is_correct = right >= _LEAST_ALONE and _names_all(probe.targets[target], probe.language, said[-1].content)
        return Finding(is_correct, evidence=f"likeness {right:.2f} to {probe.targets[target]!r}")
    right, wrong = right + agreement, wrong - agreement
    least = _LEAST_LIKENESS[any(map(is_unspaced, answer[0].tokens))]
    evidence = f"likeness {right:.2f} to {probe.targets[target]!r}, {wrong:.2f} to {probe.distractors[distractor]!r}"
    is_wrong = wrong > right and _best(said, known.distractors, known.plain_weights) >= _LEAST_WRONG
    return Finding(right >= least and right > wrong + _MARGIN, is_wrong, evidence)


def _names_all(target: str, language: str, said: frozenset[str]) -> bool:
    """Whether an answer has a word of each name that a target lists."""
    return all(any(word[:_STEM] in said for word in words) for words in conjuncts(target, language))


@lru_cache(maxsize=4096)
def _named(probe: Probe) -> Probe | None:
    """Give a probe with the targets that may be found word for word: without distractors, those that deny nothing."""
    read = {text: make_sentence(_NUMBER.sub("", text)).tokens for text in probe.targets}
    targets = tuple(text for text, words in read.items() if WORDS["negation"].isdisjoint(words))
    return replace(probe, targets=targets) if targets and not probe.distractors else None


_NUMBER = re.compile(r"\b[Nn]o[.:]?\s*(?=\d)")
"""The abbreviation of number, which denies nothing."""
_N_SENTENCES = 3
"""Answers come first; later sentences count together only."""


def read_statement(*sentences: Sentence) -> Statement:
    """Take from sentences, read as one, what is compared."""
    words = chain.from_iterable(sentence.tokens for sentence in sentences)
    first = next((word for word in words if word != CLAUSE_MARK), "")
    head = 1 if first in WORDS["affirmation"] else -1 if first in _NAYS else 0
    is_denied = not all(WORDS["negation"].isdisjoint(sentence.tokens) for sentence in sentences)
    return Statement(_content(*sentences), is_denied, head)


def _content(*sentences: Sentence) -> frozenset[str]:
    keys = frozenset().union(*[sentence.key_set for sentence in sentences])
    unspaced = frozenset(filter(is_unspaced, keys))
    spaced = {key[:_STEM] for key in keys - _SKIPPED - _NIL - unspaced}
    if not _NIL.isdisjoint(keys):
        spaced.add("nothing")
    if not unspaced:
        return frozenset(spaced)
    # Pairs of neighbouring characters stand in for words where none are marked (McNamee and Mayfield 2004).
    single = [key for sentence in sentences for key in sentence.keys if key in unspaced]
    return frozenset(spaced).union([one + other for one, other in pairwise(single)] or single)


@lru_cache(maxsize=4096)
def _prepare(probe: Probe) -> Statements:
    targets = tuple(_comparable(text) for text in probe.targets[:MAX_STATEMENTS])
    distractors = tuple(_comparable(text) for text in probe.distractors[:MAX_STATEMENTS])
    asked = _content(make_sentence(probe.question))
    shared = frozenset().union(*(t.content for t in targets)) & frozenset().union(*(d.content for d in distractors))
    plain = dict.fromkeys(shared, _ON_BOTH_SIDES) | dict.fromkeys(asked, _PLAIN_IN_QUESTION)
    return Statements(targets, distractors, _word_weights((*targets, *distractors), shared, asked), plain)


def _word_weights(statements: tuple[Statement, ...], shared: frozenset[str], asked: frozenset[str]) -> dict[str, float]:
    n_with = Counter(word for statement in statements for word in statement.content)
    most = math.log(1 + len(statements))
    weights = {word: math.sqrt(math.log(1 + len(statements) / n) / most) for word, n in n_with.items()}
    weights |= {word: _ON_BOTH_SIDES * weights[word] for word in shared}
    return weights | {word: _IN_QUESTION * weights.get(word, 1.0) for word in asked}


def _comparable(text: str) -> Statement:
    sentence = make_sentence(text)
    return _NOTHING if is_bare_decline(sentence) else read_statement(sentence)


def _likest(said: list[Statement], statements: tuple[Statement, ...], known: Statements) -> tuple[int, float]:
    scored = [(_best(said, (other,), known.weights), -at) for at, other in enumerate(statements)]
    first, second = [*sorted(scored, reverse=True)[:2], (0.0, 0), (0.0, 0)][:2]
    if len(scored) < 2:
        return -first[1], first[0]
    return -first[1], (1 - _SECOND_SHARE) * first[0] + _SECOND_SHARE * second[0]


def _best(said: list[Statement], statements: tuple[Statement, ...], weights: dict[str, float]) -> float:
    return max((_likeness(one, other, weights) for one in said for other in statements), default=0.0)


def _likeness(one: Statement, other: Statement, weights: dict[str, float]) -> float:
    common = one.content & other.content
    if not common:
        return _SAME_HEAD if one.head and one.head == other.head else 0.0
    total = _weight(one.content, weights) + _weight(other.content, weights)
    score = 2 * _weight(common, weights) / total if total else 0.0
    if one.head and other.head:
        return score + _SAME_HEAD * (1 - score) if one.head == other.head else score * _OTHER_HEAD
    return score if one.is_denied == other.is_denied else score * _OTHER_POLARITY


def _weight(content: frozenset[str], weights: dict[str, float]) -> float:
    # Exact, so that the order of a set does not matter.
    return math.fsum([weights.get(word, 1.0) for word in content])


def _share(said: Statement, statements: tuple[Statement, ...]) -> float:
    """Share of the statements that affirm or deny as `said` does."""
    if not statements:
        return 0.0
    if said.head:
        return sum(other.head == said.head for other in statements) / len(statements)
    return sum(other.is_denied == said.is_denied for other in statements) / len(statements)
