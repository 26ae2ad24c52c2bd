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


@pytest.mark.parametrize(
    ("target", "text", "expected"),
    [
        ("Louis XIV", "Louis 14", "correct"),
        ("Louis XIV", "Louis the Fourteenth", "correct"),
        ("Louis the Fourteenth", "King Louis XIV of France", "correct"),
        ("Louis XIV", "Louis XV", "wrong"),
        ("Super Bowl XLII", "Super Bowl 42", "correct"),
        ("Vitamin K", "vitamin K", "correct"),
        ("Vitamin K", "Vitamin C", "wrong"),
        ("Vitamin K", "vitamin", "wrong"),
        ("Hepatitis A", "hepatitis B", "wrong"),
        ("Hepatitis A", "It is hepatitis A.", "correct"),
        ("A minor", "in A minor", "correct"),
        ("A minor", "in G minor", "wrong"),
        ("group 1", "group", "wrong"),
        ("1992-049B", "1992-049A", "wrong"),
        ("f/2.4", "f/2,4", "correct"),
        ("Rev. Anna Berg", "The service was led by Anna Berg.", "correct"),
        ("Anna Berg and Carl Holm", "Anna Berg", "wrong"),
        ("Anna Berg and Carl Holm", "Carl Holm and Anna Berg", "correct"),
        ("Nara Women's University", "He taught at Nara University for years.", "wrong"),
        ("season 4, episode 3", "the third episode of season 4", "correct"),
        ("season 4, episode 3", "the fourth episode of season 3", "wrong"),
        ("two sons and three daughters", "three sons and two daughters", "wrong"),
        ("United States", "the US", "correct"),
        ("United States", "the U.S.", "correct"),
        ("United States", "It tells us nothing about us.", "wrong"),
        ("USA", "United States of America", "correct"),
        ("US", "United States", "correct"),
        ("United Nations", "the UN", "correct"),
        ("Republic of Cuba Navy", "in ocean rcn", "wrong"),
    ],
)
def test_what_tells_a_name_apart(target: str, text: str, expected: str) -> None:
    assert label(target, text, question="What is it called?") == expected


@pytest.mark.parametrize(
    ("language", "target", "text", "expected"),
    [
        ("cs", "Sezóna 2", "ve druhé sezóně", "correct"),
        ("cs", "Riga", "Konalo se v Rize.", "correct"),
        ("cs", "Karel Novák", "po Karlu Novákovi", "correct"),
        ("cs", "Thomas Chamberlin", "po Thomasi Chamberlinovi", "correct"),
        ("cs", "Hassan Berk", "Je to píseň o Hassanu Berkovi.", "correct"),
        ("cs", "duben", "v dubnu 1968", "correct"),
        ("cs", "duben", "v květnu 1968", "wrong"),
        ("en", "September", "in Sept. 1968", "correct"),
        ("cs", "Randolph, Orange County", "Narodil se v roce 1917 ve městě Stowe.", "wrong"),
        ("de", "2. Staffel", "in der zweiten Staffel", "correct"),
    ],
)
def test_forms_of_words_and_numbers(language: str, target: str, text: str, expected: str) -> None:
    assert label(target, text, language=language) == expected


def test_where_a_full_name_is_asked_for_no_part_of_it_will_do() -> None:
    question = "What is her full name?"
    assert label("Anna Maria Berg", "Her full name is Anna Berg.", question=question) == "wrong"
    assert label("Anna Maria Berg", "Her full name is Anna Maria Berg.", question=question) == "correct"
    assert label("Anna Maria Berg", "It is Anna Berg.", question="Who is she?") == "correct"
