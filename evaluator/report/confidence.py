"""How well the confidence of models fits what turned out correct."""

from __future__ import annotations

from collections.abc import Sequence

from evaluator.records import ConfidenceFigures, ModelResult
from evaluator.report import format as fmt
from evaluator.report.rates import note_text
from evaluator.report.safe_text import safe_text
from evaluator.report.section import Column, Row, Section, Table

SOURCES = {
    "stated": "stated",
    "token_probability": "mean token probability",
    "sequence_probability": "probability of the whole answer",
    "agreement": "agreement across repeats",
}
MOST_NOTES = 6
_LEAD = (
    "Over answers that were given and graded. Calibration error: 0 is a confidence that is right as often as it says; "
    "up to the value in brackets chance explains it. AUROC: 0.5 tells nothing, 1 tells right from wrong. Brier and "
    "AUGRC: low is good."
)


def confidence_sections(
    figures: Sequence[ConfidenceFigures], results: Sequence[tuple[str, ModelResult]]
) -> tuple[Section, ...]:
    """Show every kind of confidence of every model, one row each."""
    labels = {(result.model, result.prompt): label for label, result in results}
    shown = [one for one in figures if one.slice == "answered"]
    if not shown:
        return ()
    rows = tuple(Row(_label(one, labels), _cells(one)) for one in shown)
    columns = (
        Column("n"),
        Column("mean"),
        Column("correct"),
        Column("calibration error", ("smooth", "chance")),
        Column("AUROC", ("value", "interval")),
        Column("Brier"),
        Column("AUGRC"),
    )
    remarks = _few(_notes(shown, labels))
    return (Section("Does confidence mean anything?", _LEAD, Table("confidence", columns, rows), remarks),)


def _notes(shown: Sequence[ConfidenceFigures], labels: dict[tuple[str, str], str]) -> list[str]:
    holders: dict[str, list[str]] = {}
    for one in shown:
        for note in one.notes:
            holders.setdefault(note_text(note), []).append(_label(one, labels))
    where = {note: who[0] if len(who) == 1 else f"{len(who)} of {len(shown)}" for note, who in holders.items()}
    return [note if len(holders[note]) == len(shown) else f"{note} ({who})" for note, who in where.items()]


def _label(one: ConfidenceFigures, labels: dict[tuple[str, str], str]) -> str:
    label = safe_text(labels.get((one.model, one.prompt), one.model), limit=100)
    return f"{label} · {SOURCES[one.source]}" if label else SOURCES[one.source]


def _cells(one: ConfidenceFigures) -> tuple[tuple[str, ...], ...]:
    by_name = {each.name: each for each in one.estimates if not each.calibrated}
    corrected = {each.name: each for each in one.estimates if each.calibrated}
    values = {name: each.value for name, each in by_name.items()}
    area = by_name.get("auroc")
    brier = fmt.coefficient(values.get("brier"))
    if "brier" in corrected and corrected["brier"].value is not None:
        brier += f", corrected {fmt.coefficient(corrected['brier'].value)}"
    return (
        (fmt.count(one.n),),
        (fmt.percent(one.mean_confidence),),
        (fmt.percent(one.accuracy),),
        (fmt.coefficient(values.get("smooth_ece")), f"({fmt.coefficient(one.chance_smooth_ece)})"),
        (fmt.coefficient(values.get("auroc")), fmt.coefficient_interval(area.low, area.high) if area else ""),
        (brier,),
        (fmt.coefficient(values.get("augrc")),),
    )


def _few(notes: Sequence[str]) -> tuple[str, ...]:
    rest = len(notes) - MOST_NOTES
    return (*notes[:MOST_NOTES], *((f"{rest} more notes are in summary.json.",) if rest > 0 else ()))
