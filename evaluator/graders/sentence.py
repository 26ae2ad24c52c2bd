"""Take an answer apart into sentences, and tell what is asserted from what is denied."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

import msgspec

from evaluator.graders.normalise import CLAUSE_MARK, canonical_all, tokens, tokens_of_parts
from evaluator.graders.phrases import WORDS

MAX_CHARS = 20_000
"""Longest text graded; of a longer one, the first and the last half of this many characters."""
_RUN = 4
"""Words in a row that make a repetition."""
_SCOPE = 5
"""How many words a negation reaches forward within its clause."""

# A full stop ends a sentence unless it follows one letter or a number, as in "H. D. Gowda" and "21. dubna".
# The first item is one set of characters, which the search engine can skip to.
_END = re.compile(
    r"[.!?。！？।؟\n](?:(?<=[!?])\s+|(?<=[。！？।؟\n])\s*|(?<=[^\W\d_][^\W\d_][.])\s+(?=[^a-z\s])"
    r"|(?:(?<=\d\d\d[.])|(?<=[\"')\]%`*][.]))\s+(?=[A-Z\"'(])"
    r"|(?<=\d[.])\s+(?=(?:I|It|He|She|The|This|That|We|They|But|However)\b))"
)
_TITLES = frozenset(
    ["Mr", "Mrs", "Ms", "Dr", "St", "Jr", "Sr", "Prof", "vs", "approx", "Inc", "Ltd", "Mt", "Ft", "Gen", "Lt", "Col"]
)
"""Abbreviations whose full stop does not end a sentence."""
_TITLE_ENDS = tuple(_TITLES)
_MARKS = frozenset([CLAUSE_MARK])


# A base model may go on to invent the next question.
_NEXT_TURN = re.compile(r"\n[ \t]{0,8}Q(?:uestion)?:", re.IGNORECASE)


class Sentence(msgspec.Struct, frozen=True, gc=False):
    """One sentence of an answer."""

    text: str
    tokens: tuple[str, ...]
    """Folded words and clause marks, in order."""
    keys: tuple[str, ...]
    """The tokens in canonical form: plural, number words and Roman numerals aside."""
    key_set: frozenset[str]


class Answer(msgspec.Struct, frozen=True):
    """The text to be graded, in sentences."""

    text: str
    sentences: tuple[Sentence, ...] = ()


def read_answer(text: str) -> Answer:
    """Split a text, shortened to `MAX_CHARS`, into sentences with at least one word.

    >>> [s.text for s in read_answer("No. It was H. D. Gowda.\\nIn 1996.").sentences]
    ['No.', 'It was H. D. Gowda.', 'In 1996.']
    """
    text = _NEXT_TURN.split(shorten(text.strip()), maxsplit=1)[0]
    parts = list(_split(text))
    words = tokens_of_parts(parts)
    # A sentence of clause marks alone is none.
    found = [
        with_tokens(part.strip(), said) for part, said in zip(parts, words, strict=True) if not _MARKS.issuperset(said)
    ]
    return Answer(text, tuple(found))


def _split(text: str) -> Iterator[str]:
    start = 0
    for end in _END.finditer(text):
        at = end.start()
        is_title = text[at] == "." and text.endswith(_TITLE_ENDS, start, at)
        if is_title and _ends_with_title(text[max(start, at - 8) : at]):
            continue
        yield text[start : at + 1]
        start = end.end()
    yield text[start:]


def _ends_with_title(text: str) -> bool:
    words = text.split()
    return bool(words) and words[-1] in _TITLES


def make_sentence(text: str) -> Sentence:
    """Read one sentence."""
    return with_tokens(text.strip(), tuple(tokens(text)))


def with_tokens(text: str, words: tuple[str, ...]) -> Sentence:
    """Make a sentence of given words."""
    keys = canonical_all(words)
    return Sentence(text, words, keys, frozenset(keys))


def shorten(text: str) -> str:
    """Keep head and tail of a text longer than `MAX_CHARS`: answers stand at either end."""
    if len(text) <= MAX_CHARS:
        return text
    half = MAX_CHARS // 2
    return f"{text[:half]}\n{text[-half:]}"


def blank_runs(sentences: tuple[Sentence, ...], echo: tuple[str, ...]) -> tuple[Sentence, ...]:
    """Put clause marks in the place of runs of words that repeat `echo`."""
    runs = _runs(echo)
    return tuple(_blank(sentence, runs) for sentence in sentences) if runs else sentences


@lru_cache(maxsize=4096)
def _runs(echo: tuple[str, ...]) -> dict[str, list[tuple[int, tuple[str, ...]]]]:
    """Give the runs of `_RUN` words by their longest word, which few sentences have, with its place in them."""
    runs: dict[str, list[tuple[int, tuple[str, ...]]]] = {}
    for start in range(len(echo) - _RUN + 1):
        run = echo[start : start + _RUN]
        word = max(run, key=len)
        runs.setdefault(word, []).append((run.index(word), run))
    return runs


def _blank(sentence: Sentence, runs: dict[str, list[tuple[int, tuple[str, ...]]]]) -> Sentence:
    words = sentence.tokens
    if runs.keys().isdisjoint(words):
        return sentence
    hits = [start for word in runs if word in words for start in _starts(words, word, runs[word])]
    if not hits:
        return sentence
    blanked = {at + offset for at in hits for offset in range(_RUN)}
    return with_tokens(sentence.text, tuple(CLAUSE_MARK if at in blanked else word for at, word in enumerate(words)))


def _starts(words: tuple[str, ...], word: str, runs: list[tuple[int, tuple[str, ...]]]) -> Iterator[int]:
    """Give where the runs that have a word begin in a sentence."""
    at = -1
    for _ in range(words.count(word)):
        at = words.index(word, at + 1)
        for before, run in runs:
            if at >= before and words[at - before : at - before + _RUN] == run:
                yield at - before


def is_denied(words: tuple[str, ...], start: int, end: int) -> bool:
    """Whether the words from `start` to `end` are mentioned only to be denied.

    A negation before them in the same clause, a negated verb or a word like "incorrect" right after
    them, or a report of what others believe that a contrast corrects.
    """
    return _negated_before(words, start) or _negated_after(words, end) or _is_reported(words, start, end)


def _negated_before(words: tuple[str, ...], start: int) -> bool:
    for at in range(start - 1, max(start - 1 - _SCOPE, -1), -1):
        word = words[at]
        if word == CLAUSE_MARK or word in WORDS["contrast"]:
            return False
        if word in WORDS["negation"] or word in WORDS["instead"]:
            # "not only Paris", "no doubt Paris" and "no, Paris" deny nothing.
            return words[at + 1] not in WORDS["negation_ends"]
    return False


def _negated_after(words: tuple[str, ...], end: int) -> bool:
    following = words[end : end + 3]
    for at, word in enumerate(following):
        if word == CLAUSE_MARK or word in WORDS["contrast"]:
            return False
        if word in WORDS["falsity"] or (word in WORDS["negation"] and at > 0):
            return True
    return False


def _is_reported(words: tuple[str, ...], start: int, end: int) -> bool:
    before, after = words[max(start - 12, 0) : start], words[end:]
    return any(w in WORDS["report"] for w in before) and any(w in WORDS["contrast"] for w in after)


def is_one_of_several(words: tuple[str, ...], start: int, end: int, language: str = "") -> bool:
    """Whether "or" joins the words from `start` to `end` with another candidate.

    Words of one letter are "or" in Spanish and prepositions in Czech, so the language decides where it is known.
    """
    joints = WORDS["or"] if language in _SHORT_OR else _LONG_OR
    if end + 1 < len(words) and words[end] in joints:
        return words[end + 1] not in WORDS["or_ends"]
    if end + 2 < len(words) and words[end] == CLAUSE_MARK and words[end + 1] in joints:
        return words[end + 2] not in WORDS["or_ends"]
    return start > 0 and words[start - 1] in joints


_SHORT_OR = frozenset(["", "es", "it", "gl"])
_LONG_OR = frozenset(word for word in WORDS["or"] if len(word) > 1 or not word.isascii())
