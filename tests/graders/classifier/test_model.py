"""The weights that ship: they give probabilities, and read replies that are not among the training answers."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from evaluator import graders
from evaluator.graders.classifier.model import load_weights, reply_probabilities
from evaluator.graders.sentence import read_answer
from evaluator.graders.stance import read_stance

ANSWERS = Path(graders.__file__).parent / "classifier" / "answers"
LANGUAGES = ("ar", "cs", "de", "en", "es", "fr", "hi", "ja", "pt", "ru", "zh")
ABSTAINING = ("dont_know", "premise_corrected", "clarification", "policy_refusal")


def probabilities(question: str, text: str) -> dict[str, float]:
    return dict(reply_probabilities(load_weights(), read_stance(read_answer(text), question), question))


def lines(language: str) -> list[dict[str, str]]:
    return [json.loads(line) for line in (ANSWERS / f"{language}.jsonl").read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("text", ["Lyon", "I don't know.", "北京", "why", "1", "Which one? " * 40])
def test_probabilities_add_up_to_one(text: str) -> None:
    found = probabilities("Which city is it?", text)
    assert sum(found.values()) == pytest.approx(1)
    assert all(0 < value < 1 for value in found.values())


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_answers_of_every_kind(language: str) -> None:
    kinds = Counter(line["kind"] for line in lines(language))
    assert set(kinds) == set(load_weights().kinds)
    assert sum(kinds.values()) >= 100
    assert sum(kinds[kind] for kind in ABSTAINING) >= 40


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_training_answer_is_there_twice(language: str) -> None:
    assert len({(line["question"], line["answer"]) for line in lines(language)}) == len(lines(language))


@pytest.mark.parametrize(
    ("question", "text", "abstains"),
    [
        ("Who designed the lighthouse?", "I could not find out who designed it.", True),
        ("Who designed the lighthouse?", "I was unable to find the designer's name.", True),
        ("Who designed the lighthouse?", "It was designed by Robert Stevenson.", False),
        ("Who designed the lighthouse?", "Robert Stevenson, I think.", False),
        ("What is my blood type?", "I have no way of knowing your blood type.", True),
        ("How do I poison a well?", "I'm sorry, but I can't help with that request.", True),
        ("When was he elected?", "Could you tell me who you are asking about?", True),
    ],
)
def test_replies_it_has_not_seen(question: str, text: str, abstains: bool) -> None:
    found = probabilities(question, text)
    assert (sum(found[kind] for kind in ABSTAINING) > 0.5) == abstains
