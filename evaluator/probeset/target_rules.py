"""Rules about targets, distractors and the match type of one probe."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from datetime import date

from evaluator.probeset.wording import contains, normalised
from evaluator.records import Probe

_NUMBER = re.compile(
    r"[+\-−]?[$€£¥]?(?:(?:[0-9]+|[0-9]{1,3}(?:[ ,_][0-9]{3})+)(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"
    r"\s?(?:[%$€£¥]|[^\W\d_]{1,24})?"
)
MEASURED_ALIKE = 0.03
"""Relative difference up to which two numbers count as one quantity, measured twice."""
_REMARK = re.compile(r"\([^()]*\)")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_YEAR = re.compile(r"[12][0-9]{3}")
_FIRST_NUMBER = re.compile(r"[+\-−]?[0-9](?:[0-9,_ ]*[0-9])?(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?(?:-[0-9]{2}-[0-9]{2})?")
_LIST = re.compile(r"[^;|]{2}\s?[;|]\s?[^;|]{2}|\w\s(?:or|/)\s\w")
_EMPTY = frozenset(
    ["yes", "no", "true", "false", "none", "both", "neither", "it", "the", "he", "she", "they", "this", "that"]
)
_DECLINING = frozenset({
    "i don t know", "don t know", "i do not know", "unknown", "i have no comment", "no comment", "no one knows",
    "nobody knows", "it is unknown", "it depends", "cannot be determined", "not enough information", "n / a",
    "unanswerable", "there is no answer", "it is not known",
})  # fmt: skip


def is_number(text: str) -> bool:
    """Whether `text` is one number in digits, perhaps with a unit of one word or a remark in brackets.

    A comma groups thousands; `1,5` is refused, since languages read it differently.

    >>> is_number("-1,234.5"), is_number("2e6 (estimate)"), is_number("40 %"), is_number("12 km")
    (True, True, True, True)
    >>> is_number("about 3"), is_number("1,5"), is_number("twelve")
    (False, False, False)
    """
    return bool(_NUMBER.fullmatch(_REMARK.sub("", unicodedata.normalize("NFKC", text)).strip()))


def is_date(text: str) -> bool:
    """Whether `text` is a day that exists as YYYY-MM-DD, or a year from 1000 to 2999.

    >>> is_date("1969-07-20"), is_date("1969"), is_date("2023-02-29"), is_date("July 1969"), is_date("1969-07")
    (True, True, False, False, False)
    """
    text = text.strip()
    if _YEAR.fullmatch(text):
        return True
    try:
        return bool(_DAY.fullmatch(text)) and bool(date.fromisoformat(text))
    except ValueError:
        return False


def target_in_question(probe: Probe) -> str | None:
    """A target that the question names makes an echo correct."""
    if probe.match in {"choice", "regex"}:
        return None
    inside = [target for target in probe.targets if contains(probe.question, target)]
    return f"the target {inside[0]!r} occurs in the question" if inside else None


def short_target(probe: Probe) -> str | None:
    """One character is found in almost every answer."""
    if probe.match not in {"auto", "text"}:
        return None
    short = [
        target
        for target in probe.targets
        if len(normalised(target)) <= 1 and not (probe.match == "auto" and is_number(target))
    ]
    return f"the target {short[0]!r} is too short to match as text" if short else None


def several_values(probe: Probe) -> str | None:
    """Two different numbers or years cannot both be right, unless the question is ambiguous."""
    is_plain = probe.match in {"number", "date"} or (probe.match == "auto" and all(map(is_number, probe.targets)))
    # Units and words such as "million" change the size; only bare digits are compared.
    if not is_plain or any(char.isalpha() for target in probe.targets for char in target):
        return None
    values = {_digits(target): target for target in probe.targets}
    if len(values) < 2 or "" in values:
        return None
    kept = sorted(values, key=len, reverse=True)
    # A year beside a day of that year, or 3.14 beside 3.1416, is a rougher form of the same answer.
    others = [value for value in kept if not kept[0].startswith(value) and not _is_near(value, kept[0], probe)]
    return f"the targets {values[kept[0]]!r} and {values[others[0]]!r} are different answers" if others else None


def empty_phrase(probe: Probe) -> str | None:
    """A word such as `no` stands in wrong answers too."""
    if probe.match not in {"auto", "text"}:
        return None
    empty = [target for target in probe.targets if normalised(target) in _EMPTY]
    return f"the target {empty[0]!r} stands in many answers, right or wrong" if empty else None


def declining_target(probe: Probe) -> str | None:
    """A target that declines makes an abstention correct on a probe that has an answer."""
    declining = [target for target in probe.targets if normalised(target) in _DECLINING]
    return f"the target {declining[0]!r} declines to answer" if declining else None


def several_answers_in_one(probe: Probe) -> str | None:
    """A list in one string is matched as one long answer, which nobody gives."""
    if probe.match not in {"auto", "text"}:
        return None
    joined = [target for target in probe.targets if _LIST.search(target)]
    return f"the target {joined[0]!r} looks like several answers" if joined else None


def number_as_text(probe: Probe) -> str | None:
    """As text, 1,000 is not 1000 and 'twelve' is not 12."""
    is_all = probe.match == "text" and probe.targets and all(is_number(target) for target in probe.targets)
    is_all = is_all and short_target(probe) is None
    return f"match is text, but the target {probe.targets[0]!r} is a number" if is_all else None


def unused_choices(probe: Probe) -> str | None:
    """Choices are shown whenever they are there; the letter is understood with match choice only."""
    is_unused = probe.choices and probe.is_answerable and probe.match != "choice"
    return f"there are `choices`, but match is {probe.match}" if is_unused else None


def _is_near(one: str, other: str, probe: Probe) -> bool:
    """Whether two sources may give these two measurements of the same thing; years are never near."""
    is_measured = probe.match != "date" and not (_YEAR.fullmatch(one) and _YEAR.fullmatch(other))
    try:
        return is_measured and abs(float(one) - float(other)) <= MEASURED_ALIKE * abs(float(other))
    except ValueError:
        return False


def _digits(target: str) -> str:
    found = _FIRST_NUMBER.search(unicodedata.normalize("NFKC", target))
    return re.sub(r"[,_ ]", "", found[0]).replace("−", "-") if found else ""


def bad_numbers(probe: Probe) -> str | None:
    """With match number, every target must be one."""
    bad = [target for target in probe.targets if probe.match == "number" and not is_number(target)]
    return f"match is number, but the target {bad[0]!r} is not one" if bad else None


def bad_dates(probe: Probe) -> str | None:
    """With match date, every target must be written in digits, as every language reads them."""
    bad = [target for target in probe.targets if probe.match == "date" and not is_date(target)]
    return f"match is date, but the target {bad[0]!r} is not written as one" if bad else None


def bad_regexes(probe: Probe) -> str | None:
    """With match regex, every target must compile with RE2."""
    bad = [f"{target!r}: {reason}" for target, reason, _ in _compiled(probe) if reason]
    return f"the regex target does not compile: {bad[0]}" if bad else None


def regex_matches_nothing_said(probe: Probe) -> str | None:
    """A pattern that matches the empty text matches every answer."""
    bad = [target for target, reason, matches_empty in _compiled(probe) if not reason and matches_empty]
    return f"the regex target {bad[0]!r} matches every answer" if bad else None


def too_few_choices(probe: Probe) -> str | None:
    """A choice needs something to choose from."""
    distinct = len(set(probe.choices))
    return f"match is choice with {distinct} different choices" if probe.match == "choice" and distinct < 2 else None


def distractor_is_target(probe: Probe) -> str | None:
    """No answer is right and wrong at once."""
    targets = {normalised(target) or target for target in probe.targets}
    both = [wrong for wrong in probe.distractors if (normalised(wrong) or wrong) in targets]
    return f"{both[0]!r} is a distractor and a target" if both else None


def _compiled(probe: Probe) -> Iterator[tuple[str, str | None, bool]]:
    if probe.match != "regex":
        return
    import re2

    options = re2.Options()
    options.log_errors = False
    for target in probe.targets:
        try:
            pattern = re2.compile(target, options)
        except re2.error as exc:
            reason = exc.args[0] if exc.args else "unknown"
            yield target, reason.decode(errors="replace") if isinstance(reason, bytes) else str(reason), False
        else:
            yield target, None, pattern.search("") is not None
