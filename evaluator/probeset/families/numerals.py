"""Numbers written another way, and writings that are no number."""

from __future__ import annotations

from collections.abc import Iterator

from evaluator.probeset.families.draw import Draw
from evaluator.probeset.families.pairs import Pair, PairFamily

SOURCE = "Computed: positional notation, and the rules of Roman numerals"
_ROMAN = (
    (1000, "M"), (900, "CM"), (500, "D"), (400, "CD"), (100, "C"), (90, "XC"),
    (50, "L"), (40, "XL"), (10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I"),
)  # fmt: skip
_DIGITS = "0123456789ABCDEF"
_BASES = {2: "binary", 5: "base-5", 8: "octal", 12: "base-12", 16: "hexadecimal"}


def roman(number: int) -> str:
    """Return a number from 1 to 3999 as a Roman numeral.

    >>> roman(1944), roman(49)
    ('MCMXLIV', 'XLIX')
    """
    text = ""
    for value, sign in _ROMAN:
        count, number = divmod(number, value)
        text += sign * count
    return text


def in_base(number: int, base: int) -> str:
    """Return a positive number in a base up to 16.

    >>> in_base(255, 16), in_base(10, 2)
    ('FF', '1010')
    """
    digits = ""
    while number:
        number, digit = divmod(number, base)
        digits = _DIGITS[digit] + digits
    return digits


def roman_to_number(draw: Draw) -> Iterator[Pair]:
    """Ask for the value of a Roman numeral, and of one with its signs in an impossible order."""
    wordings = (
        "Which number is written {} in standard Roman numerals?",
        "What is the value of the standard Roman numeral {}?",
        "Write the standard Roman numeral {} in decimal digits.",
        "In standard Roman numerals, which number does {} stand for?",
    )
    valid = {roman(number): number for number in range(1, 4000)}
    for numeral in draw.shuffled([text for text in valid if 4 <= len(text) <= 9]):
        broken = "".join(draw.shuffled(numeral))
        if broken in valid:
            continue
        wording = draw.pick(wordings)
        yield Pair(
            question=wording.format(numeral),
            twin_question=wording.format(broken),
            targets=(str(valid[numeral]),),
            match="number",
            reason="false_premise",
            why=f"{broken} breaks the order of signs, so it is no standard Roman numeral.",
            source=SOURCE,
        )


def from_base(draw: Draw) -> Iterator[Pair]:
    """Ask for the decimal value of a number, and of one with a digit that its base does not have."""
    wordings = (
        "What is the {} number {} in decimal?",
        "Which decimal number equals the {} number {}?",
        "Convert the {} number {} to decimal.",
    )
    while True:
        base = draw.pick(tuple(_BASES))
        digits = in_base(draw.between(base**3, base**5 + 300), base)
        at = draw.between(1, len(digits) - 1)
        foreign = "GHJKPRT"[draw.below(7)] if base == 16 else _DIGITS[draw.between(base, min(base + 4, 15))]
        wording = draw.pick(wordings)
        broken = digits[:at] + foreign + digits[at + 1 :]
        yield Pair(
            question=wording.format(_BASES[base], digits),
            twin_question=wording.format(_BASES[base], broken),
            targets=(str(int(digits, base)),),
            match="number",
            reason="false_premise",
            why=f"{foreign} is no digit of {_BASES[base]} numbers.",
            source=SOURCE,
        )


FAMILY = PairFamily(
    name="numerals",
    version="2",
    topic="mathematics",
    summary="Roman numerals and other bases, and writings that are no number; computed.",
    kinds=(roman_to_number, from_base),
)
