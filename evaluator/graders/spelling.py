"""Tell whether two words are spellings of one name: a letter changed, or another way of transliterating it.

Letters of the Cyrillic and Greek scripts become Latin ones (after ISO 9 and ELOT 743, without marks). What is
compared then is the skeleton of sounds: vowels, doubled letters and letters that romanisations write for each other
("Gaddafi", "Qadhafi") make no difference. Scripts that leave out vowels or write words as signs are not transliterated.
"""

from __future__ import annotations

import re
import tomllib
from functools import lru_cache
from importlib.resources import files
from typing import Any

from evaluator.graders.normalise import INFLECTED

ALIASES: dict[str, Any] = tomllib.loads(files("evaluator.graders").joinpath("aliases.toml").read_text(encoding="utf-8"))
"""Other forms of names and words."""
_LATIN = str.maketrans(
    dict(pair.split("=") for letters in ALIASES["letters"].values() for pair in letters.replace("=-", "=").split())
)
_SOUNDS = (
    (re.compile("sch|tch|tsch|cz|tj|dzh|dz(?=[aou])|dj(?=[aou])"), "ch"),
    (re.compile("kh|gh|ch(?=[lrn])|ck|q|g|c(?![hieyz])"), "k"),
    (re.compile("sh|zh|th|dh"), lambda found: {"sh": "s", "zh": "z", "th": "t", "dh": "d"}[found[0]]),
    (re.compile("ph|w|v|ff"), "f"),
    (re.compile("x"), "ks"),
    (re.compile("ts|tz|dz|c(?=[iey])"), "z"),
    (re.compile("ch|j(?=[aeiou])"), "c"),
    (re.compile("[aeiouyj]"), ""),
    (re.compile(r"(.)\1+"), r"\1"),
)
_LEAST_SPELT, _LONG_NAME = 5, 9
"""Letters from which a name may differ by one letter, and by two."""
_LEAST_SKELETON = 3
_LEAST_LIKENESS = 0.5
_ENDINGS_CUT = 3


@lru_cache(maxsize=50_000)
def to_latin(word: str) -> str:
    """Write a folded word of the Cyrillic or Greek script in Latin letters.

    >>> to_latin("чайковский"), to_latin("σωκρατης"), to_latin("plain")
    ('chaikovskii', 'sokratis', 'plain')
    """
    return word if word.isascii() else word.translate(_LATIN)


@lru_cache(maxsize=50_000)
def skeleton(word: str) -> str:
    """Reduce a folded name to its sounds.

    >>> skeleton("gaddafi"), skeleton("qadhafi"), skeleton("tchaikovsky"), skeleton("чайковский")
    ('kdf', 'kdf', 'ckfsk', 'ckfsk')
    """
    found = to_latin(word)
    for pattern, replacement in _SOUNDS:
        found = pattern.sub(replacement, found)
    return found


@lru_cache(maxsize=50_000)
def is_respelt(one: str, other: str, language: str) -> bool:
    """Whether two folded words are spellings of one name.

    >>> is_respelt("moussa", "mousa", "en"), is_respelt("iran", "iraq", "en"), is_respelt("austria", "australia", "en")
    (True, False, False)
    >>> is_respelt("muhammad", "mohammed", "en"), is_respelt("лев", "lev", "ru")
    (True, True)
    """
    if one.isascii() != other.isascii():
        one, other = to_latin(one), to_latin(other)
        if one == other:
            return True
    if not (one.isalpha() and other.isalpha()) or min(len(one), len(other)) < _LEAST_SPELT - 1:
        return False
    return sounds_alike(one, other) or _differs_by_letters(one, other, language)


def sounds_alike(one: str, other: str) -> bool:
    """Whether two names have one skeleton and are not far apart in letters."""
    if not one.isascii() and not other.isascii():
        return False
    one, other = to_latin(one), to_latin(other)
    sounds = skeleton(one)
    if len(sounds) < _LEAST_SKELETON or sounds != skeleton(other):
        return False
    longest = max(len(one), len(other))
    return distance(one, other, longest) <= (1 - _LEAST_LIKENESS) * longest


def _differs_by_letters(one: str, other: str, language: str) -> bool:
    length = min(len(one), len(other))
    if length < _LEAST_SPELT or one[0] != other[0]:
        return False
    most = 2 if length >= _LONG_NAME else 1
    cuts = range(_ENDINGS_CUT) if language in INFLECTED and len(other) > len(one) else range(1)
    return any(distance(one, other[: len(other) - cut], most) <= most for cut in cuts)


def distance(one: str, other: str, most: int) -> int:
    """Count the letters to change, add or drop (Levenshtein 1966); beyond `most` it is not exact.

    >>> distance("moussa", "mousa", 2), distance("kitten", "sitting", 9), distance("a", "abcdef", 2)
    (1, 3, 3)
    """
    if abs(len(one) - len(other)) > most:
        return most + 1
    row = list(range(len(other) + 1))
    for at, letter in enumerate(one, start=1):
        last, row[0] = row[0], at
        for to, against in enumerate(other, start=1):
            last, row[to] = row[to], min(row[to] + 1, row[to - 1] + 1, last + (letter != against))
    return row[-1]
