"""Heat maps: hallucination rates by topic, reason and language, one column a model."""

from __future__ import annotations

from dataclasses import dataclass

from evaluator.records import Estimate, ModelResult, Summary
from evaluator.report import format as fmt
from evaluator.report.contents import labelled_results
from evaluator.report.safe_text import safe_text

KINDS = (("topic", "Topic"), ("reason", "Why it cannot be answered"), ("language", "Language"))
MOST_ROWS = 60
_LIMIT = 80


@dataclass(frozen=True)
class Cell:
    """One rate; `shade` from 0 to 100 is its colour, None where nothing was counted."""

    text: str
    title: str
    shade: int | None


@dataclass(frozen=True)
class HeatMap:
    """Rows by name, columns by model."""

    title: str
    models: tuple[str, ...]
    rows: tuple[tuple[str, tuple[Cell, ...]], ...]
    n_left_out: int


def heat_maps(summary: Summary) -> tuple[HeatMap, ...]:
    """Make a map of every kind of slice that has two values or more."""
    results = labelled_results(summary)
    maps = (_heat_map(kind, title, results) for kind, title in KINDS)
    return tuple(found for found in maps if found is not None)


def _heat_map(kind: str, title: str, results: list[tuple[str, ModelResult]]) -> HeatMap | None:
    prefix = f"{kind}="
    by_model = [
        {e.slice.removeprefix(prefix): e for e in result.estimates if _is_wanted(e, prefix)} for _, result in results
    ]
    names = sorted({name for found in by_model for name in found})
    if len(names) < 2:
        return None
    rows = tuple(
        (safe_text(name, limit=_LIMIT), tuple(_cell(found.get(name)) for found in by_model))
        for name in names[:MOST_ROWS]
    )
    labels = tuple(label or safe_text(result.model, limit=_LIMIT) for label, result in results)
    return HeatMap(title, labels, rows, max(0, len(names) - MOST_ROWS))


def _is_wanted(estimate: Estimate, prefix: str) -> bool:
    is_rate = estimate.name == "hallucination_rate" and not estimate.calibrated
    return is_rate and estimate.slice.startswith(prefix)


def _cell(estimate: Estimate | None) -> Cell:
    if estimate is None or estimate.value is None:
        return Cell("–", "nothing was counted", None)
    interval = fmt.percent_interval(estimate.low, estimate.high)
    title = f"{fmt.percent(estimate.value)} {interval}, n {fmt.count(estimate.denominator)}"
    return Cell(f"{100 * estimate.value:.0f}%", title, round(100 * estimate.value))
