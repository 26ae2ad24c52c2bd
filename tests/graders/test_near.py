"""A target that an answer gives in a shape of its own."""

from __future__ import annotations

import pytest

from evaluator.graders import default_grader
from evaluator.records import Probe, Response

GRADER = default_grader()


def label(target: str, text: str, question: str = "Which one is it?", language: str = "en") -> str | None:
    probe = Probe(probe_id="p", question=question, targets=(target,), language=language)
    response = Response(request_id="r", probe_id="p", model="m", prompt="", repeat=0, outcome="answered", text=text)
    return GRADER.grade(probe, response).label


@pytest.mark.parametrize(
    ("target", "text", "question"),
    [
        ("River Danube", "It is the long and lazy Danube, of course.", "Which river flows through Vienna?"),
        ("Gospel of Luke", "One finds it in Luke 11.", "In which gospel does it stand?"),
        ("Princeton University", "He studied at Princeton.", "Where did he study?"),
        ("sharecropping", "They were called sharecroppers.", "What was their work called?"),
        ("Welsh", "It comes from Wales.", "Where does the name come from?"),
        ("the late 6th century BCE", "In the 6th century BC.", "In which century?"),
        ("a virtual reality simulator", "It is a virtual reality world.", "What is the Oasis?"),
        ("Abid Ali Neemuchwala", "Abidali Neemuchwala took over in 2016.", "Who took over?"),
        ("Typically, no", "No, but bring a document.", "Do you need a permit?"),
        ("NASA", "The National Aeronautics and Space Administration runs it.", "Who runs it?"),
        ("United States of America", "In the United States.", "In which country?"),
        ("United Kingdom", "That was Great Britain.", "In which country?"),
        ("Bill Clinton", "It was William Clinton.", "Who was it?"),
        ("Kyiv", "Kiev", "Which capital?"),
        ("mice", "A mouse.", "Which animal?"),
        ("July 2012", "in 2012", "When did she join?"),
    ],
)
def test_other_words_for_the_same(target: str, text: str, question: str) -> None:
    assert label(target, text, question) == "correct"


@pytest.mark.parametrize(
    ("target", "text", "language"),
    [
        ("Amr Mousa", "Amr Moussa did.", "en"),
        ("Muammar Gaddafi", "It was Moammar Qadhafi.", "en"),
        ("Muhammad", "Mohammed", "en"),
        ("Pyotr Ilyich Tchaikovsky", "Chaikovsky", "en"),
        ("Pyotr Tchaikovsky", "Пётр Чайковский", "ru"),
        ("Лев Толстой", "Lev Tolstoy", "ru"),
        ("Σωκράτης", "Sokratis", "el"),
        ("Gödel", "Goedel", "de"),
        ("Mueller", "Müller", "de"),
        ("Girwani Rana", "Girvani Rana se jmenuje dcera.", "cs"),
    ],
)
def test_other_spellings_of_a_name(target: str, text: str, language: str) -> None:
    assert label(target, text, "Who was it?", language) == "correct"


@pytest.mark.parametrize(
    ("target", "text", "question"),
    [
        ("River Danube", "It is not the Danube but the Rhine.", "Which river flows through Vienna?"),
        ("Island Records", "Asylum Records", "Which label was it?"),
        ("Princeton University", "Stanford University", "Where did he study?"),
        ("Emory & Henry College", "Emory and Henry College played Virginia Tech, who won.",
         "Who won, Emory and Henry College or Virginia Tech?"),
        ("Austria", "Australia", "Which country?"),
        ("Iran", "Iraq", "Which country?"),
        ("Charles II", "Charles III", "Which king?"),
        ("John Smith", "John Jones", "Who was it?"),
        ("two sons and three daughters", "They had no children.", "How many children were there?"),
        ("NASA", "no answer suits all", "Who runs it?"),
        ("a virtual reality simulator", "It is a simulator.", "What is the Oasis?"),
        ("Typically, no", "Yes, you do.", "Do you need a permit?"),
    ],
)  # fmt: skip
def test_what_is_only_like_a_target_is_wrong(target: str, text: str, question: str) -> None:
    assert label(target, text, question) == "wrong"


def test_a_question_that_the_answer_itself_denies_asserts_nothing() -> None:
    assert label("Jane Austen", "Is it Jane Austen? No, it is Emily Brontë.", "Who wrote it?") == "wrong"


@pytest.mark.parametrize("text", ["x" * 1_000_000, "ab " * 333_000, "Danube" * 160_000, "é" * 1_000_000])
def test_long_texts_take_no_longer_than_others(text: str) -> None:
    import time

    started = time.process_time()
    assert label("River Danube Delta Lake", text) is not None
    assert time.process_time() - started < 2
