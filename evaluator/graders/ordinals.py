"""Number words and months in one form: "the second season" is season 2, "in dubnu" is "duben"."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, lru_cache

from msgspec.structs import replace

from evaluator.graders.date import MONTH_FORMS
from evaluator.graders.normalise import canonical, fold, tokens
from evaluator.graders.quantity import LETTERS, Quantity, prepare
from evaluator.graders.sentence import Sentence
from evaluator.graders.units import NUMBER_WORDS
from evaluator.records import Probe

_LARGEST = 31
"""Numbers that names have: of a season, an episode, a king, a day."""


@cache
def ordinals(language: str) -> dict[str, int]:
    """Give the forms of the ordinals of a language with their values.

    >>> ordinals("cs")["druheho"], ordinals("de")["dritten"], ordinals("xx")
    (2, 3, {})
    """
    stems: str = NUMBER_WORDS["ordinals"].get(language, "")
    endings = NUMBER_WORDS["ordinal_endings"].get(language, "").replace("-", "").split(" ")
    return {
        fold(stem + ending): value
        for value, forms in enumerate(stems.split(), start=1)
        for stem in forms.split("/")
        for ending in endings
    }


def find_ordinals(text: str, language: str) -> Iterator[Quantity]:
    """Find the ordinals of a text."""
    values = ordinals(language.split("-")[0])
    for found in LETTERS.finditer(prepare(text)) if values else ():
        value = values.get(found[0])
        if value is not None:
            yield Quantity((float(value),), (float(value),), 1.0, "", *found.span())


@cache
def _values(language: str) -> dict[str, str]:
    """Give the words that stand for a small number or a month, with its digits or the first form of its name.

    English numbers are read as such everywhere.
    """
    months = MONTH_FORMS.get(language, {})
    if language == "en":
        return months
    cardinals: dict[str, str] = NUMBER_WORDS["words"].get(language, {})
    words = {fold(name): value for value, names in cardinals.items() for name in names.split()}
    words |= {name: str(value) for name, value in ordinals(language).items()}
    return months | {name: value for name, value in words.items() if int(value) <= _LARGEST}


@lru_cache(maxsize=4096)
def in_digits(probe: Probe) -> Probe | None:
    """Give a probe with its targets' number words in digits; None where no target has a number or a month."""
    values = _values(probe.language.split("-")[0])
    words = [word for target in probe.targets for word in tokens(target)] if values else []
    has_number = not probe.language.startswith("en") and any(map(str.isdecimal, words))
    if not has_number and values.keys().isdisjoint(words):
        return None
    targets = [" ".join(values.get(fold(word), word) for word in target.split()) for target in probe.targets]
    return replace(probe, targets=tuple(targets))


def with_digits(sentences: tuple[Sentence, ...], language: str) -> tuple[Sentence, ...]:
    """Put digits in the place of number words and months in one form, in what is compared of sentences."""
    values = _values(language.split("-")[0])
    return tuple(_rewritten(sentence, values) for sentence in sentences)


def _rewritten(sentence: Sentence, values: dict[str, str]) -> Sentence:
    if values.keys().isdisjoint(sentence.tokens):
        return sentence
    pairs = zip(sentence.tokens, sentence.keys, strict=True)
    keys = tuple(canonical(values[word]) if word in values else key for word, key in pairs)
    return Sentence(sentence.text, sentence.tokens, keys, frozenset(keys))
