"""`evaluator probes audit`: what the answers, and then people, say about the probes themselves."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from evaluator.audit import ProbeAudit, probe_hash, read_audit, write_audit
from evaluator.cli.display import counted
from evaluator.cli.labelling import RunToLabel, find_run
from evaluator.cli.messages import say
from evaluator.cli.reporting import load_summary
from evaluator.errors import ConfigError
from evaluator.item_analysis import ItemAnalysis
from evaluator.jsonl import encode_line
from evaluator.labels import draw_probes, question_text, read_probe_sheet, targets_text, write_probe_sheet
from evaluator.records import Probe
from evaluator.report import ItemTexts, render_items, render_validity
from evaluator.stats.items.analysis import ItemAnswer, analyse_items


@dataclass(frozen=True)
class AuditedRuns:
    """Runs whose probes are audited together."""

    runs: tuple[RunToLabel, ...]
    probes: dict[str, Probe]
    """By probe_id."""
    notes: tuple[str, ...]

    def answers(self) -> Iterator[ItemAnswer]:
        """Return every graded answer to a probe that has the same content in all runs."""
        for found in self.runs:
            texts = {response.request_id: response.text for response in found.responses}
            own = {probe.probe_id: probe for probe in found.plan.probes}
            for verdict in counted(found.verdicts, "reading"):
                if verdict.label is not None and own[verdict.probe_id] == self.probes[verdict.probe_id]:
                    yield ItemAnswer(
                        verdict.probe_id,
                        verdict.model,
                        verdict.prompt,
                        verdict.label,
                        texts.get(verdict.request_id, ""),
                    )


def find_runs(names: Sequence[str], folder: str) -> AuditedRuns:
    """Find the runs; where a probe differs between them, the first run's is meant.

    Raises:
        JournalError: If there is no such run or it is damaged.
    """
    runs = tuple(find_run(name, folder) for name in dict.fromkeys(names))
    probes: dict[str, Probe] = {}
    notes = []
    for found in runs:
        changed = [p.probe_id for p in found.plan.probes if probes.setdefault(p.probe_id, p) != p]
        if changed:
            shown = ", ".join(changed[:5]) + (", ..." if len(changed) > 5 else "")
            notes.append(f"{found.run_id}: {len(changed)} probes have other content than in an earlier run ({shown})")
    return AuditedRuns(runs, probes, tuple(notes))


def analyse(found: AuditedRuns) -> ItemAnalysis:
    """Run the item analysis."""
    names = [run.run_id for run in found.runs]
    return analyse_items(tuple(found.probes.values()), found.answers(), names, found.notes)


def show_items(found: AuditedRuns, analysis: ItemAnalysis, *, as_json: bool) -> None:
    """Print which probes to look at."""
    if as_json:
        sys.stdout.write(encode_line(analysis).decode("ascii"))
        return
    texts = {
        item.probe_id: ItemTexts(
            question=question_text(found.probes[item.probe_id], with_context=False),
            targets=targets_text(found.probes[item.probe_id]),
            passage=found.probes[item.probe_id].context or "",
        )
        for item in analysis.items
        if item.flags
    }
    sys.stdout.write(render_items(analysis, texts))


def draw_sheet(found: AuditedRuns, analysis: ItemAnalysis, sheet: Path, *, n: int, seed: int) -> None:
    """Draw a sample of the probes and write the sheet."""
    suspects = [item.probe_id for item in analysis.items if item.flags]
    design = draw_probes(tuple(found.probes.values()), suspects, n=n, seed=seed)
    write_probe_sheet(sheet, design, found.probes, {item.probe_id: item for item in analysis.items})
    parts = ", ".join(f"{len(s.drawn)} of {s.n_probes} {s.name}" for s in design.strata)
    say(f"{sheet}: {n} probes ({parts}); fill in `valid` with yes or no, and `flaw` where no")
    say(f"keep {sheet.name}.audit.jsonl beside it: it says how they were drawn")


def take_over(found: AuditedRuns, sheet: Path, auditor: str, *, replace: bool) -> None:
    """Take the findings of a sheet over into every run that holds one of its probes."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    told = read_probe_sheet(sheet, auditor=auditor, now=now)
    if not told.findings:
        raise ConfigError(f"{sheet}: need yes or no in the column `valid` of one row at least, got none")
    merged = [(run, _merged(run, told, replace=replace)) for run in found.runs]
    for run, audit in merged:
        hashes = {probe.probe_id: probe_hash(probe) for probe in run.plan.probes}
        n = sum(hashes.get(finding.probe_id) == finding.probe_hash for finding in told.findings)
        if n:
            write_audit(run.directory.audit_path, audit)
        say(f"{run.run_id}: {n} of {len(told.findings)} findings are on its probes as they were asked")


def _merged(run: RunToLabel, told: ProbeAudit, *, replace: bool) -> ProbeAudit:
    path = run.directory.audit_path
    if not path.exists() or replace:
        return told
    before = read_audit(path)
    if before.design != told.design:
        raise ConfigError(f"{path}: holds findings on another sample; --replace puts the new ones in their place")
    findings = {(finding.probe_id, finding.auditor): finding for finding in (*before.findings, *told.findings)}
    return ProbeAudit(told.design, tuple(findings.values()))


def show_validity(found: AuditedRuns, folder: str, *, as_json: bool) -> None:
    """Print the share of invalid probes of every run."""
    for run in found.runs:
        summary = load_summary(str(run.directory.path), Path(folder))
        if as_json:
            row = {"run_id": run.run_id, "validity": summary.validity}
            sys.stdout.write(encode_line(row).decode("ascii"))
        else:
            sys.stdout.write(render_validity(run.run_id, summary.validity))
