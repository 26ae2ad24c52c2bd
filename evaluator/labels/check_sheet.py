"""From the rows of a sheet to gold labels: every row is checked against the run before any is taken."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from evaluator.errors import LabelsFileError
from evaluator.labels.cell_text import cell_text, plain_text
from evaluator.labels.match import text_sha256
from evaluator.labels.sheet_rows import Sheet, SheetRow
from evaluator.records import LABELS, GoldLabel, Label, Probe, Response
from evaluator.results import MODEL_ANNOTATOR

_MOST_NAME_CHARS = 100
_LABEL_OF: dict[str, Label] = {label: label for label in LABELS}


class LabelledRun(msgspec.Struct, frozen=True):
    """The run that labels are for."""

    run_id: str
    responses: Mapping[str, Response]
    """By request_id."""
    probes: Mapping[str, Probe]
    """By probe_id."""


class SheetLabels(msgspec.Struct, frozen=True):
    """The labels of a sheet."""

    labels: tuple[GoldLabel, ...]
    n_empty: int
    """Rows without a label: nobody has filled them in yet."""


class _RowError(Exception):
    """What is wrong with a row: field, wanted, came."""


def sheet_labels(sheet: Sheet, run: LabelledRun, *, annotator: str | None, now: str) -> SheetLabels:
    """Check a sheet and return its labels.

    Args:
        sheet: As read.
        run: Whose responses were labelled.
        annotator: Who labelled the rows whose column `annotator` is empty.
        now: Time for `labelled_at`, ISO 8601.

    Raises:
        LabelsFileError: If any row is wrong; the message names the first, and how many there are.
    """
    found: dict[tuple[str, str], tuple[int, GoldLabel]] = {}
    problems: list[str] = []
    n_empty = 0
    for row in sheet.rows:
        if not row.cells["label"].strip():
            n_empty += 1
            continue
        try:
            _add(found, row.line, _gold_label(row, run, sheet, annotator=annotator, now=now))
        except _RowError as exc:
            problems.append(f"{sheet.path}:{row.line}: {exc}")
    if problems:
        more = f" (and {len(problems) - 1:,} more wrong rows)" if len(problems) > 1 else ""
        raise LabelsFileError(f"{problems[0]}; nothing was taken{more}")
    if not found:
        raise LabelsFileError(f"{sheet.path}: need at least one row with a label, got {n_empty:,} without")
    return SheetLabels(labels=tuple(label for _, label in found.values()), n_empty=n_empty)


def check_annotator(name: str) -> str:
    """Return the name of an annotator when it can be one.

    Raises:
        LabelsFileError: If it is empty, too long, has characters nobody can see, or is a model's.
    """
    try:
        return _annotator(name)
    except _RowError as exc:
        raise LabelsFileError(f"--{exc}") from exc


def check_label(label: Label, probe: Probe) -> str | None:
    """Say why `label` cannot be one of an answer to `probe`; None when it can."""
    if label == "correct" and not probe.is_answerable:
        return "this probe has no answer: need wrong (it answered anyway) or abstained (it declined), got correct"
    return None


def _add(found: dict[tuple[str, str], tuple[int, GoldLabel]], line: int, label: GoldLabel) -> None:
    before, first = found.setdefault((label.request_id, label.annotator), (line, label))
    if first.label != label.label:
        raise _RowError(
            f"label: need one label per answer and annotator, got {label.label} after {first.label} on line {before}"
        )


def _gold_label(row: SheetRow, run: LabelledRun, sheet: Sheet, *, annotator: str | None, now: str) -> GoldLabel:
    response = _response(row, run, sheet)
    label = _label(row.cells["label"])
    refusal = check_label(label, run.probes[response.probe_id])
    if refusal is not None:
        raise _RowError(f"label: {refusal}")
    return GoldLabel(
        run_id=run.run_id,
        request_id=response.request_id,
        response_sha256=text_sha256(response.text),
        label=label,
        annotator=_annotator(plain_text(row.cells["annotator"].strip()) or annotator or ""),
        labelled_at=now,
    )


def _response(row: SheetRow, run: LabelledRun, sheet: Sheet) -> Response:
    run_id, request_id = (plain_text(row.cells[name].strip()) for name in ("run_id", "request_id"))
    if run_id != run.run_id:
        raise _RowError(f"run_id: need {run.run_id!r}, got {run_id[:100]!r}: the sheet is of another run")
    response = run.responses.get(request_id)
    if response is None:
        raise _RowError(f"request_id: need one of the run's answers, got {request_id[:100]!r}")
    expected = {"model": response.model, "probe_id": response.probe_id, "response": response.text}
    for name, text in expected.items():
        cell = row.cells[name]
        # The model may be hidden, and people delete columns they do not need.
        if (cell.strip() or name == "response") and not _is_same(cell, cell_text(text), sheet.encoding):
            raise _RowError(
                f"{name}: need {_shown(text)} as in the run, got {_shown(plain_text(cell))}: "
                "rows were mixed up, a spreadsheet changed the text, or the run was made anew"
            )
    return response


def _is_same(cell: str, expected: str, encoding: str) -> bool:
    """Whether they are the same but for white space and apostrophes, which spreadsheets change."""
    if encoding == "cp1252":
        expected = expected.encode("cp1252", errors="replace").decode("cp1252")
    return _letters(cell) == _letters(expected)


def _letters(text: str) -> str:
    return "".join(text.split()).replace("'", "")


def _label(cell: str) -> Label:
    label = _LABEL_OF.get(cell.strip().lower())
    if label is None:
        raise _RowError(f"label: need one of {', '.join(LABELS)}, got {cell.strip()[:80]!r}")
    return label


def _annotator(name: str) -> str:
    name = name.strip()
    if not name:
        raise _RowError("annotator: need the name of who labelled, in the column or with --annotator, got none")
    if len(name) > _MOST_NAME_CHARS or not name.isprintable():
        raise _RowError(f"annotator: need a name of at most {_MOST_NAME_CHARS} visible characters, got {name[:80]!r}")
    if name.lower().startswith(MODEL_ANNOTATOR):
        raise _RowError(
            f"annotator: need a person, got {name!r}; "
            "labels by a model are compared with: evaluator grade RUN --against FILE"
        )
    return name


def _shown(text: str) -> str:
    return repr(text[:60] + "…") if len(text) > 60 else repr(text)
