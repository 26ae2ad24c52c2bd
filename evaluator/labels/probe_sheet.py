"""The sheet on which people say whether a probe is valid: CSV, one drawn probe a row."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import get_args

from evaluator.audit import AuditDesign, Flaw, ProbeAudit, ProbeFinding, probe_hash, read_audit, write_audit
from evaluator.errors import LabelsFileError
from evaluator.item_analysis import ItemResult
from evaluator.journal import write_atomically
from evaluator.labels.cell_text import cell_text, plain_text
from evaluator.labels.sheet import question_text, targets_text
from evaluator.labels.sheet_rows import SheetColumns, SheetRow, read_sheet
from evaluator.records import Probe

COLUMNS = SheetColumns(
    known=(
        "probe_id",
        "probe_hash",
        "question",
        "targets",
        "source",
        "models_said",
        "valid",
        "flaw",
        "note",
        "auditor",
    ),
    needed=("probe_id", "probe_hash", "valid"),
)
FLAWS: tuple[str, ...] = get_args(Flaw)
_TRUTH = {"yes": True, "y": True, "true": True, "1": True, "no": False, "n": False, "false": False, "0": False}


def write_probe_sheet(
    path: Path, design: AuditDesign, probes: Mapping[str, Probe], items: Mapping[str, ItemResult]
) -> None:
    """Write the sheet of the drawn probes, and the design of the draw beside it.

    The rows are in random order, and nothing says which probes are suspect.

    Args:
        path: Of the sheet.
        design: Of the draw.
        probes: By probe_id.
        items: What the answers say of them, by probe_id.

    Raises:
        LabelsFileError: If the sheet exists or cannot be written.
    """
    if path.exists():
        raise LabelsFileError(f"{path}: exists; people may have filled it in: choose another name, or remove it")
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(COLUMNS.known)
    for name in _shuffled(design):
        probe = probes[name]
        texts = (question_text(probe), targets_text(probe), probe.source or "", _said(items.get(name)))
        writer.writerow(map(cell_text, (name, probe_hash(probe), *texts, "", "", "", "")))
    try:
        write_audit(design_file(path), ProbeAudit(design, ()))
        write_atomically(path, stream.getvalue().encode("utf-8-sig"))
    except OSError as exc:
        raise LabelsFileError(f"{path}: cannot be written: {exc.strerror}") from exc


def design_file(sheet: Path) -> Path:
    """Where the design of a sheet lies: beside it, so that both travel together."""
    return sheet.with_name(f"{sheet.name}.audit.jsonl")


def read_probe_sheet(path: Path, *, auditor: str, now: str) -> ProbeAudit:
    """Read a sheet that was filled in, with its design; rows without `valid` are left for later.

    Args:
        path: Of the sheet.
        auditor: Who filled in the rows that name nobody.
        now: UTC, ISO 8601.

    Raises:
        LabelsFileError: If a row is wrong; the message names it, and nothing is taken over.
        ProbeFileError: If the design beside it is missing or damaged.
    """
    beside = design_file(path)
    if path.exists() and not beside.exists():
        raise LabelsFileError(
            f"{path}: need {beside.name} beside it, which the draw wrote with the sheet; rename or move both alike"
        )
    design = read_audit(beside).design
    drawn = {name for stratum in design.strata for name in stratum.drawn}
    findings: dict[tuple[str, str], ProbeFinding] = {}
    for row in read_sheet(path, COLUMNS).rows:
        try:
            for finding in _finding(row, drawn, auditor, now):
                first = findings.setdefault((finding.probe_id, finding.auditor), finding)
                if first != finding:
                    raise ValueError(f"{finding.auditor} says two different things about {finding.probe_id!a}")
        except ValueError as exc:
            raise LabelsFileError(f"{path}:{row.line}: {exc}") from exc
    return ProbeAudit(design, tuple(findings.values()))


def _shuffled(design: AuditDesign) -> list[str]:
    drawn = [name for stratum in design.strata for name in stratum.drawn]
    # Another order than that of the draw, which begins with the suspect ones.
    return sorted(drawn, key=lambda name: hashlib.sha256(f"row/{design.seed}/{name}".encode()).digest())


def _said(item: ItemResult | None) -> str:
    if item is None or item.modal_answer is None or item.modal_share is None:
        return ""
    return f"{round(item.modal_share * item.n_models)} of {item.n_models} models: {item.modal_answer}"


def _finding(row: SheetRow, drawn: set[str], auditor: str, now: str) -> Iterator[ProbeFinding]:
    cells = {name: plain_text(cell).strip() for name, cell in row.cells.items()}
    said = cells["valid"].lower()
    if not said:
        return
    if said not in _TRUTH:
        raise ValueError(f"valid: need yes or no, got {said[:40]!a}")
    if cells["probe_id"] not in drawn:
        raise ValueError(f"probe_id: need one of the sample, got {cells['probe_id'][:80]!a}")
    flaw = cells["flaw"].lower().replace(" ", "_") or None
    if flaw is not None and flaw not in FLAWS:
        raise ValueError(f"flaw: need one of {', '.join(FLAWS)}, or nothing, got {flaw[:40]!a}")
    yield ProbeFinding(
        probe_id=cells["probe_id"],
        probe_hash=cells["probe_hash"],
        is_valid=_TRUTH[said],
        flaw=flaw,  # type: ignore[arg-type]  # one of FLAWS, as was checked
        note=cells["note"],
        auditor=cells["auditor"] or auditor,
        audited_at=now,
    )
