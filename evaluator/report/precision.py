"""Why intervals are as wide as they are, and what to do about it; and what an audit of the probes says."""

from __future__ import annotations

from collections.abc import Sequence

from evaluator.records import Estimate, ModelResult, ProbeValidity, UncertaintyBudget
from evaluator.report import format as fmt
from evaluator.report.rates import note_text
from evaluator.report.safe_text import safe_text
from evaluator.report.section import Column, Row, Section, Table

MOST_STEPS = 3
WORTHWHILE = 0.98
"""A step that leaves more of the half-width than this is not worth saying."""
FEW_MODELS = 3
"""Up to so many models every headline rate has a row, else only the hallucination rate."""
_TITLES = {
    ("hallucination_rate", "all"): "hallucination",
    ("hallucination_rate", "answerable"): "answerable only",
    ("hallucination_rate", "unanswerable"): "unanswerable only",
    ("accuracy", "answerable"): "accuracy",
    ("omniscience_index", "answerable"): "omniscience index",
}
_LEAD = (
    "Half-width of the interval, and the share of its variance that comes from having few probes, from answers that "
    "differ between repeats, and from having few labels."
)
_VALIDITY_LEAD = "People looked at a random sample of the probes. Rates on valid probes hold for every share it allows."


def budget_sections(
    budgets: Sequence[UncertaintyBudget], results: Sequence[tuple[str, ModelResult]]
) -> tuple[Section, ...]:
    """Show where the width of the headline intervals comes from, and the steps that narrow them most."""
    labels = {(result.model, result.prompt): label for label, result in results}
    shown = [one for one in budgets if len(results) <= FEW_MODELS or _is_headline(one)]
    if not shown:
        return ()
    rows = tuple(
        Row(_row_label(labels.get((one.model, one.prompt), one.model), _title(one)), _shares(one)) for one in shown
    )
    columns = (Column("±"), Column("probes"), Column("repeats"), Column("labels"))
    section = Section("How wide, and why", _LEAD, Table("rate", columns, rows), _steps(shown, labels))
    return (section,)


def validity_sections(
    validity: ProbeValidity | None, results: Sequence[tuple[str, ModelResult]]
) -> tuple[Section, ...]:
    """Show the share of invalid probes and what the rates are on valid ones."""
    if validity is None:
        return ()
    labels = {(result.model, result.prompt): label for label, result in results}
    shown = [e for e in validity.estimates if e.slice == _widest(e.name)]
    rows = tuple(Row(_row_label(labels.get((e.model, e.prompt), e.model), _name(e)), (_valid(e),)) for e in shown)
    flaws = ", ".join(f"{fmt.count(n)} {safe_text(flaw, limit=30)}" for flaw, n in validity.flaws.items())
    found = (
        f"{fmt.count(validity.n_invalid)} of {fmt.count(validity.n_audited)} audited probes are invalid"
        f"{f' ({flaws})' if flaws else ''}: {fmt.percent(validity.share)} "
        f"{fmt.percent_interval(validity.low, validity.high)} of all {fmt.count(validity.n_probes)}."
    )
    column = Column("on valid probes", ("value", f"{fmt.level(validity.level)} limits"))
    table = Table("rate", (column,), rows) if rows else None
    return (Section("Are the probes right?", _VALIDITY_LEAD, table, (found, *map(note_text, validity.notes))),)


def _steps(budgets: Sequence[UncertaintyBudget], labels: dict[tuple[str, str], str]) -> tuple[str, ...]:
    steps = []
    for one in budgets if len(labels) == 1 else filter(_is_headline, budgets):
        helping = [step for step in one.steps if step.half_width < WORTHWHILE * one.half_width]
        said = "; ".join(note_text(step.text) for step in helping[:MOST_STEPS])
        if said:
            where = _row_label(labels.get((one.model, one.prompt), one.model), _title(one))
            steps.append(f"{where}: {said}.")
    return tuple(steps)


def _is_headline(one: UncertaintyBudget) -> bool:
    return (one.name, one.slice) == ("hallucination_rate", "all")


def _title(one: UncertaintyBudget) -> str:
    name = _TITLES.get((one.name, one.slice), f"{one.name}, {one.slice}")
    return f"{name} (corrected)" if one.calibrated else name


def _row_label(label: str, what: str) -> str:
    return f"{safe_text(label, limit=100)} · {what}" if label else what


def _shares(one: UncertaintyBudget) -> tuple[tuple[str, ...], ...]:
    is_index = one.name == "omniscience_index"
    width = fmt.index(one.half_width).lstrip("+") if is_index else fmt.percent(one.half_width)
    repeats = fmt.UNDEFINED if one.repeats_share is None else fmt.percent(one.repeats_share)
    return ((width,), (fmt.percent(one.probes_share),), (repeats,), (fmt.percent(one.labels_share),))


def _widest(name: str) -> str:
    return "all" if name == "hallucination_rate" else "answerable"


def _name(estimate: Estimate) -> str:
    name = estimate.name.replace("_", " ")
    return f"{name} (corrected)" if estimate.calibrated else name


def _valid(estimate: Estimate) -> tuple[str, ...]:
    return (fmt.percent(estimate.value), fmt.percent_interval(estimate.low, estimate.high))
