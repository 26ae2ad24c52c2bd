"""Numbers: scales, units, styles of writing, ranges, rounding, echoes."""

from __future__ import annotations

import pytest

from evaluator.graders import default_grader
from evaluator.graders.number import is_number
from evaluator.graders.quantity import find_quantities
from evaluator.records import Probe, Response

GRADER = default_grader()


def label(
    target: str, text: str, *, question: str = "How many are there?", tolerance: float = 0.0, language: str = "en"
) -> str | None:
    probe = Probe(probe_id="p", question=question, targets=(target,), tolerance=tolerance, language=language)
    response = Response(request_id="r", probe_id="p", model="m", prompt="", repeat=0, outcome="answered", text=text)
    return GRADER.grade(probe, response).label


@pytest.mark.parametrize(
    ("target", "text"),
    [
        ("1234", "1,234"),
        ("1234", "1.234"),
        ("1234", "1 234 people"),
        ("1234.5", "1.234,5"),
        ("1234567", "1,234,567"),
        ("1.2 million", "1,200,000"),
        ("1.2 million", "about 1,234,567 people"),
        ("3 bn", "3 billion dollars"),
        ("3 billion", "$3bn"),
        ("120000", "12万"),
        ("120000", "十二万"),
        ("240", "答案是240。"),
        ("240", "答えは240キロです。"),
        ("5.67", "5.6712"),
        ("25%", "25 percent"),
        ("12", "twelve"),
        ("21", "twenty-one"),
        ("305", "three hundred and five"),
        ("3", "the third"),
        ("80 years", "He was 80."),
        ("1500 m", "1.5 km"),
        ("-1234", "(1,234)"),
        ("-5", "−5 °C"),
        ("10-12", "11"),
        ("10-12", "between 10 and 12"),
        ("69.7 (acceptable range: anything between 69 and 70)", "69.2"),
        ("1500", "1.5e3"),
        ("1000000", "10^6"),
        ("1000000", "10⁶"),
        ("١٢", "12"),
        ("100 °C", "100 degrees Celsius"),
        ("42", "I don't know exactly, but I think 42."),
        (".500", "0.500"),
        ("0.5", "an average of .5"),
        ("74 500 km2", "about 74,500 square kilometres"),
        ("74 500 km2", "74 500 km²"),
        ("74 500 km2", "28,764.6 sq miles"),
        ("12 m3", "12 cubic metres"),
        ("12 m3", "12,000 litres"),
    ],
)
def test_an_accepted_number(target: str, text: str) -> None:
    assert label(target, text) == "correct"


@pytest.mark.parametrize(
    ("target", "text"),
    [
        ("5", "15"),
        ("5", "5.7"),
        ("5", "It is 5 or 6"),
        ("5", "not 5 but 6"),
        ("5", "between 5 and 6"),
        ("5.67", "5.7"),
        ("1234", "12345"),
        ("1,234", "approximately 1,200"),
        ("74 500 km2", "74 500 km"),
        ("10-12", "9"),
        ("10-12", "between 8 and 12"),
        ("5 km", "5 miles"),
        ("5 kg", "5 hours"),
        ("5", "On 5 May 1990 there were 7."),
        ("5", "F-5"),
        ("1.2 million", "1.2"),
    ],
)
def test_another_number(target: str, text: str) -> None:
    assert label(target, text) == "wrong"


def test_the_year_of_the_question_is_no_answer() -> None:
    question = "How many goals were scored in 1990?"
    assert label("1990", "In 1990 there were 12.", question=question) == "wrong"
    assert label("115", "In 1990 there were 115 goals.", question=question) == "correct"


TANK = "How many litres fill a tank 2 m long, 1 m wide and 0.5 m deep?"
DRIVE = "How many minutes does a 40 km drive take at 80 km/h?"
SUM = "What is 0 plus one?"


@pytest.mark.parametrize(
    ("question", "target", "text", "expected"),
    [
        (TANK, "1000", "1,000 litres", "correct"),
        (TANK, "1000", "1.000", "correct"),
        (TANK, "1000", "2 × 1 × 0.5 = 1 m³, which is 1,000 litres.", "correct"),
        (TANK, "1000", "1 m³", "correct"),
        (TANK, "1000", "2 m", "wrong"),
        (DRIVE, "30", "40/80 = 0.5 h = 30 min", "correct"),
        (DRIVE, "30", "It takes 0.5 hours.", "correct"),
        (DRIVE, "30", "30 hours", "wrong"),
        (DRIVE, "40", "For 40 km it takes 30.", "wrong"),
        (SUM, "1", "It is 1.", "correct"),
        (SUM, "1", "0 plus one is 1.", "correct"),
        (SUM, "1", "0 plus one is 2.", "wrong"),
        (SUM, "1", "0 plus one", "abstained"),
        ("How many goals in 1990?", "1990", "In 1990.", "wrong"),
    ],
)
def test_numbers_of_the_question(question: str, target: str, text: str, expected: str) -> None:
    assert label(target, text, question=question) == expected


@pytest.mark.parametrize(
    ("target", "text", "expected"),
    [
        ("-89.2", "minus 89.2 degrees Celsius", "correct"),
        ("-5", "It was minus five degrees.", "correct"),
        ("89.2", "minus 89.2", "wrong"),
        ("5", "10 minus 5 = 5", "correct"),
        ("9.5", "M9.5", "correct"),
        ("9.5", "an Mw9.5 earthquake", "correct"),
        ("5", "F5", "wrong"),
        ("0.2 A", "200 mA", "correct"),
        ("0.2 A", "200 MA", "wrong"),
        ("0.2 A", "200 A", "wrong"),
        ("5 MW", "5,000 kW", "correct"),
        ("5 MW", "5 mW", "wrong"),
        ("5 MW", "5 megawatts", "correct"),
        ("5 µA", "5 microamperes", "correct"),
        ("250 ml", "0.25 l", "correct"),
        ("101.3 kPa", "1013 hPa", "correct"),
        ("2 µm", "2000 nm", "correct"),
        ("3 km", "3 km²", "wrong"),
        ("5 V", "5 W", "wrong"),
    ],
)
def test_signs_and_prefixed_units(target: str, text: str, expected: str) -> None:
    assert label(target, text) == expected


def test_a_unit_asked_for_is_the_unit_of_the_target() -> None:
    question = "How many amperes does it draw?"
    assert label("0.2", "200 mA", question=question) == "correct"
    assert label("0.2", "0.2 volts", question=question) == "wrong"


@pytest.mark.parametrize(
    ("text", "tolerance", "expected"),
    [
        ("0.201", 0.01, "correct"),
        ("0.203", 0.01, "wrong"),
        ("0.15", 0.01, "wrong"),
        ("0.203", 0.0, "correct"),
        ("0.206", 0.0, "wrong"),
    ],
)
def test_rounding_adds_nothing_to_a_tolerance(text: str, tolerance: float, expected: str) -> None:
    assert label("0.20", text, tolerance=tolerance) == expected


def test_tolerance_is_relative() -> None:
    assert label("100", "104", tolerance=0.05) == "correct"
    assert label("100", "106", tolerance=0.05) == "wrong"


@pytest.mark.parametrize(
    ("language", "target", "text"),
    [
        ("cs", "2", "měli dva syny"),
        ("cs", "3 342,49", "3342,49 km²"),
        ("de", "7", "sieben"),
        ("fr", "20", "vingt"),
        ("zh", "3", "三个"),
        ("ru", "5", "пять"),
    ],
)
def test_numbers_in_other_languages(language: str, target: str, text: str) -> None:
    assert label(target, text, language=language) == "correct"


@pytest.mark.parametrize("target", ["5", "5 km", "$3.2 million", "about 70", "10-12", "twelve", "25 %"])
def test_targets_that_are_numbers(target: str) -> None:
    assert is_number(target)


@pytest.mark.parametrize("target", ["Paris", "Apollo 11", "5 May 1990", "Route 66 and 67", ""])
def test_targets_that_are_not_numbers(target: str) -> None:
    assert not is_number(target)


def test_long_numerals_do_not_fail() -> None:
    assert find_quantities("9" * 400) is not None
    assert find_quantities("九" * 5000 + "十") is not None


@pytest.mark.parametrize(
    ("target", "text", "expected"),
    [
        ("0.5", "1/2", "correct"),
        ("0.5", "a half", "correct"),
        ("0.5", "½", "correct"),
        ("0.5", "one half of it", "correct"),
        ("50%", "half of them", "correct"),
        ("50%", "1/2", "correct"),
        ("25%", "a quarter of all", "correct"),
        ("1/3", "0.333", "correct"),
        ("1/3", "one third", "correct"),
        ("1/3", "33%", "correct"),
        ("2/3", "66.7%", "correct"),
        ("2/3", "one third", "wrong"),
        ("1", "1/2", "wrong"),
        ("2.5", "two and a half", "correct"),
        ("2.5", "2½ cups", "correct"),
        ("2 1/2", "2.5", "correct"),
        ("2.5 million", "two and a half million", "correct"),
        ("500000", "half a million", "correct"),
        ("0.5 miles", "half a mile", "correct"),
        ("0.5", "in the first half", "wrong"),
        ("3", "a third", "correct"),
        ("30", "40/80 of an hour is 30 minutes", "correct"),
    ],
)
def test_fractions(target: str, text: str, expected: str) -> None:
    assert label(target, text) == expected


@pytest.mark.parametrize(
    ("language", "target", "text"),
    [
        ("cs", "0,5", "přesně polovina"),
        ("cs", "2,5", "dva a půl"),
        ("de", "0,75", "drei viertel"),
        ("fr", "2/3", "deux tiers"),
        ("es", "0,5", "la mitad"),
        ("ru", "0,5", "половина"),
        ("zh", "1/3", "三分之一"),
    ],
)
def test_fractions_in_other_languages(language: str, target: str, text: str) -> None:
    assert label(target, text, language=language) == "correct"


@pytest.mark.parametrize(
    ("target", "text", "expected"),
    [
        ("6 ft 4 in", "6'4\"", "correct"),
        ("6 ft 4 in", "1.93 m", "correct"),
        ("6 feet", "6 feet and 4 inches", "wrong"),
        ("2.5 hours", "2 hours and 30 minutes", "correct"),
        ("2 hours", "2 hours, 30 minutes", "wrong"),
        ("12 ft", "12 ft and 15 ft", "correct"),
        ("10 m/s", "36 km/h", "correct"),
        ("10 m/s", "10 metres per second", "correct"),
        ("10 m/s", "10 km/h", "wrong"),
        ("60 mph", "96.56 km/h", "correct"),
        ("60 mph", "60 miles an hour", "correct"),
        ("100 °C", "373.15 K", "correct"),
        ("100 °C", "212 degrees Fahrenheit", "correct"),
        ("100 °C", "100 degrees", "correct"),
        ("100 °C", "100 °F", "wrong"),
        ("5000", "$5K", "correct"),
    ],
)
def test_measures_in_two_units_rates_and_temperatures(target: str, text: str, expected: str) -> None:
    assert label(target, text) == expected


@pytest.mark.parametrize(
    ("target", "text", "expected"),
    [
        ("85.31", "85.3", "correct"),
        ("24303.04", "about 24,303", "correct"),
        ("952.63", "952", "correct"),
        ("952.63", "953", "correct"),
        ("952.63", "950", "wrong"),
        ("719,480 square feet", "66,842 m²", "correct"),
        ("5.67", "5.7", "wrong"),
        ("1,234", "1235", "wrong"),
        ("1", "1.4", "wrong"),
        ("1", "0.5", "wrong"),
        ("5", "5.2", "correct"),
    ],
)
def test_a_number_given_less_exactly(target: str, text: str, expected: str) -> None:
    assert label(target, text) == expected


@pytest.mark.parametrize(
    ("target", "text", "expected"),
    [
        ("1953-1955", "from 1953 until 1955", "correct"),
        ("1953-1955", "1953–55", "correct"),
        ("1953-55", "1953 to 1955", "correct"),
        ("1953-1955", "1954", "wrong"),
        ("1953-1955", "from 1953 to 1954", "wrong"),
        ("10-12", "11", "correct"),
        ("1990", "1990", "correct"),
    ],
)
def test_a_period_has_two_ends(target: str, text: str, expected: str) -> None:
    assert label(target, text, question="From when to when did it last?") == expected


def test_what_numbers_the_items_of_a_list_is_no_number() -> None:
    answer = "There were four kings:\n1. Anna was first.\n2. Bert.\n3. Carl.\n4. Dora."
    assert label("2", answer) == "wrong"
    assert label("4", answer) == "correct"
    assert label("2", "2. ") == "correct"


@pytest.mark.parametrize(
    ("question", "text", "expected"),
    [
        ("V jakém kole prohrál?", "Prohrál ve druhém kole.", "correct"),
        ("V jakém kole prohrál?", "Prohrál ve třetím kole.", "wrong"),
        ("Kolik kol vyhrál?", "Ve druhém roce vyhrál.", "wrong"),
    ],
)
def test_ordinals_in_other_languages(question: str, text: str, expected: str) -> None:
    assert label("2", text, question=question, language="cs") == expected
