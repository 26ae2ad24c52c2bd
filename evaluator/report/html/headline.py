"""The first table of the page: one row a model, its rates as whiskers, its rank and whom it is tied with."""

from __future__ import annotations

from dataclasses import dataclass

from evaluator.records import Estimate, ModelResult, Ranking, Summary
from evaluator.report import format as fmt
from evaluator.report.contents import labelled_results
from evaluator.report.lookup import find_estimate
from evaluator.report.safe_text import safe_text

RATES = (
    ("hallucination_rate", "all", "Hallucination"),
    ("over_abstention_rate", "answerable", "Over-abstention"),
    ("accuracy", "answerable", "Accuracy"),
)
_NAME_LIMIT = 300


@dataclass(frozen=True)
class Whisker:
    """A rate with its interval, as text and as places on a line from 0 to 100."""

    text: str
    interval: str
    n: str
    value: float | None = None
    low: float | None = None
    high: float | None = None
    is_corrected: bool = False


@dataclass(frozen=True)
class HeadlineRow:
    """What the table says about one model."""

    label: str
    whiskers: tuple[tuple[Whisker, ...], ...]
    """For each rate: the corrected one, where there is one, then the raw one."""
    rank: str
    ties: str
    ungraded: str


def headline_rows(summary: Summary) -> tuple[HeadlineRow, ...]:
    """Return the rows, fewest hallucinations first; models without a rate come last."""
    ranked = {ranking.prompt: ranking for ranking in summary.rankings}
    rows = [
        (
            _order(result),
            HeadlineRow(
                label=label or safe_text(result.model, limit=_NAME_LIMIT),
                whiskers=tuple(_whiskers(result, name, slice_) for name, slice_, _ in RATES),
                rank=_rank(result, ranked.get(result.prompt)),
                ties=_ties(result, ranked.get(result.prompt)),
                ungraded=_ungraded(result),
            ),
        )
        for label, result in labelled_results(summary)
    ]
    return tuple(row for _, row in sorted(rows, key=lambda pair: pair[0]))


def best_estimate(result: ModelResult, name: str, slice_: str) -> Estimate | None:
    """Return the corrected estimate where it has a value, else the raw one."""
    corrected = find_estimate(result, name, slice_, calibrated=True)
    return corrected if corrected is not None and corrected.value is not None else find_estimate(result, name, slice_)


def _order(result: ModelResult) -> tuple[bool, float, str]:
    estimate = best_estimate(result, "hallucination_rate", "all")
    value = estimate.value if estimate is not None else None
    return value is None, value or 0.0, result.model


def _whiskers(result: ModelResult, name: str, slice_: str) -> tuple[Whisker, ...]:
    corrected = find_estimate(result, name, slice_, calibrated=True)
    raw = find_estimate(result, name, slice_)
    both = [(corrected, True)] if corrected is not None and corrected.value is not None else []
    return tuple(_whisker(estimate, is_corrected) for estimate, is_corrected in [*both, (raw, False)])


def _whisker(estimate: Estimate | None, is_corrected: bool) -> Whisker:
    if estimate is None or estimate.value is None:
        return Whisker(fmt.UNDEFINED, "", "")
    low, high = estimate.low, estimate.high
    return Whisker(
        text=fmt.percent(estimate.value),
        interval=fmt.percent_interval(low, high),
        n=fmt.count(estimate.denominator),
        value=100 * estimate.value,
        low=None if low is None else 100 * low,
        high=None if high is None else 100 * high,
        is_corrected=is_corrected,
    )


def _rank(result: ModelResult, ranking: Ranking | None) -> str:
    for place in ranking.places if ranking else ():
        if place.model == result.model:
            return f"{place.best}" if place.best == place.worst else f"{place.best}–{place.worst}"
    return ""


def _ties(result: ModelResult, ranking: Ranking | None) -> str:
    """Letters of the tie groups a model is in: models that share a letter cannot be told apart."""
    groups = ranking.tie_groups if ranking else ()
    return "".join(_letter(i) for i, group in enumerate(groups) if result.model in group and len(group) > 1)


def _letter(position: int) -> str:
    return "abcdefghijklmnopqrstuvwxyz"[position] if position < 26 else f"({position + 1})"


def _ungraded(result: ModelResult) -> str:
    n = sum(result.ungraded.values())
    return f"{fmt.count(n)} ({fmt.percent(n / result.n_planned)})" if n and result.n_planned else fmt.count(n)
