"""Find a target that an answer gives in a shape of its own, where no exact mention was found.

What is asked is given by the question, so its words need not be repeated: "the Danube" answers "Which river?" as
"River Danube" does. Words that only name a kind of thing ("county", "company") say little. Words are taken for one
when they differ by a regular ending ("sharecropper", "sharecropping"), names also when they differ by a letter or two
in spelling or transliteration, or are written together ("Abid Ali", "Abidali").
"""

from __future__ import annotations

from functools import cached_property, lru_cache
from itertools import chain, dropwhile

from evaluator.graders.echo import question_words
from evaluator.graders.forms import acronym, letters, name_parts
from evaluator.graders.normalise import ARTICLES, CLAUSE_MARK, INFLECTED, canonical, is_same_word, is_unspaced, tokens
from evaluator.graders.parts import asks_in_full, keeps_counts
from evaluator.graders.phrases import WORDS
from evaluator.graders.sentence import Sentence, is_denied
from evaluator.graders.spelling import ALIASES, is_respelt, skeleton, sounds_alike
from evaluator.records import Probe

_SAME = {
    word: line.split()[0]
    for kind in ("first_names", "demonyms", "plurals")
    for line in ALIASES[kind]["names"]
    for word in line.split()
}
_PLACES = [tuple(tuple(tokens(name)) for name in line.split("|")) for line in ALIASES["places"]["names"]]
_WRITTEN = {tuple(tokens(name)) for line in ALIASES["places"]["names"] for name in line.split("|") if name.isupper()}
"""Names that are other words in small letters: "US"."""
_SKIPPED = WORDS["function"] | ARTICLES | WORDS["vague"] | {CLAUSE_MARK}
_MAX_WORDS = 12
_MAX_TARGETS = 200
_MAX_GAP = 6
"""Words of a target stand close together."""
_LEAST_COMPACT = 8
_LEAST_ACRONYM, _MIDDLE_NAMED = 3, 3
_LEAST_STEM = 4
_SUFFIXES = tuple(ALIASES["suffixes"].split())
_LEAST_DESCRIBED = 3
_LONG_ENOUGH = 6
"""A name of one word that is shorter is too like others to be known in another spelling."""


def find_near(probe: Probe, sentences: tuple[Sentence, ...]) -> tuple[str, Sentence] | None:
    """Find the first target that a sentence gives in its own words, with that sentence."""
    # Most answers have none of the words in any form: all of them are looked up at once before any sentence is.
    said = list(chain.from_iterable(sentence.keys for sentence in sentences))
    words = tuple(dict.fromkeys(said))
    everything = _Index(Sentence("", words, words, frozenset(words)), probe.language)
    text = "".join(said)
    indexes: list[_Index] = []
    for target in probe.targets[:_MAX_TARGETS]:
        may_be_renamed = (
            bool(other_names(target)) or _is_acronym(target) or acronym(target) in everything.sentence.key_set
        )
        if may_be_renamed and (named := next((one for one in sentences if _is_renamed(target, one)), None)):
            return target, named
        for wanted in _wordings(target, probe.question):
            if not (_may_be_near(wanted, everything, target) or "".join(wanted) in text):
                continue
            indexes = indexes or [_Index(sentence, probe.language) for sentence in sentences]
            found = next((at for at in indexes if _is_near(wanted, at, target) or _is_compact(wanted, at)), None)
            if found is not None:
                return target, found.sentence
    return None


def _is_renamed(target: str, sentence: Sentence) -> bool:
    if any(_stands_in(name, sentence) for name in other_names(target)) or _spells_out(target, sentence):
        return True
    short = acronym(target)
    return short in sentence.key_set and _is_written(short, sentence) and _stands_in((short,), sentence)


def _is_written(short: str, sentence: Sentence) -> bool:
    """Whether a sentence has letters as an abbreviation: in capitals, or as the whole answer."""
    return len(sentence.tokens) == 1 or short.upper() in sentence.text.replace(".", "")


@lru_cache(maxsize=20_000)
def _wordings(target: str, question: str) -> tuple[tuple[str, ...], ...]:
    """Give the words that an answer must have: all telling ones, or of a long name the first and the last."""
    words = telling_words(target, question)
    if not words or len(words) > _MAX_WORDS or any(map(is_unspaced, words)):
        return ()
    is_name = (
        len(words) == _MIDDLE_NAMED and target.istitle() and bool(name_parts(target)) and not asks_in_full(question)
    )
    return (words, (words[0], words[-1])) if is_name else (words,)


def _is_acronym(target: str) -> bool:
    return _LEAST_ACRONYM <= len(target) <= _MAX_WORDS and target.isascii() and target.isalpha() and target.isupper()


def _spells_out(target: str, sentence: Sentence) -> bool:
    """Whether a sentence has words in a row, small ones aside, whose initials are an acronym: "NASA"."""
    if not _is_acronym(target):
        return False
    words = [(at, word) for at, word in enumerate(sentence.tokens) if word not in _SKIPPED]
    initials = "".join(word[0] for _, word in words)
    start = initials.find(target.lower())
    if start < 0:
        return False
    named = words[start : start + len(target)]
    is_written = all(word.capitalize() in sentence.text or word.upper() in sentence.text for _, word in named)
    return is_written and not is_denied(sentence.tokens, named[0][0], named[-1][0] + 1)


@lru_cache(maxsize=20_000)
def other_names(target: str) -> tuple[tuple[str, ...], ...]:
    """Give the other names of a place.

    >>> other_names("the United Kingdom")
    (('uk',), ('great', 'britain'), ('britain',))
    """
    words = tuple(word for word in tokens(target) if word not in ARTICLES)
    return next((tuple(name for name in names if name != words) for names in _PLACES if words in names), ())


def _stands_in(name: tuple[str, ...], sentence: Sentence) -> bool:
    words = sentence.tokens
    if name in _WRITTEN and not _is_written(name[0], sentence):
        return False
    places = [at for at in range(len(words)) if words[at : at + len(name)] == name] if name[0] in words else []
    return any(not is_denied(words, at, at + len(name)) for at in places)


class _Index:
    """The words of a sentence by what they are looked up by."""

    def __init__(self, sentence: Sentence, language: str) -> None:
        self.sentence, self.language = sentence, language

    @cached_property
    def by_stem(self) -> dict[str, int]:
        """Where each stem stands first."""
        keys = self.sentence.keys
        return dict(zip(map(soft_stem, reversed(keys)), range(len(keys) - 1, -1, -1), strict=True))

    @cached_property
    def by_letter(self) -> dict[str, dict[str, int]]:
        """Where each word stands first, by its first letter."""
        found: dict[str, dict[str, int]] = {}
        for at, key in enumerate(self.sentence.keys):
            found.setdefault(key[0], {}).setdefault(key, at)
        return found

    @cached_property
    def sounds(self) -> frozenset[str]:
        """How the words sound."""
        return frozenset(map(skeleton, self.sentence.key_set))

    @cached_property
    def by_sound(self) -> dict[str, dict[str, int]]:
        """Where each word stands first, by how it sounds."""
        found: dict[str, dict[str, int]] = {}
        for key, at in chain.from_iterable(keys.items() for keys in self.by_letter.values()):
            found.setdefault(skeleton(key), {}).setdefault(key, at)
        return found

    @cached_property
    def compact(self) -> str:
        """All words written together."""
        return "".join(key for key in self.sentence.keys if key != CLAUSE_MARK)

    @cached_property
    def places(self) -> dict[int, int]:
        """The word that begins at a place of the compact text."""
        found, length = {}, 0
        for at, key in enumerate(self.sentence.keys):
            if key != CLAUSE_MARK:
                found[length] = at
                length += len(key)
        return found | {length: len(self.sentence.keys)}

    def find(self, word: str) -> int:
        """Return where a word stands, whatever its ending; -1 where it does not."""
        if word in self.sentence.key_set:
            return self.sentence.keys.index(word)
        if self.language in INFLECTED:
            beside = self.by_letter.get(word[0], {})
            return next((at for key, at in beside.items() if is_same_word(word, key, self.language)), -1)
        return self.by_stem.get(soft_stem(word), -1) if self.language == "en" else -1

    def find_respelt(self, word: str) -> tuple[int, bool]:
        """Return where a word stands in another spelling, -1 where it does not, and whether it sounds different."""
        beside = self.by_letter.get(word[0], {})
        if skeleton(word) in self.sounds:
            beside = beside | self.by_sound[skeleton(word)]
        at = next((at for key, at in beside.items() if is_respelt(word, key, self.language)), -1)
        return at, at >= 0 and not sounds_alike(word, self.sentence.keys[at])


def telling_words(target: str, question: str) -> tuple[str, ...]:
    """Give the words of a target that an answer must have; all of them when the question has all of them.

    >>> telling_words("the River Danube", "Which river flows through Vienna?"), telling_words("about 1757", "When?")
    (('danube',), ('1757',))
    """
    words = [canonical(word) for word in tokens(target) if word not in _SKIPPED or word in letters(target)]
    # A title stands before a name; in "Valley of the Kings" and "King's College" the word is part of it.
    untitled = list(dropwhile(WORDS["title"].__contains__, words))
    words = words if WORDS["class"].issuperset(untitled) else untitled
    asked = {soft_stem(word) for word in question_words(question)}
    fresh = [word for word in words if soft_stem(word) not in asked and word not in WORDS["class"]]
    return tuple(dict.fromkeys(fresh)) or tuple(words)


@lru_cache(maxsize=50_000)
def soft_stem(word: str) -> str:
    """Remove one derivational ending of English, the longest that leaves a stem.

    >>> soft_stem("sharecropping"), soft_stem("sharecroppers"), soft_stem("french")
    ('sharecropp', 'sharecropp', 'franc')
    """
    if not word.isascii():
        return word
    word = _SAME.get(word, word)
    found = next((end for end in _SUFFIXES if word.endswith(end) and len(word) - len(end) >= _LEAST_STEM), "")
    return word.removesuffix(found)


def _is_description(target: str, words: tuple[str, ...]) -> bool:
    """Whether a target describes rather than names: then an answer may put one of its words in another way."""
    return len(words) >= _LEAST_DESCRIBED and target == target.lower() and not any(map(str.isdecimal, words))


def _may_be_near(words: tuple[str, ...], index: _Index, target: str) -> bool:
    n_missing = sum(index.find(word) < 0 and index.find_respelt(word)[0] < 0 for word in words)
    return n_missing <= _is_description(target, words)


def _is_near(words: tuple[str, ...], index: _Index, target: str) -> bool:
    """Whether all words stand close together in a sentence and none of them is denied."""
    is_name = len(words) > 1 or (target[:1].isupper() and len(words[0]) >= _LONG_ENOUGH)
    places: list[int] = []
    n_respelt = n_missing = 0
    for word in words:
        at = index.find(word)
        if at < 0 and is_name and word.isalpha():
            at, differs = index.find_respelt(word)
            # Of a name of one word only the sound can tell that it is the one.
            at = -1 if differs and len(words) == 1 else at
            n_respelt += differs
        n_missing += at < 0
        places += [at] if at >= 0 else []
        if n_missing > _is_description(target, words) or 3 * n_respelt > 2 * len(words):
            return False
    if not n_missing and not keeps_counts(words, places):
        return False
    start, end = min(places), max(places) + 1
    return end - start <= 2 * len(words) + _MAX_GAP and not is_denied(index.sentence.tokens, start, end)


def _is_compact(words: tuple[str, ...], index: _Index) -> bool:
    """Whether a sentence has the words of a name written together, or one word of it taken apart."""
    wanted = "".join(words)
    at = index.compact.find(wanted) if len(wanted) >= _LEAST_COMPACT else -1
    start, end = index.places.get(at), index.places.get(at + len(wanted))
    if at < 0 or start is None or end is None:
        return False
    return not is_denied(index.sentence.tokens, start, end)
