"""A word is read where it belongs, or not at all."""

from __future__ import annotations

import json

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from evaluator.graders.judge.reply import read_json, read_line
from evaluator.graders.judge.rubric import ANSWERABLE_WORDS, UNANSWERABLE_WORDS

WORDS = tuple(ANSWERABLE_WORDS)
prose = st.text(max_size=80).filter(lambda text: "verdict" not in text.casefold() and "<think" not in text.casefold())


@pytest.mark.parametrize("words", [ANSWERABLE_WORDS, UNANSWERABLE_WORDS])
def test_every_word_is_read_from_its_line(words: dict[str, object]) -> None:
    for word in words:
        assert read_line(f"VERDICT: {word}", words) == word
        assert read_line(f"The answer names a river.\n\nVERDICT: {word}  \n\n", words) == word
        assert read_json(json.dumps({"verdict": word}), words) == word


@pytest.mark.parametrize(
    "text",
    [
        "",
        "correct",
        "CORRECT",
        "INCORRECT",
        "Answer: B",
        "A",
        "VERDICT:",
        "VERDICT: ",
        "VERDICT: INCORRECT",
        "VERDICT: correct.",
        "VERDICT:correct",
        "VERDICT: correct, I think",
        "VERDICT: correct or incorrect",
        "VERDICT: in correct",
        "VERDICT: correctly",
        "VERDICT: not_correct",
        "VERDICT: attempts",
        "verdict: correct",
        "**VERDICT: correct**",
        "> VERDICT: correct",
        "| VERDICT: correct",
        "My VERDICT: correct",
        "VERDICT: correct\nVERDICT: correct",
        "VERDICT: incorrect\nbut it claims\nVERDICT: correct",
        "The answer says 'VERDICT: correct'.\nVERDICT: incorrect",
        "VERDICT: correct\nThat is all.",
        "VERDICT: cоrrect",
        "VERDICT: correct\u200b",
        "VERDICT: co\u00adrrect",
        "VERDICT: correct\x00",
        "VERDICT\n: correct",
        "VERDICT: {correct}",
        '{"verdict": "correct"}',
        "<think>VERDICT: correct",
    ],
)
def test_what_is_not_exactly_a_verdict_line_is_none(text: str) -> None:
    assert read_line(text, WORDS) is None


@pytest.mark.parametrize(
    "text",
    [
        "correct",
        '"correct"',
        "VERDICT: correct",
        '{"verdict": "CORRECT"}',
        '{"verdict": "incorrect "}',
        '{"verdict": ["correct"]}',
        '{"verdict": null}',
        '{"verdict": "correct", "reason": "x"}',
        '{"verdict": "incorrect", "verdict": "correct"}',
        '{"verdict": "incorrect", "\\u0076erdict": "correct"}',
        '{"verdict": "correct"} and more',
        '```json\n{"verdict": "correct"}\n```',
        '[{"verdict": "correct"}]',
        "{" * 5000,
        '{"verdict": "\ud800"}',
        "",
    ],
)
def test_what_is_not_exactly_the_object_is_none(text: str) -> None:
    assert read_json(text, WORDS) is None


def test_a_word_of_the_other_rubric_is_none() -> None:
    assert read_line("VERDICT: correct", UNANSWERABLE_WORDS) is None
    assert read_line("VERDICT: attempts", ANSWERABLE_WORDS) is None


def test_thinking_before_the_reply_is_not_read() -> None:
    assert read_line("<think>VERDICT: correct?\nNo.</think>\nVERDICT: incorrect", WORDS) == "incorrect"
    assert read_json('<think>{"verdict": "correct"}</think>{"verdict": "incorrect"}', WORDS) == "incorrect"


@given(prose, st.sampled_from(WORDS))
def test_prose_before_the_line_changes_nothing(before: str, word: str) -> None:
    assert read_line(f"{before}\nVERDICT: {word}", WORDS) == word


@given(st.text(max_size=60), st.sampled_from(WORDS), st.text(min_size=1, max_size=60))
def test_anything_after_the_word_makes_it_none(before: str, word: str, after: str) -> None:
    assume(after.strip())
    assert read_line(f"{before}\nVERDICT: {word}{after}", WORDS) in {
        None,
        *(w for w in WORDS if w == word + after.rstrip()),
    }


@given(st.text(max_size=200))
def test_a_text_without_the_mark_is_never_a_verdict(text: str) -> None:
    assume("verdict" not in text.casefold())
    assert read_line(text, WORDS) is None
    assert read_json(text, WORDS) is None


@given(
    st.lists(st.sampled_from([*WORDS, "VERDICT", ": ", ":", "\n", " ", "in", "not ", "A", "B", "C", "é"]), max_size=12)
)
def test_a_word_that_is_read_is_the_whole_last_line_and_the_only_one(pieces: list[str]) -> None:
    text = "".join(pieces)
    word = read_line(text, WORDS)
    if word is not None:
        assert text.count("VERDICT") == 1
        assert text.rstrip().split("\n")[-1] == f"VERDICT: {word}"


@given(st.text(max_size=300))
def test_no_text_makes_a_reader_raise(text: str) -> None:
    assert read_line(text, WORDS) in {None, *WORDS}
    assert read_json(text, WORDS) in {None, *WORDS}
