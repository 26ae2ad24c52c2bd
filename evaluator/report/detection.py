"""What a plan can detect, as a section of its forecast."""

from __future__ import annotations

from evaluator.detection import Detection, DetectionNeed
from evaluator.report import format as fmt
from evaluator.report.safe_text import safe_text
from evaluator.report.section import Column, Row, Section, Table


def detection_section(found: Detection) -> Section:
    """Show the smallest difference a plan finds, and what the wanted one takes."""
    name = f"{found.metric.replace('_', ' ')} ({safe_text(found.slice, limit=60)})"
    raw, corrected = fmt.points(found.detectable), fmt.points(found.detectable_calibrated)
    lead = (
        f"Smallest true difference of the {name} of two models that {fmt.count(found.n_probes)} probes, asked "
        f"{fmt.count(found.repeats)}x, find in {fmt.level(found.power)} of such plans, at level "
        f"{fmt.level(found.level)}: {raw} for raw rates, {corrected} for rates corrected with "
        f"{fmt.count(found.n_labels)} labels of each model."
    )
    like = (f"Spread as in run {safe_text(found.like, limit=100)}.",) if found.like else ()
    assumed = tuple(f"{safe_text(each)[:1].upper()}{safe_text(each)[1:]}." for each in found.assumptions)
    if found.wanted is None:
        return Section("What it could detect", lead, remarks=(*like, *assumed))
    columns = (Column("raw rates", ("probes",)), Column("corrected rates", ("probes", "labels of each model")))
    rows = tuple(Row(f"asked {fmt.count(need.repeats)}x", _cells(need)) for need in found.needs)
    table = Table(f"to find {fmt.points(found.wanted)}", columns, rows)
    return Section("What it could detect", lead, table, (*like, *assumed))


def _cells(need: DetectionNeed) -> tuple[tuple[str, ...], ...]:
    raw = "out of reach" if need.n_probes is None else fmt.count(need.n_probes)
    if need.n_probes_calibrated is None:
        return ((raw,), ("out of reach", ""))
    return ((raw,), (fmt.count(need.n_probes_calibrated), fmt.count(need.n_labels or 0)))
