"""Match targets that are names or short phrases: whole words, never parts of words."""

from __future__ import annotations

from functools import lru_cache

from evaluator.graders.commitment import Forms, has_rival, is_list_of_candidates
from evaluator.graders.forms import letters, main_form, name_parts, target_forms
from evaluator.graders.identifier import is_about_code, targets_in_full
from evaluator.graders.near import find_near
from evaluator.graders.normalise import ARTICLES, CLAUSE_MARK, INFLECTED, is_same_word, is_unspaced, tokens
from evaluator.graders.ordinals import in_digits, with_digits
from evaluator.graders.parts import asks_in_full, is_part, keeps_counts
from evaluator.graders.phrases import WORDS
from evaluator.graders.sentence import Sentence, blank_runs, is_denied
from evaluator.graders.stance import make_question
from evaluator.graders.step import Finding
from evaluator.records import Probe

_SKIPPED = ARTICLES | {CLAUSE_MARK}
_NONE: frozenset[str] = frozenset()


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
    near = find_near(probe, blanked) if not found.evidence and not is_about_code(probe) else None
    if near is not None:
        return Finding(is_correct=True, is_near=True, evidence=f"means {near[0]!r}: {near[1].text}")
    return found if found.evidence else Finding(evidence="no target is asserted")


def _find_exact(probe: Probe, asserted: tuple[Sentence, ...], echo: tuple[str, ...], forms: Forms) -> Finding:
    """Look for a target word for word; without evidence when none is mentioned."""
    denied = ""
    known = make_question(probe.question).key_set
    in_full = asks_in_full(probe.question)
    wanted = targets_in_full(probe, asserted)
    for target in wanted:
        sentences = blank_runs(asserted, echo) if known.issuperset(main_form(target)) else asserted
        found = find_target(target, sentences, probe.language, in_full=in_full)
        if found and not found.competes(forms, probe.language) and not _is_outdone(target, probe, sentences):
            return Finding(is_correct=True, evidence=f"asserts {target!r}: {found.evidence}")
        denied = denied or (found.evidence if found else "")
    for target in wanted:
        if is_part(target, asserted, probe.question, probe.language):
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

    def competes(self, forms: Forms, language: str) -> bool:
        """Whether what stands here is one of several candidates."""
        return has_rival(self.sentence, self.start, self.end, forms, language)


def find_target(target: str, sentences: tuple[Sentence, ...], language: str, *, in_full: bool = False) -> Place | None:
    """Find the first mention of a target that is not denied.

    The words of the target stand together in order, or, for names of several words, all in one sentence. The name of a
    person may lack its middle names, unless it is wanted `in_full`.
    """
    for form in target_forms(target):
        # Without case endings, words are compared as they stand: most sentences lack one at a glance.
        needed = _content(form, letters(target)) if language not in INFLECTED else _NONE
        for sentence in sentences:
            if not needed <= sentence.key_set:
                continue
            place = _find_in_order(form, sentence, language)
            place = place or _find_in_any_order(form, letters(target), sentence, language)
            if place is not None:
                return place
    return None if in_full else _find_name(target, sentences, language)


def _find_name(target: str, sentences: tuple[Sentence, ...], language: str) -> Place | None:
    """Find a name of a person without its middle names, or with initials before the last name."""
    parts = name_parts(target)
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
def _content(form: tuple[str, ...], kept: frozenset[str]) -> frozenset[str]:
    return frozenset(form) - (WORDS["function"] - kept)


@lru_cache(maxsize=4096)
def _all_forms(targets: tuple[str, ...]) -> Forms:
    return tuple(form for target in targets for form in target_forms(target))


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


def _find_in_any_order(form: tuple[str, ...], kept: frozenset[str], sentence: Sentence, language: str) -> Place | None:
    content = [word for word in form if word not in WORDS["function"] or word in kept]
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
    return Place(sentence, start, end) if keeps_counts(content, positions) else None


def _position(word: str, sentence: Sentence, language: str) -> int:
    if word in sentence.key_set:
        return sentence.keys.index(word)
    if language in INFLECTED:
        return next((at for at, key in enumerate(sentence.keys) if is_same_word(word, key, language)), -1)
    return -1
