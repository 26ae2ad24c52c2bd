"""What models did: answered or abstained, where they should have; and what was never graded."""

from __future__ import annotations

from collections.abc import Sequence

from evaluator.records import OUTCOMES, Counts, ModelResult
from evaluator.report import format as fmt
from evaluator.report.lookup import find_estimate
from evaluator.report.safe_text import safe_text
from evaluator.report.section import Column, Row, Section, Table

MATRIX_MODELS = 3
"""Up to so many models, each gets its own two-by-two table."""
UNGRADED_SHARE_SHOWN = 0.01
_TITLE = "Did it answer, and should it have?"
_LEAD = "Right is to answer probes that have an answer, correctly, and to abstain on those that have none."


def behaviour_sections(results: Sequence[tuple[str, ModelResult]]) -> tuple[Section, ...]:
    """Show answered and abstained by what was right, the outcomes, and bounds for what is ungraded."""
    if len(results) <= MATRIX_MODELS:
        crossed = tuple(_matrix(*each, is_first=i == 0) for i, each in enumerate(results))
    else:
        crossed = (_crossed_rows(results),)
    return (*crossed, *_outcomes(results), *_ungraded(results))


def _matrix(label: str, result: ModelResult, *, is_first: bool) -> Section:
    known = result.counts.get("answerable", Counts())
    unknown = result.counts.get("unanswerable", Counts())
    rows = (
        _matrix_row("answerable", known, f"{fmt.count(known.correct)} correct, {fmt.count(known.wrong)} made up"),
        _matrix_row("unanswerable", unknown, f"{fmt.count(unknown.wrong)} made up"),
    )
    columns = (Column("answered"), Column("abstained"), Column("of the answers", is_text=True))
    title = f"{_TITLE} {label}".rstrip()
    return Section(title, _LEAD if is_first else "", Table("probe is", columns, rows))


def _matrix_row(slice_: str, counts: Counts, meaning: str) -> Row:
    answered = counts.correct + counts.wrong
    graded = answered + counts.abstained
    cells = ((_share(answered, graded),), (_share(counts.abstained, graded),), (meaning,))
    return Row(slice_, cells)


def _share(part: int, whole: int) -> str:
    return f"{fmt.count(part)} ({fmt.percent(part / whole if whole else None)})"


def _crossed_rows(results: Sequence[tuple[str, ModelResult]]) -> Section:
    rows = []
    for label, result in results:
        cells: list[tuple[str, ...]] = []
        for slice_ in ("answerable", "unanswerable"):
            counts = result.counts.get(slice_, Counts())
            cells.append((fmt.count(counts.correct + counts.wrong), fmt.count(counts.abstained)))
        rows.append(Row(label, tuple(cells)))
    columns = tuple(Column(slice_, ("answered", "abstained")) for slice_ in ("answerable", "unanswerable"))
    return Section(_TITLE, _LEAD, Table("model", columns, tuple(rows)))


def _outcomes(results: Sequence[tuple[str, ModelResult]]) -> tuple[Section, ...]:
    seen = [name for name in OUTCOMES if any(result.outcomes.get(name) for _, result in results)]
    if set(seen) <= {"answered"}:
        return ()
    rows = tuple(
        Row(label, tuple((fmt.count(result.outcomes.get(name, 0)),) for name in seen)) for label, result in results
    )
    lead = "Refused by the model counts as abstained; what is neither answered nor refused is ungraded."
    return (Section("Outcomes of the requests", lead, Table("model", tuple(Column(name) for name in seen), rows)),)


def _ungraded(results: Sequence[tuple[str, ModelResult]]) -> tuple[Section, ...]:
    rows = tuple(
        _ungraded_row(label, result) for label, result in results if _ungraded_share(result) > UNGRADED_SHARE_SHOWN
    )
    if not rows:
        return ()
    columns = (Column("ungraded"), Column("share"), Column("rate, best to worst case"), Column("why", is_text=True))
    lead = (
        "Ungraded responses are in no rate. Had all of them been graded, the hallucination rate (all) "
        "would lie between these two."
    )
    return (Section("Ungraded", lead, Table("model", columns, rows)),)


def _ungraded_share(result: ModelResult) -> float:
    return sum(result.ungraded.values()) / result.n_planned if result.n_planned else 0.0


def _ungraded_row(label: str, result: ModelResult) -> Row:
    n = sum(result.ungraded.values())
    estimate = find_estimate(result, "hallucination_rate", "all")
    low, high = (estimate.bound_low, estimate.bound_high) if estimate else (None, None)
    bounds = fmt.UNKNOWN if low is None or high is None else f"{fmt.percent(low)} to {fmt.percent(high)}"
    reasons = sorted(result.ungraded.items(), key=lambda item: (-item[1], item[0]))
    why = ", ".join(f"{fmt.count(times)} {safe_text(reason, limit=20)}" for reason, times in reasons if times)
    share = f"{fmt.percent(_ungraded_share(result))} of {fmt.count(result.n_planned)}"
    return Row(label, ((fmt.count(n),), (share,), (bounds,), (why,)))
