"""Rules that look at one probe at a time; each says what is wrong, or nothing."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import NamedTuple

from evaluator.probeset.language import script_mismatch
from evaluator.probeset.target_rules import (
    bad_dates,
    bad_numbers,
    bad_regexes,
    declining_target,
    distractor_is_target,
    empty_phrase,
    number_as_text,
    regex_matches_nothing_said,
    several_answers_in_one,
    several_values,
    short_target,
    target_in_question,
    too_few_choices,
    unused_choices,
)
from evaluator.records import Probe
from evaluator.set_records import Severity

MAX_QUESTION_CHARS = 4_000
_PROBE_ID = re.compile(r"[a-z0-9._-]+")
_DAMAGE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffd]")
_ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class ProbeRule(NamedTuple):
    """One rule: `breach` returns the message, or None when the probe is fine."""

    code: str
    severity: Severity
    breach: Callable[[Probe], str | None]
    hint: str


def rules_on(today: date) -> tuple[ProbeRule, ...]:
    """Return the table of rules about single probes, as they hold on `today`."""

    def expired(probe: Probe) -> str | None:
        until = _parsed_date(probe.valid_until)
        return f"valid_until was {until}, today is {today}" if until and until < today else None

    return (
        ProbeRule("P001", "warning", odd_id, "use lower-case letters, digits and . _ - only"),
        ProbeRule("P002", "warning", long_question, "move the passage to `context`"),
        ProbeRule("P003", "error", no_why, "say in `why` why nobody can answer it, for the person who checks"),
        ProbeRule("P004", "error", answerable_without_source, "name in `source` where the answer can be checked"),
        ProbeRule("P005", "warning", unanswerable_without_source, "name in `source` what shows that it has no answer"),
        ProbeRule("P006", "error", bad_valid_until, "write the date as YYYY-MM-DD"),
        ProbeRule("P007", "error", expired, "check whether it still holds, then move the date or remove the probe"),
        ProbeRule("P008", "error", no_context, "give the passage in `context`, or choose another reason"),
        ProbeRule("P009", "warning", script_mismatch, "correct `language` or the question"),
        ProbeRule("P010", "error", damaged_text, "write the text again from its source, as UTF-8"),
        ProbeRule("P101", "warning", target_in_question, "rephrase: an echo of the question would be correct"),
        ProbeRule("P102", "warning", short_target, "it matches by accident; use match number, choice or regex"),
        ProbeRule("P103", "error", bad_numbers, "write digits such as 1234.5 or -2e6, or use match text"),
        ProbeRule("P104", "error", bad_dates, "write YYYY-MM-DD or YYYY; use match auto for other forms"),
        ProbeRule("P105", "error", bad_regexes, "RE2 syntax: no look-around, no back-references"),
        ProbeRule("P106", "error", regex_matches_nothing_said, "require at least one character of the answer"),
        ProbeRule("P107", "error", too_few_choices, "give at least two `choices`"),
        ProbeRule("P108", "error", distractor_is_target, "remove it from `distractors` or from `targets`"),
        ProbeRule("P109", "warning", several_values, "keep the right one, or ask more precisely"),
        ProbeRule("P110", "warning", empty_phrase, "use match choice with both answers as `choices`, or match regex"),
        ProbeRule("P111", "warning", several_answers_in_one, "write each accepted answer as a target of its own"),
        ProbeRule("P112", "warning", number_as_text, "use match number, date or auto"),
        ProbeRule("P113", "warning", unused_choices, "set match to choice, or remove `choices`"),
        ProbeRule("P114", "warning", declining_target, "remove it; if nobody knows, set `unanswerable` instead"),
    )


def odd_id(probe: Probe) -> str | None:
    """Ids are used in file names, URLs and on command lines."""
    return None if _PROBE_ID.fullmatch(probe.probe_id) else f"probe_id {probe.probe_id!r} has unusual characters"


def long_question(probe: Probe) -> str | None:
    """A question that hides a document belongs in two fields."""
    length = len(probe.question)
    return f"the question has {length:,} characters" if length > MAX_QUESTION_CHARS else None


def no_why(probe: Probe) -> str | None:
    """Nobody can audit a claim that has no reason."""
    is_missing = not probe.is_answerable and not (probe.why or "").strip()
    return f"unanswerable ({probe.unanswerable}) without `why`" if is_missing else None


def answerable_without_source(probe: Probe) -> str | None:
    """Targets that nobody can look up are opinions."""
    return "answerable without `source`" if probe.is_answerable and not (probe.source or "").strip() else None


def unanswerable_without_source(probe: Probe) -> str | None:
    """A source is good to have here; `why` is what must be there."""
    is_missing = not probe.is_answerable and not (probe.source or "").strip()
    return f"unanswerable ({probe.unanswerable}) without `source`" if is_missing else None


def bad_valid_until(probe: Probe) -> str | None:
    """A date that cannot be read never expires."""
    if probe.valid_until is None or _parsed_date(probe.valid_until):
        return None
    return f"valid_until {probe.valid_until!r} is not an ISO date"


def no_context(probe: Probe) -> str | None:
    """`missing_context` says that the given text does not tell: there must be one."""
    is_missing = probe.unanswerable == "missing_context" and not (probe.context or "").strip()
    return "reason missing_context without `context`" if is_missing else None


def damaged_text(probe: Probe) -> str | None:
    """Control characters and U+FFFD come from broken conversions and change what a model reads."""
    for text in (probe.question, probe.context or "", *probe.targets, *probe.choices, *probe.distractors):
        if found := _DAMAGE.search(text):
            return f"U+{ord(found[0]):04X} in {text[:40]!r}"
    return None


def _parsed_date(text: str | None) -> date | None:
    if text is None or not _ISO_DATE.fullmatch(text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
