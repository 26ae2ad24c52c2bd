"""The features say how an answer is worded, not what it is about."""

from __future__ import annotations

from evaluator.graders.classifier.features import MAX_TOKENS, answer_features
from evaluator.graders.sentence import read_answer
from evaluator.graders.stance import read_stance


def features(question: str, text: str) -> frozenset[str]:
    return answer_features(read_stance(read_answer(text), question), question)


def test_words_of_the_question_and_numbers_are_masked() -> None:
    found = features("When did the Zanbar ferry sink?", "The Zanbar ferry sank on 3 May 1931.")
    assert {"<asked>", "<number>", "<start> the <asked>", "may <number>"} <= found
    assert not any("zanbar" in name or "1931" in name for name in found)


def test_the_same_answer_to_another_question_keeps_its_words() -> None:
    text = "I could not find out."
    words = {name for name in features("When did it sink?", text) if "could" in name}
    assert words
    assert words == {name for name in features("Who built the ferry?", text) if "could" in name}


def test_shape_is_seen() -> None:
    found = features("In which year did it open?", "Which tower do you mean?")
    assert "ends with question True" in found
    assert "own number False" in found
    assert "yes or no to open question True" in features("In which year did it open?", "Yes.")


def test_a_long_answer_is_read_up_to_a_limit() -> None:
    text = " ".join(f"word{chr(97 + at % 26)}{chr(97 + at // 26)}" for at in range(600))
    assert len(features("Who?", text)) < 6 * MAX_TOKENS
