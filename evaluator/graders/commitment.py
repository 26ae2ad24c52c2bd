"""Tell whether an answer that mentions a target commits to it, or only names it among other candidates."""

from __future__ import annotations

import re

from evaluator.graders.normalise import ARTICLES, CLAUSE_MARK, canonical, tokens
from evaluator.graders.phrases import WORDS
from evaluator.graders.sentence import Sentence, is_one_of_several

Forms = tuple[tuple[str, ...], ...]
"""The word sequences by which the targets of a probe count as mentioned."""

_ASIDE = re.compile(r"[(（]([^()（）]*)[)）]")
_LIST_MARK = re.compile(r"\s*[,;，、；]\s*")
_AND = re.compile(rf"\s(?:{'|'.join(sorted(WORDS['and']))}|&)\s", re.IGNORECASE)
_LEAST_ITEMS = 3
"""Two items may be a place and its region, or a last and a first name."""
_MAX_ITEM_WORDS = 3
_SMALL = WORDS["function"] | WORDS["title"] | ARTICLES | {CLAUSE_MARK}


def has_rival(sentence: Sentence, start: int, end: int, forms: Forms, language: str = "") -> bool:
    """Whether "or" joins the words from `start` to `end` with something that is no target.

    An alternative in brackets that is for another case competes with nothing: "delete (or delete[] for arrays)".
    """
    words = sentence.tokens
    if not is_one_of_several(words, start, end, language) or not _is_joined_outside(sentence, words[start:end]):
        return False
    inside = set(sentence.keys[start:end])
    return not any(set(form) <= sentence.key_set and not set(form) & inside for form in forms)


def _is_joined_outside(sentence: Sentence, mention: tuple[str, ...]) -> bool:
    plain = _ASIDE.sub(lambda found: "" if _is_qualified(found[1]) else found[0], sentence.text)
    if plain == sentence.text:
        return True
    words = tuple(tokens(plain))
    places = [at for at in range(len(words)) if words[at : at + len(mention)] == mention]
    return all(is_one_of_several(words, at, at + len(mention)) for at in places)


def _is_qualified(aside: str) -> bool:
    """Whether an aside reads "or B for ...", naming a case of its own."""
    words = tokens(aside)
    return bool(words) and words[0] in WORDS["or"] and not WORDS["adverbial"].isdisjoint(words[2:])


def is_list_of_candidates(sentences: tuple[Sentence, ...], forms: Forms, question: str) -> bool:
    """Whether the whole answer lists things of one kind, not all of them targets: "Paris, Lyon, Marseille".

    A question for several things is answered by a list, and one for a place by the place with its regions.
    """
    if len(sentences) != 1:
        return False
    items = [item.strip(" .*_`\"'") for item in _items(sentences[0].text)]
    if len(items) < _LEAST_ITEMS or not _are_alike(items):
        return False
    asked = tokens(question)
    if _asks_several(asked):
        return False
    names_region = not WORDS["where"].isdisjoint(asked) or set(tokens(items[-1])) <= set(asked)
    if names_region and len(items) == _LEAST_ITEMS:
        return False
    accepted = {word for form in forms for word in form} | set(map(canonical, asked)) | _SMALL
    return not all(accepted.issuperset(map(canonical, tokens(item))) for item in items)


def _asks_several(asked: list[str]) -> bool:
    has_count = any(word.isdigit() and len(word) <= 2 for word in asked)
    return has_count or not WORDS["several"].isdisjoint(asked)


def _items(text: str) -> list[str]:
    *items, last = _LIST_MARK.split(text)
    return [*items, *(part for part in _AND.split(f" {last}", maxsplit=1) if part.strip())]


def _are_alike(items: list[str]) -> bool:
    """Whether all items are names, or all are plain words, of a few words each."""
    has_capital = {item[:1].isupper() for item in items}
    words = [word for item in items for word in item.split()]
    is_short = all(item and len(item.split()) <= _MAX_ITEM_WORDS for item in items)
    is_plain = not any(any(c.isdigit() for c in word) or word.lower() in WORDS["auxiliary"] for word in words)
    return is_short and is_plain and len(has_capital) == 1
