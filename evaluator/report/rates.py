"""Tables of rates: value, interval and denominator, and why a value is missing."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from evaluator.records import Estimate, ModelResult
from evaluator.report import format as fmt
from evaluator.report.lookup import find_estimate
from evaluator.report.safe_text import safe_text
from evaluator.report.section import Column, Row, Section, Table

_NOTHING_TO_DIVIDE = "nothing to divide by"
_NOTE_LIMIT = 400


@dataclass(frozen=True)
class Rate:
    """Which estimate a column shows, and under which title."""

    title: str
    name: str
    slice_: str
    is_index: bool = False


def rate_section(
    title: str,
    lead: str,
    results: Sequence[tuple[str, ModelResult]],
    rates: Sequence[Rate],
    *,
    calibrated: bool = False,
) -> Section:
    """Build the section that shows `rates` of every model.

    Args:
        title: Of the section.
        lead: How the rates are defined, for someone who has never seen them.
        results: (label, result) in the order to show.
        rates: The columns.
        calibrated: Show the estimates corrected with human labels.
    """
    found = [[find_estimate(r, rate.name, rate.slice_, calibrated=calibrated) for rate in rates] for _, r in results]
    cells = [[rate_cell(e, is_index=rate.is_index) for e, rate in zip(row, rates, strict=True)] for row in found]
    labels = [label for label, _ in results]
    missing = [
        (label, rate.title, estimate)
        for label, row in zip(labels, found, strict=True)
        for rate, estimate in zip(rates, row, strict=True)
        if estimate is None or estimate.value is None
    ]
    remarks = _why_missing(missing, len(labels), "no human labels" if calibrated else "not measured")
    if len(labels) == 1:
        # One model: its rates stand below each other, which is easier to read and narrow.
        rows = [Row(rate.title, (cell,)) for rate, cell in zip(rates, cells[0], strict=True)]
        return Section(title, lead, Table("", rate_columns([""], found[0]), tuple(rows)), remarks)
    columns = rate_columns([rate.title for rate in rates], [estimate for row in found for estimate in row])
    rows = [Row(label, tuple(row)) for label, row in zip(labels, cells, strict=True)]
    return Section(title, lead, Table("model", columns, tuple(rows)), remarks)


def rate_columns(titles: Iterable[str], estimates: Collection[Estimate | None]) -> tuple[Column, ...]:
    """Name the parts of rate columns, with the level of the intervals."""
    levels = sorted({estimate.level for estimate in estimates if estimate is not None})
    interval = f"{'/'.join(fmt.level(level) for level in levels)} interval".strip()
    is_calibrated = any(estimate.calibrated for estimate in estimates if estimate is not None)
    return tuple(
        Column(title, ("value", interval, "labels" if is_calibrated else "n"), is_rate=True) for title in titles
    )


def rate_cell(estimate: Estimate | None, *, is_index: bool = False) -> tuple[str, ...]:
    """Write one estimate as value, interval, and its denominator or the labels it rests on."""
    if estimate is None:
        return (fmt.UNDEFINED, "", "")
    n = fmt.count(estimate.n_labels if estimate.calibrated else estimate.denominator)
    if estimate.value is None:
        return (fmt.UNDEFINED, "", n)
    if is_index:
        return (fmt.index(estimate.value), fmt.index_interval(estimate.low, estimate.high), n)
    return (fmt.percent(estimate.value), fmt.percent_interval(estimate.low, estimate.high), n)


def note_text(note: str) -> str:
    """Make a note safe to show."""
    return safe_text(note, limit=_NOTE_LIMIT)


def some_labels(labels: Sequence[str], n_all: int) -> str:
    """Say which models something holds for, in few words.

    >>> some_labels(["a"], 3), some_labels(["a", "b", "c"], 3), some_labels(["a", "b", "c"], 20)
    ('a', 'all models', '3 of 20 models')
    """
    if len(labels) == n_all:
        return "" if n_all == 1 else "all models"
    return ", ".join(labels) if len(labels) <= 2 else f"{len(labels)} of {n_all} models"


def _why_missing(missing: Sequence[tuple[str, str, Estimate | None]], n_models: int, not_made: str) -> tuple[str, ...]:
    holders: dict[tuple[str, str], list[str]] = {}
    for label, title, estimate in missing:
        reason = not_made if estimate is None else note_text("; ".join(estimate.notes)) or _NOTHING_TO_DIVIDE
        holders.setdefault((reason, title), []).append(label)
    titles: dict[tuple[str, str], list[str]] = {}
    for (reason, title), labels in holders.items():
        titles.setdefault((reason, some_labels(labels, n_models)), []).append(title)
    return tuple(
        f"{fmt.UNDEFINED} ({', '.join([*where, *([who] if who else [])])}): {reason}"
        for (reason, who), where in titles.items()
    )
