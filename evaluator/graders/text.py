"""Match targets that are names or short phrases: whole words, never parts of words."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import dropwhile

from evaluator.graders.commitment import Forms, has_rival, is_list_of_candidates
from evaluator.graders.near import find_near
from evaluator.graders.normalise import (
    ARTICLES,
    CLAUSE_MARK,
    INFLECTED,
    canonical,
    is_same_word,
    is_unspaced,
    tokens,
    without_articles,
)
from evaluator.graders.ordinals import in_digits, with_digits
from evaluator.graders.phrases import WORDS
from evaluator.graders.sentence import Sentence, blank_runs, is_denied
from evaluator.graders.spelling import is_respelt
from evaluator.graders.stance import make_question
from evaluator.graders.step import Finding
from evaluator.records import Probe

MAX_TARGET_WORDS = 64
_LEAST_SUBTITLE = 2
# Where a keyboard has no umlaut, a vowel with an e stands for it, in names both ways.
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "å": "aa", "ø": "oe"})
_DIGRAPH = re.compile(r"(?<=[A-Z])([aou])e(?=[a-z])")
_SKIPPED = ARTICLES | {CLAUSE_MARK}
_NONE: frozenset[str] = frozenset()
_TELLING = frozenset(["us", "i", "am"])
"""Small words that are more than that where the whole answer is a name or a time: "US Open", "World War I", "5 am"."""
_DIVIDING = frozenset(["north", "south", "east", "west", "northern", "southern", "eastern", "western"])
_DIVIDING |= frozenset(["new", "upper", "lower", "little", "great", "greater"])
"""Without such a word it is another place: Virginia is not West Virginia."""
_SMALL = (WORDS["function"] - _TELLING) | _SKIPPED
_REMARK = re.compile(r"[(\[][^()\[\]]*[)\]]")


def match_text(probe: Probe, asserted: tuple[Sentence, ...]) -> Finding:
    """Look for an asserted target, then for an asserted distractor, then for a target in other words."""
    written = in_digits(probe)
    if written is not None:
        probe, asserted = written, with_digits(asserted, probe.language)
    echo = make_question(probe.question).tokens
    forms = _all_forms(probe.targets)
    if is_list_of_candidates(asserted, forms, probe.question):
        return Finding(evidence=f"lists several candidates: {asserted[0].text}")
    if _answers_yes_or_no(probe.targets, asserted):
        return Finding(is_correct=True, evidence=f"says yes or no as a target does: {asserted[0].text}")
    found = _find_exact(probe, asserted, echo, forms)
    if found.is_correct:
        return found
    blanked = blank_runs(asserted, echo)
    rival = _asserted_distractor(probe, blanked) if probe.distractors else None
    if rival is not None:
        return Finding(has_distractor=True, evidence=f"asserts the known wrong answer {rival!r}")
    near = find_near(probe, blanked) if not found.evidence else None
    if near is not None:
        return Finding(is_correct=True, is_near=True, evidence=f"means {near[0]!r}: {near[1].text}")
    return found if found.evidence else Finding(evidence="no target is asserted")


def _find_exact(probe: Probe, asserted: tuple[Sentence, ...], echo: tuple[str, ...], forms: Forms) -> Finding:
    """Look for a target word for word; without evidence when none is mentioned."""
    denied = ""
    known = make_question(probe.question).key_set
    for target in probe.targets:
        sentences = blank_runs(asserted, echo) if known.issuperset(main_form(target)) else asserted
        found = find_target(target, sentences, probe.language)
        if found and not found.competes(forms) and not _is_outdone(target, probe, sentences):
            return Finding(is_correct=True, evidence=f"asserts {target!r}: {found.evidence}")
        denied = denied or (found.evidence if found else "")
    for target in probe.targets:
        if _is_part(target, asserted, known, probe.language):
            return Finding(is_correct=True, evidence=f"the answer is part of the target {target!r}")
    return Finding(evidence=f"target not committed to: {denied}" if denied else "")


def _answers_yes_or_no(targets: tuple[str, ...], asserted: tuple[Sentence, ...]) -> bool:
    """Whether an answer begins with the yes or no that a target comes to: "Typically, no"."""
    if not asserted or not asserted[0].tokens:
        return False
    said = asserted[0].tokens[0]
    for kind in (WORDS["nay"], WORDS["affirmation"]):
        if said in kind and any(_plain(target) <= kind and _plain(target) for target in targets):
            return True
    return False


@lru_cache(maxsize=20_000)
def _plain(target: str) -> frozenset[str]:
    return frozenset(tokens(target)) - WORDS["vague"] - {CLAUSE_MARK}


def _asserted_distractor(probe: Probe, sentences: tuple[Sentence, ...]) -> str | None:
    return next((text for text in probe.distractors if find_target(text, sentences, probe.language)), None)


def _is_outdone(target: str, probe: Probe, sentences: tuple[Sentence, ...]) -> bool:
    """Whether the target was only found inside a longer known wrong answer, as York in New York."""
    wanted = set(main_form(target))
    longer = [text for text in probe.distractors if wanted < set(main_form(text))]
    return any(find_target(text, sentences, probe.language) for text in longer)


class Place:
    """Where a target is asserted."""

    __slots__ = ("end", "sentence", "start")

    def __init__(self, sentence: Sentence, start: int, end: int) -> None:
        self.sentence, self.start, self.end = sentence, start, end

    @property
    def evidence(self) -> str:
        """The sentence, for the reader of a verdict."""
        return self.sentence.text

    def competes(self, forms: Forms) -> bool:
        """Whether what stands here is one of several candidates."""
        return has_rival(self.sentence, self.start, self.end, forms)


def find_target(target: str, sentences: tuple[Sentence, ...], language: str) -> Place | None:
    """Find the first mention of a target that is not denied.

    The words of the target stand together in order, or, for names of several words, all in one sentence.
    """
    for form in target_forms(target):
        # Without case endings, words are compared as they stand: most sentences lack one at a glance.
        needed = _content(form) if language not in INFLECTED else _NONE
        for sentence in sentences:
            if not needed <= sentence.key_set:
                continue
            place = _find_in_order(form, sentence, language) or _find_in_any_order(form, sentence, language)
            if place is not None:
                return place
    return _find_name(target, sentences, language)


def _find_name(target: str, sentences: tuple[Sentence, ...], language: str) -> Place | None:
    """Find a name of a person without its middle names, or with initials before the last name."""
    parts = _name_parts(target)
    if parts is None:
        return None
    for sentence in sentences:
        if language not in INFLECTED and parts[-1] not in sentence.key_set:
            continue
        for at in range(1, len(sentence.keys)):
            if is_same_word(parts[-1], sentence.keys[at], language) and _has_first_name(parts, sentence, at, language):
                start = max(at - 3, 0)
                if not is_denied(sentence.tokens, max(at - 1, start), at + 1):
                    return Place(sentence, start, at + 1)
    return None


def _has_first_name(parts: tuple[str, ...], sentence: Sentence, at: int, language: str) -> bool:
    before = sentence.keys[max(at - 3, 0) : at]
    initials = "".join(part[0] for part in parts[:-1])
    if before[-1] == initials or "".join(before[-len(initials) :]) == initials:
        return True
    return len(parts) >= 3 and any(is_same_word(parts[0], word, language) for word in before)


@lru_cache(maxsize=20_000)
def _name_parts(target: str) -> tuple[str, ...] | None:
    words = _REMARK.sub("", target).replace(".", " ").split()
    if not 2 <= len(words) <= 5 or not all(word[0].isupper() and word[-1].isalpha() for word in words):
        return None
    folded = tuple(canonical(word) for word in tokens(" ".join(words)) if word not in WORDS["title"])
    return folded if len(folded) >= 2 else None


@lru_cache(maxsize=20_000)
def _content(form: tuple[str, ...]) -> frozenset[str]:
    return frozenset(form) - WORDS["function"]


@lru_cache(maxsize=4096)
def _all_forms(targets: tuple[str, ...]) -> Forms:
    return tuple(form for target in targets for form in target_forms(target))


@lru_cache(maxsize=20_000)
def target_forms(target: str) -> tuple[tuple[str, ...], ...]:
    """Give the word sequences by which a target counts as mentioned.

    >>> target_forms("President Nixon (Republican)")
    (('president', 'nixon', 'republican'), ('president', 'nixon'))
    """
    forms = [_trimmed(_words(target))]
    plain = _REMARK.sub("", target).strip()
    if plain and plain != target:
        forms.append(_trimmed(_words(plain)))
    untitled = tuple(dropwhile(WORDS["title"].__contains__, forms[-1]))
    if len(untitled) >= 2:
        forms.append(untitled)
    forms += [_trimmed(_words(part)) for part in _parts(plain)]
    spelt = plain.translate(_UMLAUTS) if not plain.isascii() else _DIGRAPH.sub(r"\1", plain)
    forms += [_trimmed(_words(spelt))] if spelt != plain else []
    forms += [acronym for acronym in [_acronym(plain)] if acronym]
    return tuple(dict.fromkeys(form for form in forms if form))


def main_form(target: str) -> tuple[str, ...]:
    """Give the first word sequence of a target: empty when it has no letter and no digit.

    >>> main_form("in 1757"), main_form("!!!")
    (('1757',), ())
    """
    return next(iter(target_forms(target)), ())


def _trimmed(words: tuple[str, ...]) -> tuple[str, ...]:
    """Drop small words at the ends, as in "in 1757" and "about 5 litres"."""
    content = [at for at, word in enumerate(words) if word not in WORDS["function"]]
    return words[content[0] : content[-1] + 1] if content else words


def _words(text: str) -> tuple[str, ...]:
    return tuple(canonical(word) for word in without_articles(tokens(text)))[:MAX_TARGET_WORDS]


def _parts(target: str) -> list[str]:
    """Give what stands for a place without its region ("Landover, Maryland") and for a work without its series."""
    title = target.split(": ")
    if len(title) == 2 and len(title[1].split()) >= _LEAST_SUBTITLE:
        return [title[1]]
    place = target.split(", ")
    is_place = 2 <= len(place) <= 3 and all(part[:1].isupper() and len(part.split()) <= 3 for part in place)
    return [place[0]] if is_place and not any(map(str.isdigit, target)) else []


def _acronym(target: str) -> tuple[str, ...]:
    initials = [word[0] for word in target.split() if word[0].isupper()]
    return ("".join(initials).lower(),) if len(initials) >= 3 and target.isascii() else ()


def _find_in_order(form: tuple[str, ...], sentence: Sentence, language: str) -> Place | None:
    keys = sentence.keys
    start = -1
    for _ in range(keys.count(form[0])) if language not in INFLECTED else range(len(keys)):
        start = _next_start(form[0], sentence, start + 1, language)
        if start < 0:
            return None
        end = _walk(form, sentence, start, language)
        if end and not is_denied(sentence.tokens, start, end):
            return Place(sentence, start, end)
    return None


def _next_start(word: str, sentence: Sentence, start: int, language: str) -> int:
    keys = sentence.keys
    if language not in INFLECTED:
        return keys.index(word, start)
    return next((at for at in range(start, len(keys)) if is_same_word(word, keys[at], language)), -1)


def _walk(form: tuple[str, ...], sentence: Sentence, start: int, language: str) -> int:
    """Return the end of the form when it stands at `start`, articles and marks aside, else 0."""
    at = start
    for word in form:
        while at < len(sentence.keys) and at > start and sentence.tokens[at] in _SKIPPED and sentence.keys[at] != word:
            at += 1
        if at >= len(sentence.keys) or not is_same_word(word, sentence.keys[at], language):
            return 0
        at += 1
    return at


def _find_in_any_order(form: tuple[str, ...], sentence: Sentence, language: str) -> Place | None:
    content = [word for word in form if word not in WORDS["function"]]
    if len(content) < 2 or is_unspaced(form[0]):
        return None
    positions = []
    for word in content:
        at = _position(word, sentence, language)
        if at < 0:
            return None
        positions.append(at)
    start, end = min(positions), max(positions) + 1
    if end - start > 3 * len(content) + 6 or is_denied(sentence.tokens, start, end):
        return None
    return Place(sentence, start, end)


def _position(word: str, sentence: Sentence, language: str) -> int:
    if word in sentence.key_set:
        return sentence.keys.index(word)
    if language in INFLECTED:
        return next((at for at, key in enumerate(sentence.keys) if is_same_word(word, key, language)), -1)
    return -1


def _is_part(target: str, sentences: tuple[Sentence, ...], question: frozenset[str], language: str) -> bool:
    """Whether the whole answer is a telling part of the target, as "Landover" of "Landover, Maryland"."""
    if len(sentences) != 1:
        return False
    said = [key for key in sentences[0].keys if key not in _SMALL and key not in question]
    wanted = [word for word in main_form(target) if word not in _SMALL]
    if not said or len(said) >= len(wanted) or _DIVIDING.intersection(wanted).difference(said):
        return False
    parts = _name_parts(target)
    if parts is not None and len(parts) <= 3 and len(said) == 1:
        return (
            said[0] == parts[-1] or is_respelt(parts[-1], said[0], language) or (len(wanted) == 2 and said[0] in wanted)
        )
    return set(said) <= set(wanted) and len(said) * 2 >= len(wanted)
