"""How far the labelling of a run is: as text and as JSON."""

from __future__ import annotations

from collections.abc import Iterator

from evaluator.report import format as fmt
from evaluator.report.canonical_json import canonical_json
from evaluator.report.safe_text import safe_text
from evaluator.report.section import Column, Page, Row, Section, Table
from evaluator.report.terminal import terminal_page
from evaluator.results import AnnotatorAgreement, Figure, LabelStatus

_NAME_LIMIT = 100
_MOST_SHOWN = 10
_CELLS_LEAD = "Answers of one cell share model, prompt, whether there is an answer, and the grader's verdict."
_AGREEMENT_LEAD = (
    "AC1 and alpha are agreement beyond chance: 1 is perfect, 0 is chance. Where one label is frequent, "
    "alpha falls and AC1 does not."
)


def label_status_bytes(status: LabelStatus) -> bytes:
    """Write the status as JSON; equal input gives equal bytes."""
    return canonical_json(status)


def render_label_status(status: LabelStatus, *, width: int = 80, colour: bool = False) -> str:
    """Show the status as text of at most `width` columns."""
    sections = (*_cells(status), *_people(status), *_agreement(status), *_disagreements(status))
    drawn = f"{fmt.count(status.n_labelled)} of {fmt.count(status.n_drawn)} drawn answers have a label"
    facts = drawn if status.seed is not None else "nothing was drawn yet: evaluator label draw"
    page = Page(f"Labels of run {_name(status.run_id)}", facts, (*sections, *_notes(status)))
    return terminal_page(page, width=width, colour=colour)


def _cells(status: LabelStatus) -> Iterator[Section]:
    if not status.cells:
        return
    has_prompts = len({cell.prompt for cell in status.cells}) > 1
    rows = []
    for cell in status.cells:
        kind = "answerable" if cell.answerable else "unanswerable"
        prompt = f"{_name(cell.prompt)}, " if has_prompts else ""
        figures = (cell.n_responses, cell.n_drawn, cell.n_labelled)
        label = f"{_name(cell.model)}, {prompt}{kind}, {cell.verdict}"
        rows.append(Row(label, tuple((fmt.count(figure),) for figure in figures)))
    columns = (Column("answers"), Column("drawn"), Column("labelled"))
    yield Section("Cells of the draw", _CELLS_LEAD, Table("cell", columns, tuple(rows)))


def _people(status: LabelStatus) -> Iterator[Section]:
    if status.by_annotator:
        rows = tuple(Row(_name(name), ((fmt.count(n),),)) for name, n in status.by_annotator.items())
        yield Section("Annotators", "", Table("annotator", (Column("labels"),), rows))


def _agreement(status: LabelStatus) -> Iterator[Section]:
    found = status.agreement
    if found is None:
        return
    parts = ("value", f"{fmt.level(status.level)} interval")
    named = {
        "agreement": (fmt.percent(found.percent_agreement.value), _percent_interval(found.percent_agreement)),
        "Gwet's AC1": _coefficient(found.gwet_ac1),
        "Krippendorff's alpha": _coefficient(found.krippendorff_alpha),
    }
    rows = tuple(Row(name, (cell,)) for name, cell in named.items())
    title = f"Agreement of {len(found.annotators)} annotators on {fmt.count(found.n)} answers that several labelled"
    yield Section(title, _AGREEMENT_LEAD, Table("", (Column("", parts),), rows), tuple(_remarks(found)))


def _remarks(found: AnnotatorAgreement) -> Iterator[str]:
    figures = {"agreement": found.percent_agreement, "AC1": found.gwet_ac1, "alpha": found.krippendorff_alpha}
    for name, figure in figures.items():
        if figure.reason is not None:
            yield safe_text(f"{name}: {figure.reason}")
    yield from map(safe_text, found.notes)


def _disagreements(status: LabelStatus) -> Iterator[Section]:
    found = status.disagreements
    if not found:
        return
    lines = [
        f"{_name(one.probe_id)}: " + ", ".join(f"{_name(name)} {label}" for name, label in one.labels.items())
        for one in found[:_MOST_SHOWN]
    ]
    if len(found) > _MOST_SHOWN:
        lines.append(f"and {fmt.count(len(found) - _MOST_SHOWN)} more")
    title = f"Disagreements to settle: {fmt.count(len(found))}"
    yield Section(title, f"Settle them with: evaluator label adjudicate {_name(status.run_id)}", remarks=tuple(lines))


def _notes(status: LabelStatus) -> Iterator[Section]:
    remarks = []
    if status.has_same_verdicts is False:
        remarks.append("the verdicts were changed since the draw; the labels hold, the cells are those of the draw")
    if status.n_outside:
        remarks.append(
            f"{fmt.count(status.n_outside)} answers with a label are not in the draw: no calibration uses them"
        )
    if status.n_stale:
        remarks.append(
            f"{fmt.count(status.n_stale)} labels are for texts that are not in the run any more: they count nowhere"
        )
    if status.n_adjudicated:
        remarks.append(f"{fmt.count(status.n_adjudicated)} labels settle a disagreement")
    if remarks:
        yield Section("Notes", remarks=tuple(remarks))


def _percent_interval(figure: Figure) -> str:
    return fmt.percent_interval(figure.low, figure.high)


def _coefficient(figure: Figure) -> tuple[str, str]:
    if figure.value is None:
        return (fmt.UNDEFINED, "")
    return (fmt.coefficient(figure.value), fmt.coefficient_interval(figure.low, figure.high))


def _name(text: str) -> str:
    return safe_text(text, limit=_NAME_LIMIT)
