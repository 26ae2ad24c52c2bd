"""From one row of a data set to a probe, or to the reason why it is none."""

from __future__ import annotations

import hashlib
import re
from typing import Any

from evaluator.errors import ProbeFileError
from evaluator.probeset.cells import cell, text_of, texts
from evaluator.probeset.recipe import Recipe, Unanswerable
from evaluator.probeset.target_rules import is_number
from evaluator.probeset.wording import normalised
from evaluator.records import Probe, UnanswerableReason

MAX_CHARS = 100_000
NO_QUESTION = "no question"
NO_TARGET = "answerable, but without an accepted answer"
NO_REASON = "unanswerable for a reason that the recipe leaves out"
NOT_KEPT = "not among the rows that the recipe keeps"
TOO_LONG = f"question or passage longer than {MAX_CHARS:,} characters"
NOT_A_PROBE = "cannot be a probe"
_UNSAFE = re.compile(r"[^a-z0-9._-]+")


class LeftOutError(Exception):
    """The row is no probe; the message is the reason, the same for all such rows."""


class RowReader:
    """Turns rows into probes as a recipe says."""

    def __init__(self, recipe: Recipe) -> None:
        """Compile what the recipe gives as patterns.

        Raises:
            ProbeFileError: If a pattern does not compile.
        """
        self._recipe = recipe
        self._range = _compiled(recipe)
        self._dropped = {normalised(text) for text in recipe.targets.drop}

    def probe(self, row: dict[str, Any]) -> Probe:
        """Return the probe of a row.

        Raises:
            LeftOutError: If it is none.
        """
        recipe, fields = self._recipe, self._recipe.fields
        for column, values in recipe.keep.items():
            if text_of(cell(row, column)).lower() not in {value.lower() for value in values}:
                raise LeftOutError(NOT_KEPT)
        question, context = _plain(row, fields.question), _plain(row, fields.context)
        if not question:
            raise LeftOutError(NO_QUESTION)
        if len(question) + len(context) > MAX_CHARS:
            raise LeftOutError(TOO_LONG)
        common: dict[str, Any] = {
            "probe_id": self.probe_id(text_of(_at(row, fields.id)) or _digest(question, context)),
            "question": question,
            "context": context or None,
            "topic": text_of(_at(row, fields.topic)) or recipe.topic,
            "language": text_of(_at(row, fields.language)) or recipe.language,
            "source": self._source(row),
            "tags": tuple(
                f"{name}:{value}" for name, column in fields.tags.items() if (value := text_of(cell(row, column)))
            ),
        }
        return self._checked(row, common)

    def probe_id(self, own: str) -> str:
        """Make a probe_id from the id of a row."""
        return f"{self._recipe.name}-{_UNSAFE.sub('-', own.lower())[:80]}"

    def twin_of(self, row: dict[str, Any]) -> str | None:
        """Return the probe_id that the row names as its twin."""
        own = text_of(_at(row, self._recipe.fields.twin))
        return self.probe_id(own) if own else None

    def _checked(self, row: dict[str, Any], common: dict[str, Any]) -> Probe:
        targets, tolerance = self._targets(row)
        reason = self._reason(row, has_targets=bool(targets))
        try:
            if reason is not None:
                return Probe(**common, unanswerable=reason, why=self._why(row))
            if not targets:
                raise LeftOutError(NO_TARGET)
            return Probe(**common, targets=targets, **self._matching(row, targets, tolerance))
        except ValueError as exc:
            raise LeftOutError(f"{NOT_A_PROBE}: {exc}"[:200]) from exc

    def _matching(self, row: dict[str, Any], targets: tuple[str, ...], tolerance: float | None) -> dict[str, Any]:
        recipe = self._recipe
        wrong = [text for column in recipe.fields.distractors for text in texts(cell(row, column))]
        same = {normalised(target) for target in targets}
        found: dict[str, Any] = {"match": recipe.match}
        if recipe.match == "number" and not all(map(is_number, targets)):
            found["match"] = "auto"
        if tolerance is not None:
            found |= {"match": "number", "tolerance": tolerance}
        if recipe.fields.choices:
            found["choices"] = tuple(texts(cell(row, recipe.fields.choices)))
        found["distractors"] = tuple(text for text in wrong if normalised(text) not in same)
        return {name: value for name, value in found.items() if value not in ((), "auto")}

    def _targets(self, row: dict[str, Any]) -> tuple[tuple[str, ...], float | None]:
        given = [text for column in self._recipe.fields.targets for text in texts(cell(row, column))]
        if self._recipe.targets.separator:
            given = [part.strip() for text in given for part in text.split(self._recipe.targets.separator)]
        tolerance = None
        if self._range is not None:
            given, tolerance = _without_range(given, self._range)
        kept = dict.fromkeys(text for text in given if text and normalised(text) not in self._dropped)
        return tuple(kept), tolerance

    def _reason(self, row: dict[str, Any], *, has_targets: bool) -> UnanswerableReason | None:
        told = self._recipe.unanswerable
        if told is None or not _is_unanswerable(row, told, has_targets=has_targets):
            return None
        if told.reason_field is None:
            return told.reason
        value = text_of(cell(row, told.reason_field)).lower()
        known = {name.lower(): reason for name, reason in told.reasons.items()}
        reason = known.get(value, None if told.only_known_reasons else told.reason)
        if reason is None:
            raise LeftOutError(NO_REASON)
        return reason

    def _why(self, row: dict[str, Any]) -> str:
        told = self._recipe.unanswerable
        if told is None:
            return ""
        return told.why.replace("{reason}", text_of(_at(row, told.reason_field)) or "not stated")

    def _source(self, row: dict[str, Any]) -> str:
        own = ", ".join(texts(_at(row, self._recipe.fields.source))[:3])
        return f"{self._recipe.title}: {own}"[:1000] if own else self._recipe.title


def _is_unanswerable(row: dict[str, Any], told: Unanswerable, *, has_targets: bool) -> bool:
    if told.always or (told.without_targets and not has_targets):
        return True
    values = {value.lower() for value in told.values}
    return told.field is not None and text_of(cell(row, told.field)).lower() in values


def _at(row: dict[str, Any], path: str | None) -> object:
    return None if path is None else cell(row, path)


def _plain(row: dict[str, Any], path: str | None) -> str:
    """A question may begin with a bracket: it is text, whatever it looks like."""
    found = _at(row, path)
    return found.strip() if isinstance(found, str) else text_of(found)


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:12]


def _compiled(recipe: Recipe) -> Any:
    if recipe.targets.range is None:
        return None
    import re2

    options = re2.Options()
    options.log_errors = False
    try:
        pattern = re2.compile(recipe.targets.range, options)
    except re2.error as exc:
        raise ProbeFileError(f"recipe {recipe.name}: targets.range is not RE2: {exc}") from exc
    if {"low", "high"} - set(pattern.groupindex):
        raise ProbeFileError(f"recipe {recipe.name}: targets.range needs the groups low and high")
    return pattern


def _without_range(given: list[str], pattern: Any) -> tuple[list[str], float | None]:
    tolerance = None
    plain = []
    for text in given:
        found = pattern.search(text)
        if not found:
            plain.append(text)
            continue
        value = (text[: found.start()] + text[found.end() :]).strip()
        plain.append(value)
        tolerance = _tolerance(value, found.group("low"), found.group("high"))
    return plain, tolerance if len(plain) == 1 else None


def _tolerance(value: str, low: str, high: str) -> float | None:
    try:
        centre, ends = _number(value), (_number(low), _number(high))
    except ValueError:
        return None
    widest = max(abs(end - centre) for end in ends) / abs(centre) if centre else 1.0
    # Six digits are plenty, and the end of the range itself must be inside.
    return min(round(widest + 5e-7, 6), 0.999) if 0 < widest < 1 else None


def _number(text: str) -> float:
    return float(text.replace(",", "").strip(" ."))
