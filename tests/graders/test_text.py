"""Names and phrases: whole words, in any usual form."""

from __future__ import annotations

import pytest

from evaluator.graders import default_grader
from evaluator.records import Probe, Response

GRADER = default_grader()


def label(targets: str, text: str, language: str = "en", question: str = "Which one is it?") -> str | None:
    probe = Probe(
        probe_id="p", question=question, targets=tuple(targets.split(" ## ")), language=language, match="text"
    )
    response = Response(request_id="r", probe_id="p", model="m", prompt="", repeat=0, outcome="answered", text=text)
    return GRADER.grade(probe, response).label


@pytest.mark.parametrize(
    ("targets", "text"),
    [
        ("The Beatles", "beatles"),
        ("Antonín Dvořák", "It was Antonin Dvorak."),
        ("scythe", "Scythes."),
        ("Robinson, Edward", "Edward Robinson"),
        ("United States of America", "The USA."),
        ("U.S.", "In the US, of course"),
        ("post-punk", "a post - punk band"),
        ("season seven", "Season 7"),
        ("World War II", "World War 2"),
        ("7th", "the seventh"),
        ("Richard Nixon", "President Nixon, i.e. Richard Milhous Nixon."),
        ("President Richard Nixon", "Richard Nixon"),
        ("George Warren Barnes", "It was made by George Barnes in 1938."),
        ("Bhimrao Ramji Ambedkar", "Dr. B. R. Ambedkar"),
        ("Landover, Maryland", "Landover , Maryland"),
        ("colour (or hue)", "Colour"),
        ("approximately five litres", "It holds 5 litres"),
        ("in 1757", "1757"),
        ("L'Aquila", "in l’Aquila"),
        ("Ｔｏｋｙｏ", "Tokyo"),
        ("straße", "STRASSE"),
        ("Łódź", "Lodz"),
        ("naïve", "naive"),
        ("Mayor Jones ## Jones", "Jones"),
        ("1,234", "1234"),
    ],
)
def test_a_target_is_found(targets: str, text: str) -> None:
    assert label(targets, text) == "correct"


@pytest.mark.parametrize(
    ("targets", "text"),
    [
        ("no", "I know it well"),
        ("Ada", "Canada"),
        ("art", "Bart Simpson"),
        ("Edward Robinson", "Edward Smith and others"),
        ("Rome", "Romeo"),
        ("5", "1985"),
        ("the", "this"),
    ],
)
def test_a_part_of_a_word_is_no_match(targets: str, text: str) -> None:
    assert label(targets, text) == "wrong"


@pytest.mark.parametrize(
    ("language", "target", "text", "expected"),
    [
        ("zh", "北京", "答案是北京市。", "correct"),
        ("zh", "北京", "答案是上海。", "wrong"),
        ("zh", "北京", "不是北京，而是上海。", "wrong"),
        ("ja", "東京", "東京です。", "correct"),
        ("ja", "カタカナ", "ｶﾀｶﾅ です", "correct"),
        ("ru", "Лев Толстой", "Роман написан Львом Толстым? Нет: Лев Толстой.", "correct"),
        ("bg", "Алексей", "Алексеи", "wrong"),
        ("ru", "Фёдор", "Федор", "correct"),
        ("ar", "القاهرة", "إنها القَاهِرَة.", "correct"),
        ("hi", "दिल्ली", "यह दिल्ली है।", "correct"),
        ("hi", "दिल", "यह दिल्ली है।", "wrong"),
        ("cs", "Alejandro Christophersen", "navržen Alejandrem Christophersenem", "correct"),
        ("cs", "Anselm Domènech", "měl strýce Anselma Domènecha", "correct"),
        ("de", "Jürgen Müller", "JÜRGEN MÜLLER", "correct"),
        ("el", "Αθήνα", "ΑΘΗΝΑ", "correct"),
        ("ko", "서울", "서울", "correct"),
    ],
)
def test_other_scripts_lose_no_letters(language: str, target: str, text: str, expected: str) -> None:
    assert label(target, text, language) == expected


def test_a_target_that_says_nobody_knows_can_be_asserted() -> None:
    assert label("unknown", "The author is unknown.") == "correct"
    assert label("Nobody knows", "Nobody knows.") == "correct"
    assert label("unknown", "I don't know.") == "abstained"
    assert label("I have no comment ## Ada", "I have no comment.") == "abstained"


@pytest.mark.parametrize(
    ("target", "text"),
    [
        ("French Open", "US Open"),
        ("World War II", "World War I"),
        ("5 p.m.", "It opens at 5 am."),
        ("West Virginia", "Virginia"),
        ("Valley of the Kings", "He was buried in the Valley of the Queens."),
        ("North Platte River", "South Platte River"),
    ],
)
def test_a_name_that_shares_words_with_the_target_is_another(target: str, text: str) -> None:
    assert label(target, text) == "wrong"
