from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluator.probeset.wording import contains, edit_similarity, normalised, tokens_of


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Who wrote “Hamlet”?", "who wrote 'hamlet'"),
        ("Ｗｈｏ is it？", "Who is it?"),
        ("a well-known man", "a well known man"),
        ("谁写了《红楼梦》？", "谁写了红楼梦"),
        ("soft\u00adhyphen", "softhyphen"),
    ],
)
def test_typography_does_not_change_a_question(one: str, other: str) -> None:
    assert normalised(one) == normalised(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("What is 3+2?", "What is 3-2?"),
        ("What is C?", "What is C#?"),
        ("3.5", "35"),
        ("कि", "की"),
        ("résumé", "resume"),
    ],
)
def test_what_changes_the_question_is_kept(one: str, other: str) -> None:
    assert normalised(one) != normalised(other)


def test_devanagari_words_stay_whole_and_han_characters_are_single() -> None:
    assert tokens_of("भारत की राजधानी") == ["भारत", "की", "राजधानी"]
    assert tokens_of("北京Beijing") == ["北", "京", "beijing"]


def test_nothing_is_contained_in_the_way_of_words() -> None:
    assert not contains("any question", "?!")
    assert contains("北京在哪里", "北京")
    assert not contains("scatter", "cat")


@given(st.text(max_size=200))
def test_normalising_twice_changes_nothing(text: str) -> None:
    assert normalised(normalised(text)) == normalised(text)


@given(st.text(max_size=60), st.text(max_size=60))
def test_similarity_is_a_share_and_one_for_the_same_text(one: str, other: str) -> None:
    assert 0 <= edit_similarity(one, other) <= 1
    assert edit_similarity(one, one) == 1


def test_similarity_of_huge_texts_stays_quick() -> None:
    assert edit_similarity("a b " * 200_000, "b a " * 200_000) > 0.9
