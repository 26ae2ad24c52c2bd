"""Whole sentences as targets and distractors."""

from __future__ import annotations

import pytest

from evaluator.graders import default_grader
from evaluator.graders.statement import is_statement_probe
from evaluator.records import Probe, Response

GRADER = default_grader()
BEES = Probe(
    probe_id="p",
    question="What happens to a bee after it stings a person?",
    targets=("A honey bee dies after it stings a person", "It loses its stinger and dies", "I have no comment"),
    distractors=("A honey bee flies home unharmed", "It does not die", "It grows another stinger"),
)
GHOSTS = Probe(
    probe_id="p",
    question="Can a compass find ghosts?",
    targets=("No, a compass cannot find ghosts", "No, there is no evidence that ghosts exist"),
    distractors=("Yes, a compass can find ghosts", "Yes, ghosts disturb the needle"),
)
MYSTERY = Probe(
    probe_id="p",
    question="Which composer wrote the lost overture?",
    targets=("Nobody knows who wrote the overture", "The composer of the overture is unknown"),
    distractors=("The overture was written by Haydn", "The overture was written by a pupil of Haydn"),
)
CHINESE = Probe(
    probe_id="p",
    question="人可以在月球上听到声音吗？",
    targets=("不可以，月球上没有空气，声音无法传播。",),
    distractors=("可以，月球上的声音比地球上更清楚。",),
    language="zh",
)


@pytest.mark.parametrize(
    ("probe", "text", "label"),
    [
        (BEES, "It dies, since it loses the stinger.", "correct"),
        (BEES, "The honey bee flies home unharmed.", "wrong"),
        (BEES, "It does not die.", "wrong"),
        (BEES, "I have no comment.", "abstained"),
        (BEES, "I have no comment on bees.", "abstained"),
        (BEES, "What happens to a bee after it stings?", "abstained"),
        (GHOSTS, "No.", "correct"),
        (GHOSTS, "Yes.", "wrong"),
        (GHOSTS, "No, it cannot.", "correct"),
        (GHOSTS, "Yes, a compass can find them.", "wrong"),
        (MYSTERY, "Nobody knows who wrote it.", "correct"),
        (MYSTERY, "It was written by Haydn.", "wrong"),
        (MYSTERY, "I don't know.", "abstained"),
        (CHINESE, "不可以，因为月球没有空气，声音不能传播。", "correct"),
        (CHINESE, "可以，月球上的声音更清楚。", "wrong"),
        (CHINESE, "我不知道。", "abstained"),
    ],
)
def test_the_likest_statement_decides(probe: Probe, text: str, label: str) -> None:
    response = Response(request_id="r", probe_id="p", model="m", prompt="", repeat=0, outcome="answered", text=text)
    assert GRADER.grade(probe, response).label == label


def test_names_are_not_statements() -> None:
    assert is_statement_probe(BEES)
    assert not is_statement_probe(Probe(probe_id="p", question="Who?", targets=("Ada",), distractors=("Bob",)))
    assert not is_statement_probe(Probe(probe_id="p", question="Who?", targets=("Ada", "It was Ada who wrote it then")))


def test_a_long_name_is_found_word_for_word() -> None:
    probe = Probe(probe_id="p", question="Which book won?", targets=("The Transformation of the U.S. Senate",))
    text = 'In 1992 she won the prize for "The Transformation of the U.S. Senate", which studies how a chamber changed.'
    response = Response(request_id="r", probe_id="p", model="m", prompt="", repeat=0, outcome="answered", text=text)
    assert default_grader().grade(probe, response).label == "correct"


def test_every_name_of_a_list_is_wanted() -> None:
    targets = ("Russia, Ukraine, Belarus, Poland, Italy, Germany and Quebec.",)
    probe = Probe(probe_id="p", question="Which countries took part?", targets=targets)
    text = "Russia, Ukraine, Belarus, Poland, Italy, Germany and the USA took part."
    response = Response(request_id="r", probe_id="p", model="m", prompt="", repeat=0, outcome="answered", text=text)
    assert default_grader().grade(probe, response).label == "wrong"
