from __future__ import annotations

import pytest

from evaluator.graders.sentence import MAX_CHARS, make_sentence, read_answer, shorten


@pytest.mark.parametrize(
    ("text", "n_sentences"),
    [
        ("Dr. H. D. Gowda spoke. He left.", 2),
        ("Narodil se 21. dubna 1948. Zemřel později.", 2),
        ("Am 21. April 1948.", 1),
        ("It is 5.5 km long.", 1),
        ("是北京。不是上海。", 2),
        ("यह दिल्ली है। धन्यवाद।", 2),
        ("One\nTwo\n\nThree", 3),
        ("Really? Yes! No.", 3),
        ("Use `free`. It works.", 2),
        ("It is **Paris**. It is big.", 2),
        ("...", 0),
        ("Paris\nQ: What is next?\nA: Lyon", 1),
    ],
)
def test_sentences(text: str, n_sentences: int) -> None:
    assert len(read_answer(text).sentences) == n_sentences


def test_a_long_text_keeps_head_and_tail() -> None:
    text = "head " + "x" * 3 * MAX_CHARS + " tail"
    short = shorten(text)
    assert short.startswith("head ")
    assert short.endswith(" tail")
    assert len(short) <= MAX_CHARS + 1


def test_the_forms_of_a_sentence_stay_aligned() -> None:
    sentence = make_sentence("The seventh cats, in 1,234 boxes")
    assert len(sentence.tokens) == len(sentence.keys)
    assert sentence.keys[1] == "7"
