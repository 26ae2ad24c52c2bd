"""Positions of letters in words and of words in lists, also of ones that are not there."""

from __future__ import annotations

from collections.abc import Iterator

from evaluator.probeset.families.draw import Draw
from evaluator.probeset.families.pairs import Pair, PairFamily
from evaluator.probeset.families.table import table

SOURCE = "Counted"


def letters_after(draw: Draw) -> Iterator[Pair]:
    """Ask how many letters follow one that stands once in a word, and in a word that does not have it."""
    wordings = (
        "How many letters of the word '{word}' stand after the letter '{letter}'?",
        "In the word '{word}', how many letters come after the '{letter}'?",
        "Count the letters that follow the '{letter}' in '{word}'. How many are there?",
    )
    while True:
        word, letter = _word_with_letter(draw)
        other = draw.pick([text for text in _words() if letter not in text])
        wording = draw.pick(wordings)
        yield Pair(
            question=wording.format(word=word, letter=letter),
            twin_question=wording.format(word=other, letter=letter),
            targets=(str(len(word) - 1 - word.index(letter)),),
            match="number",
            reason="false_premise",
            why=f"The word '{other}' has no letter '{letter}'.",
            source=SOURCE,
            about=f"after-{min(word, other)}-{max(word, other)}",
        )


def letters_between(draw: Draw) -> Iterator[Pair]:
    """Ask how many letters lie between two of a word; in the twin the word has only one of them."""
    wordings = (
        "How many letters of '{word}' lie between its '{first}' and its '{second}'?",
        "In '{word}', how many letters stand between the '{first}' and the '{second}'?",
    )
    while True:
        word = draw.pick([text for text in _words() if len(text) >= 7])
        once = [at for at, letter in enumerate(word) if word.count(letter) == 1]
        if len(once) < 2:
            continue
        low, high = sorted(draw.sample(once, 2))
        others = [text for text in _words() if text.count(word[low]) == 1 and word[high] not in text]
        if high - low < 2 or not others:
            continue
        other, wording = draw.pick(others), draw.pick(wordings)
        fields = {"first": word[low], "second": word[high]}
        yield Pair(
            question=wording.format(word=word, **fields),
            twin_question=wording.format(word=other, **fields),
            targets=(str(high - low - 1),),
            match="number",
            reason="false_premise",
            why=f"The word '{other}' has no letter '{word[high]}'.",
            source=SOURCE,
        )


def next_in_list(draw: Draw) -> Iterator[Pair]:
    """Ask which word follows another in a list; in the twin the list does not hold it."""
    wordings = (
        "Which word comes right after '{word}' in this list?",
        "In this list, which word follows '{word}' directly?",
        "Which of the words in the list stands directly behind '{word}'?",
        "What is the next word in the list after '{word}'?",
    )
    while True:
        words = draw.sample(_words(), 7)
        absent, words = words[-1], words[:-1]
        at = draw.below(len(words) - 1)
        wording, listed = draw.pick(wordings), "List: " + ", ".join(words)
        yield Pair(
            question=wording.format(word=words[at]),
            twin_question=wording.format(word=absent),
            targets=(words[at + 1],),
            distractors=tuple(word for word in words if word not in words[at : at + 2]),
            match="text",
            context=listed,
            twin_context=listed,
            reason="false_premise",
            why=f"The list does not hold '{absent}'.",
            source=SOURCE,
        )


def _words() -> list[str]:
    words: list[str] = table("words")["words"].split()
    return words


def _word_with_letter(draw: Draw) -> tuple[str, str]:
    while True:
        word = draw.pick(_words())
        letter = draw.pick(word[:-1])
        if word.count(letter) == 1:
            return word, letter


FAMILY = PairFamily(
    name="letters",
    version="1",
    topic="language",
    summary="Positions of letters and words, also of ones that are not there; counted.",
    kinds=(letters_after, next_in_list, letters_between),
)
