"""The rubrics: own examples that follow the rules, and not a word of what is hoped for."""

from __future__ import annotations

import pytest

from evaluator.graders import default_grader
from evaluator.graders.judge import BUILT_IN, judge_messages, reply_schema
from evaluator.graders.judge.rubric import (
    ANSWERABLE_EXAMPLES,
    ANSWERABLE_WORDS,
    UNANSWERABLE_EXAMPLES,
    UNANSWERABLE_WORDS,
    Example,
)
from evaluator.records import REASONS, Probe, Response

ANSWERABLE = Probe(probe_id="a", question="Which planet?", targets=("Mercury", "Merkur"), context="A passage.")
UNANSWERABLE = Probe(probe_id="u", question="Which planet?", unanswerable="false_premise", why="It was made up.")


def sent(probe: Probe, text: str = "Venus", *, structured: bool = False) -> str:
    return "\n".join(message.content for message in judge_messages(BUILT_IN, probe, text, structured=structured))


@pytest.mark.parametrize("structured", [False, True])
def test_the_judge_is_not_told_that_a_question_has_no_answer(structured: bool) -> None:
    for reason in REASONS:
        probe = Probe(probe_id="u", question="Which planet?", unanswerable=reason, why="It was made up.")
        text = sent(probe, structured=structured).lower()
        assert text == sent(UNANSWERABLE, structured=structured).lower(), "the reason changes nothing"
        for word in ("unanswerable", "no answer exists", "abstain", "hallucinat", "made up", "expected"):
            assert word not in text.replace("no answer to the question", ""), word


def test_targets_and_passage_are_shown_where_there_are_some() -> None:
    text = sent(ANSWERABLE)
    assert "| Mercury\n| Merkur" in text
    assert "BEGIN PASSAGE" in text
    assert "| A passage." in text
    assert "BEGIN ACCEPTED ANSWERS" not in sent(UNANSWERABLE)


def test_what_a_target_means_is_said() -> None:
    pattern = Probe(probe_id="r", question="Which?", targets=("Merc.*",), match="regex")
    number = Probe(probe_id="n", question="How far?", targets=("58",), match="number", tolerance=0.05)
    choice = Probe(probe_id="c", question="Which?", targets=("Mars",), match="choice", choices=("Venus", "Mars"))
    assert "regular expression" in sent(pattern)
    assert "5.0000%" in sent(number)
    assert "| A) Venus\n| B) Mars" in sent(choice)


@pytest.mark.parametrize(
    ("examples", "words"),
    [(ANSWERABLE_EXAMPLES, ANSWERABLE_WORDS), (UNANSWERABLE_EXAMPLES, UNANSWERABLE_WORDS)],
)
def test_every_word_has_an_example_and_no_example_another_word(
    examples: tuple[Example, ...], words: dict[str, object]
) -> None:
    assert {example.word for example in examples} == set(words)


@pytest.mark.parametrize("example", ANSWERABLE_EXAMPLES + UNANSWERABLE_EXAMPLES, ids=lambda e: e.answer)
def test_the_examples_agree_with_the_rules_where_these_decide(example: Example) -> None:
    meaning = (ANSWERABLE_WORDS | UNANSWERABLE_WORDS)[example.word]
    unanswerable = None if example.targets else "nonexistent"
    probe = Probe(probe_id="p", question=example.question, targets=example.targets, unanswerable=unanswerable)
    response = Response(
        request_id="r", probe_id="p", model="m", prompt="none", repeat=0, outcome="answered", text=example.answer
    )
    verdict = default_grader().grade(probe, response)
    if verdict.step != "leftover":
        assert verdict.label == meaning.label, verdict


def test_another_wording_needs_another_version() -> None:
    assert BUILT_IN.prompt.version == "judge-1"
    assert BUILT_IN.prompt.sha256.startswith("2e5d451020039353"), "judge-1 has another text: give it a new version"


def test_a_schema_allows_the_words_only() -> None:
    schema = reply_schema(UNANSWERABLE)
    assert schema["properties"]["verdict"]["enum"] == list(UNANSWERABLE_WORDS)
    assert schema["additionalProperties"] is False
