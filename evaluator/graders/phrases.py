"""The phrase lists of `abstention_phrases.toml`, read and compiled once."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

import re2

from evaluator.graders.normalise import expand_contractions, fold, space_unspaced

BREAK = "|"
"""Stands between sentences in the text that phrases are looked for in."""
_GAP = r"(?: [^ |]+){0,5}? "

_DATA: dict[str, dict[str, Any]] = tomllib.loads(
    files("evaluator.graders").joinpath("abstention_phrases.toml").read_text(encoding="utf-8")
)


@cache
def compile_phrases(kind: str) -> Any:
    """Compile all phrases of one kind, in every language, into one linear-time pattern.

    A phrase is words; `(a|b)` are alternatives, `...` is a gap of up to five words of the same sentence.
    The pattern is meant for the words of `evaluator.graders.normalise.tokens`, joined by single spaces, in UTF-8.
    """
    # Bytes: RE2 works on UTF-8, and byte offsets need no translation for each match.
    return re2.compile(_pattern(kind).encode())


@cache
def compile_any(kinds: tuple[str, ...]) -> Any:
    """Compile all phrases of several kinds into one pattern that tells whether there is any: most answers have none.

    So large a pattern needs more memory than RE2 takes unasked, and no groups, to be quick.
    """
    options = re2.Options()
    options.max_mem = _MOST_MEMORY
    options.never_capture = True
    options.log_errors = False
    return re2.compile("|".join(map(_pattern, kinds)).encode(), options)


_MOST_MEMORY = 24 << 20


def _pattern(kind: str) -> str:
    phrases = [phrase for language in _DATA[kind].values() for phrase in language]
    return f" (?:{'|'.join(map(_to_pattern, phrases))}) "


def _to_pattern(phrase: str) -> str:
    spaced = space_unspaced(expand_contractions(fold(phrase))).replace("'", " ")
    return spaced.replace(" ... ", _GAP)


def _read_words(kind: str) -> frozenset[str]:
    return frozenset(fold(word) for language in _DATA["words"][kind].values() for word in language.split())


WORDS: dict[str, frozenset[str]] = {kind: _read_words(kind) for kind in _DATA["words"]}
"""Single words by what they do to a sentence: negation, contrast, or, report, ..."""
