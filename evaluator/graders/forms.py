"""Give the word sequences by which a target counts as mentioned."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import dropwhile

from evaluator.graders.normalise import ARTICLES, canonical, tokens, without_articles
from evaluator.graders.phrases import WORDS
from evaluator.graders.units import NUMBER_WORDS

MAX_TARGET_WORDS = 64
_LEAST_SUBTITLE = 2
_MOST_NAMES, _MOST_NAME_WORDS = 5, 6
# Where a keyboard has no umlaut, a vowel with an e stands for it, in names both ways.
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "å": "aa", "ø": "oe"})
_DIGRAPH = re.compile(r"(?<=[A-Z])([aou])e(?=[a-z])")
_REMARK = re.compile(r"[(\[][^()\[\]]*[)\]]")
_TONES = "major|minor|flat|sharp|dur|moll|mayor|menor|majeur|mineur"
# A capital that ends a name tells it from others, as the K of "Vitamin K" does; so does that of a key.
_LETTER = re.compile(rf"(?<=\w[ -])[A-Z]$|^A(?= (?:{_TONES})\b)")


@lru_cache(maxsize=20_000)
def letters(target: str) -> frozenset[str]:
    """Give the single letters that tell a target from others.

    >>> letters("vitamin A"), letters("A minor"), letters("A king")
    (frozenset({'a'}), frozenset({'a'}), frozenset())
    """
    return frozenset(map(str.lower, _LETTER.findall(_REMARK.sub("", target).strip(" .\"'"))))


@lru_cache(maxsize=20_000)
def target_forms(target: str) -> tuple[tuple[str, ...], ...]:
    """Give the word sequences by which a target counts as mentioned.

    >>> target_forms("President Nixon (Republican)")
    (('president', 'nixon', 'republican'), ('president', 'nixon'))
    """
    kept = letters(target)
    forms = [_trimmed(_words(target, kept), kept)]
    plain = _REMARK.sub("", target).strip()
    if plain and plain != target:
        forms.append(_trimmed(_words(plain, kept), kept))
    untitled = tuple(dropwhile(WORDS["title"].__contains__, forms[-1]))
    if len(untitled) >= 2 and not WORDS["class"].issuperset(untitled):
        forms.append(untitled)
    forms += [_trimmed(_words(part, kept), kept) for part in _parts(plain)]
    spelt = plain.translate(_UMLAUTS) if not plain.isascii() else _DIGRAPH.sub(r"\1", plain)
    forms += [_trimmed(_words(spelt, kept), kept)] if spelt != plain else []
    return tuple(dict.fromkeys(form for form in forms if form))


def main_form(target: str) -> tuple[str, ...]:
    """Give the first word sequence of a target: empty when it has no letter and no digit.

    >>> main_form("in 1757"), main_form("!!!")
    (('1757',), ())
    """
    return next(iter(target_forms(target)), ())


@lru_cache(maxsize=20_000)
def name_parts(target: str) -> tuple[str, ...] | None:
    """Give the names of a person, folded and without titles; None where the target is something else.

    >>> name_parts("Dr. Jane A. Goodall"), name_parts("Nara University")
    (('jane', 'a', 'goodall'), None)
    """
    words = _REMARK.sub("", target).replace(".", " ").split()
    if not 2 <= len(words) <= _MOST_NAMES or not all(word[0].isupper() and word[-1].isalpha() for word in words):
        return None
    folded = tuple(canonical(word) for word in tokens(" ".join(words)) if word not in WORDS["title"])
    return folded if len(folded) >= 2 and WORDS["class"].isdisjoint(folded) else None


@lru_cache(maxsize=20_000)
def conjuncts(target: str, language: str) -> tuple[frozenset[str], ...]:
    """Give the words of each of several names that a target joins by "and"; nothing where it is one.

    >>> [sorted(words) for words in conjuncts("John Lennon and Paul McCartney", "en")]
    [['john', 'lennon'], ['mccartney', 'paul']]
    >>> conjuncts("rock and roll", "en")
    ()
    """
    joint = _joint(language.split("-")[0])
    items = joint.split(target)
    if len(items) < 2 or not all(_is_named(item) and len(item.split()) <= _MOST_NAME_WORDS for item in items):
        return ()
    return tuple(frozenset(map(canonical, tokens(item))) - ARTICLES - WORDS["function"] for item in items)


def _is_named(item: str) -> bool:
    return any(word[:1].isupper() or word[:1].isdecimal() for word in item.split())


@lru_cache(maxsize=32)
def _joint(language: str) -> re.Pattern[str]:
    words = "|".join(NUMBER_WORDS["and"].get(language, "and").split())
    # A comma joins names only where "and" joins the last: else it parts a place from its region.
    return re.compile(rf"\s(?:&|{words})\s|,\s(?=.*\s(?:&|{words})\s)")


@lru_cache(maxsize=20_000)
def acronym(target: str) -> str:
    """Give the initials of a name of several words, in small letters; nothing where it has no name.

    >>> acronym("National Aeronautics and Space Administration"), acronym("the end")
    ('nasa', '')
    """
    initials = [word[0] for word in _REMARK.sub("", target).split() if word[0].isupper()]
    return "".join(initials).lower() if len(initials) >= 3 and target.isascii() else ""


def _trimmed(words: tuple[str, ...], kept: frozenset[str]) -> tuple[str, ...]:
    """Drop small words at the ends, as in "in 1757" and "about 5 litres"."""
    content = [at for at, word in enumerate(words) if word not in WORDS["function"] or word in kept]
    return words[content[0] : content[-1] + 1] if content else words


def _words(text: str, kept: frozenset[str]) -> tuple[str, ...]:
    return tuple(canonical(word) for word in without_articles(tokens(text), kept))[:MAX_TARGET_WORDS]


def _parts(target: str) -> list[str]:
    """Give what stands for a place without its region ("Landover, Maryland") and for a work without its series."""
    title = target.split(": ")
    if len(title) == 2 and len(title[1].split()) >= _LEAST_SUBTITLE:
        return [title[1]]
    place = target.split(", ")
    is_place = 2 <= len(place) <= 3 and all(part[:1].isupper() and len(part.split()) <= 3 for part in place)
    return [place[0]] if is_place and not any(map(str.isdigit, target)) else []
