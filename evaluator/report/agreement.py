"""How far a grader agrees with labels: as text, as Markdown and as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from evaluator.records import LABELS
from evaluator.report import format as fmt
from evaluator.report.canonical_json import canonical_json
from evaluator.report.markdown import markdown_page
from evaluator.report.safe_text import safe_text
from evaluator.report.section import Column, Page, Row, Section, Table
from evaluator.report.terminal import terminal_page
from evaluator.results import Agreement, AgreementFigures, Figure, LabelsRef

_NAME_LIMIT = 300
_MODEL_LABELS_TITLE = "Warning: these are not human labels"
_TABLE_LEAD = "Each row is one label of the annotator, with how the grader decided on those answers."
_FIGURES_LEAD = (
    "Kappa and AC1 are agreement beyond chance: 1 is perfect, 0 is chance. Where one label is frequent, "
    "kappa falls and AC1 does not. Answers to one probe count as one cluster in every interval."
)
_CLASSES_LEAD = (
    "Precision: of the answers the grader calls so, the share the annotator calls so. "
    "Recall: of those the annotator calls so, the share the grader does."
)
_CORRECT_OR_NOT_LEAD = "Correct or not: wrong and abstained count as one."


def render_agreement(agreement: Agreement, *, width: int = 80, colour: bool = False) -> str:
    """Show `agreement` as text of at most `width` columns, like `render_terminal`."""
    return terminal_page(agreement_page(agreement), width=width, colour=colour)


def render_agreement_markdown(agreement: Agreement) -> str:
    """Show `agreement` as GitHub Markdown, with the same facts as the terminal."""
    return markdown_page(agreement_page(agreement))


def agreement_bytes(agreement: Agreement) -> bytes:
    """Write `agreement` as canonical JSON: equal results give equal bytes.

    Raises:
        ValueError: For a NaN, an infinity or half a surrogate pair, which JSON cannot hold.
    """
    return canonical_json(agreement)


def agreement_page(agreement: Agreement) -> Page:
    """Say everything a report says about `agreement`, what was compared first."""
    return Page(
        f"{_name(agreement.grader)} against {_who(agreement.labels)}: "
        f"{fmt.count(agreement.n_compared)} answers of run {_name(agreement.run_id)}",
        _facts(agreement),
        (
            *_model_labels(agreement.labels),
            _cross_table(agreement.overall),
            _figures(agreement),
            _classes(agreement),
            *_by("By model", "model", agreement.by_model, agreement.level, least=2),
            *_by("By the step that decided", "step", agreement.by_step, agreement.level, least=1),
            *_notes(agreement.overall),
        ),
    )


def _who(labels: LabelsRef) -> str:
    return f"the labels by {_name(labels.annotator)}" if labels.annotator else "labels without an annotator"


def _facts(agreement: Agreement) -> str:
    labels = agreement.labels
    why = ", ".join(f"{fmt.count(n)} {_name(reason)}" for reason, n in agreement.ungraded.items())
    facts = [
        _name(labels.path),
        f"{fmt.count(agreement.n_ungraded)} labelled but ungraded ({why})" if agreement.n_ungraded else "",
        f"{fmt.count(labels.n_responses_without_label)} answers without a label"
        if labels.n_responses_without_label
        else "",
        f"{fmt.count(labels.n_without_response)} labels without an answer" if labels.n_without_response else "",
    ]
    return " · ".join(filter(None, facts))


def _model_labels(labels: LabelsRef) -> tuple[Section, ...]:
    if not labels.is_by_model:
        return ()
    lead = f"{_name(labels.annotator)} is a model. What follows says how far two machines agree, not who is right."
    return (Section(_MODEL_LABELS_TITLE, lead),)


def _cross_table(figures: AgreementFigures) -> Section:
    columns = (*(Column(f"graded {label}") for label in LABELS), Column("all"))
    rows = []
    for label, counts in zip(LABELS, figures.table, strict=True):
        total = sum(counts)
        shares = tuple((f"{fmt.count(n)} ({fmt.percent(n / total)})" if total else "0",) for n in counts)
        rows.append(Row(label, (*shares, (fmt.count(total),))))
    totals = tuple((fmt.count(sum(column)),) for column in zip(*figures.table, strict=True))
    rows.append(Row("all", (*totals, (fmt.count(figures.n),))))
    return Section("Labels and verdicts", _TABLE_LEAD, Table("labelled", columns, tuple(rows)))


def _figures(agreement: Agreement) -> Section:
    overall = agreement.overall
    named = (
        ("agreement", overall.percent_agreement, False),
        ("correct or not", overall.correct_or_not, False),
        ("Cohen's kappa", overall.cohen_kappa, True),
        ("Gwet's AC1", overall.gwet_ac1, True),
        ("macro-F1", overall.macro_f1, False),
    )
    rows = tuple(
        Row(title, ((*_value(figure, is_coefficient=is_coefficient), fmt.count(figure.n)),))
        for title, figure, is_coefficient in named
    )
    column = Column("", ("value", _interval_name(agreement.level), "n"), is_rate=True)
    remarks = _reasons((title, figure) for title, figure, _ in named)
    return Section("Agreement", f"{_CORRECT_OR_NOT_LEAD} {_FIGURES_LEAD}", Table("", (column,), rows), remarks)


def _classes(agreement: Agreement) -> Section:
    found = agreement.overall.classes
    names = ("precision", "recall", "F1")
    rows, missing = [], []
    for label in LABELS:
        figures = (found[label].precision, found[label].recall, found[label].f1)
        rows.append(Row(label, tuple((*_value(figure), "") for figure in figures)))
        missing += [(f"{label} {name}", figure) for name, figure in zip(names, figures, strict=True)]
    columns = tuple(Column(name, ("value", _interval_name(agreement.level), ""), is_rate=True) for name in names)
    return Section("Each label", _CLASSES_LEAD, Table("label", columns, tuple(rows)), _reasons(missing))


def _by(
    title: str, kind: str, found: Mapping[str, AgreementFigures], level: float, *, least: int
) -> tuple[Section, ...]:
    if len(found) < least:
        return ()
    parts = ("value", _interval_name(level), "")
    columns = (
        Column("n"),
        Column("agreement", parts, is_rate=True),
        Column("correct or not", parts, is_rate=True),
    )
    rows = tuple(
        Row(
            _name(name),
            ((fmt.count(f.n),), (*_value(f.percent_agreement), ""), (*_value(f.correct_or_not), "")),
        )
        for name, f in found.items()
    )
    return (Section(title, "", Table(kind, columns, rows)),)


def _notes(figures: AgreementFigures) -> tuple[Section, ...]:
    remarks = tuple(safe_text(note, limit=_NAME_LIMIT) for note in figures.notes)
    return (Section("Notes", remarks=remarks),) if remarks else ()


def _value(figure: Figure, *, is_coefficient: bool = False) -> tuple[str, str]:
    if figure.value is None:
        return (fmt.UNDEFINED, "")
    if is_coefficient:
        return (fmt.coefficient(figure.value), fmt.coefficient_interval(figure.low, figure.high))
    return (fmt.percent(figure.value), fmt.percent_interval(figure.low, figure.high))


def _reasons(named: Iterable[tuple[str, Figure]]) -> tuple[str, ...]:
    found: dict[str, list[str]] = {}
    for name, figure in named:
        if figure.reason is not None:
            found.setdefault(safe_text(figure.reason, limit=_NAME_LIMIT), []).append(name)
    return tuple(f"{', '.join(names)}: {reason}" for reason, names in found.items())


def _interval_name(level: float) -> str:
    return f"{fmt.level(level)} interval"


def _name(text: str) -> str:
    return safe_text(text, limit=_NAME_LIMIT)
