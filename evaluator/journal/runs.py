"""The runs under a folder: what they are, what they hold, and which of them may go."""

from __future__ import annotations

import re
import shutil
from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

import filelock
import msgspec

from evaluator.errors import JournalError
from evaluator.journal.history import HistoryFile
from evaluator.journal.rundir import RunDirectory
from evaluator.journal.seal import SEALED
from evaluator.records import Manifest
from evaluator.retention import Retained, RunFacts

PIN = "pinned"
"""A file of this name in a run directory keeps the run."""
TRASH = ".pruned-"
OWN_FILES = frozenset({*SEALED, "changes.jsonl", "seal.json", "bundle.json", "index.html", ".lock", PIN})
RENDERED = frozenset({"gate.md", "gate.json", "gate.xml", "junit.xml"})
"""What scheduled runs keep of the output of a command beside the run; it can be made again."""
MOST_NAMED = 3
Kind = Literal["labelled", "other_files"]
"""Of runs that hold what nothing can rebuild: labels and findings by people, or files that are not ours."""


class _Outcomes(msgspec.Struct):
    outcomes: dict[str, int] = {}


class _SummaryFacts(msgspec.Struct):
    """Of a summary.json only what a list shows: it may be large, and of an earlier version."""

    results: tuple[_Outcomes, ...] = ()


def list_runs(out: Path) -> list[RunFacts]:
    """Return the runs under `out`, oldest first; a damaged one is listed with what is wrong."""
    folders = sorted(path.parent for path in out.glob("*/manifest.json"))
    found = [run_facts(RunDirectory(folder)) for folder in folders if not folder.name.startswith(".")]
    return sorted(found, key=lambda run: (run.started_at, run.run_id))


def run_facts(directory: RunDirectory) -> RunFacts:
    """Return what a list shows of one run."""
    facts = RunFacts(
        run_id=directory.run_id,
        started_at="",
        models=(),
        n_planned=0,
        n_open=None,
        n_labels=_n_lines_with(b'"response_sha256"', directory.gold_path),
        n_findings=_n_lines_with(b'"probe_hash"', directory.audit_path),
        n_bytes=sum(path.stat().st_size for path in directory.path.iterdir() if path.is_file()),
        is_pinned=(directory.path / PIN).exists(),
        is_locked=is_locked(directory.path),
        is_link=directory.path.is_symlink(),
        other_files=other_files(directory.path),
    )
    try:
        manifest = directory.read_manifest()
    except JournalError as exc:
        return msgspec.structs.replace(facts, damage=str(exc))
    return msgspec.structs.replace(
        facts,
        started_at=manifest.started_at,
        models=tuple(model.id for model in manifest.models),
        n_planned=manifest.n_requests,
        n_open=_n_open(directory),
        baseline=_baseline(manifest),
    )


def _baseline(manifest: Manifest) -> str | None:
    """Name of the run that [gate] of the run's settings names, whether as a folder or as its summary.json."""
    policy = manifest.config.get("gate")
    named = policy.get("baseline") if isinstance(policy, dict) else None
    if not isinstance(named, str):
        return None
    path = Path(named)
    return path.parent.name if path.name == "summary.json" else path.name


def _n_open(directory: RunDirectory) -> int | None:
    """Requests without an answer by summary.json; None when it is not there or cannot be read."""
    try:
        facts = msgspec.json.decode(directory.summary_path.read_bytes(), type=_SummaryFacts)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
        return None
    return sum(result.outcomes.get(name, 0) for result in facts.results for name in ("pending", "failed"))


def _n_lines_with(key: bytes, path: Path) -> int:
    """Lines that hold `key`: what people said, without the line of the draw."""
    try:
        with path.open("rb") as stream:
            return sum(key in line for line in stream)
    except OSError:
        return 0


def other_files(folder: Path) -> tuple[str, ...]:
    """Return the names in a run directory that the evaluator did not write, in order."""
    names = sorted(path.name for path in folder.iterdir())
    return tuple(name for name in names if name not in OWN_FILES | RENDERED and not _is_half_written(name))


def _is_half_written(name: str) -> bool:
    """Whether a file is what a death in the middle of an atomic write leaves behind."""
    return any(re.fullmatch(rf"\.{re.escape(own)}-[a-z0-9_]{{8}}", name) for own in OWN_FILES)


def is_locked(folder: Path) -> bool:
    """Whether a process is writing the run now."""
    if not (folder / ".lock").exists():
        return False
    lock = filelock.FileLock(folder / ".lock", timeout=0)
    try:
        lock.acquire()
    except (filelock.Timeout, OSError):
        return True
    lock.release()
    return False


def baselines_named(histories: Iterable[Path]) -> set[str]:
    """Run ids that history files name as baselines.

    Raises:
        JournalError: If one is damaged: what it protects is not known then.
    """
    return {entry.baseline for path in histories for entry in HistoryFile(path).read() if entry.baseline is not None}


def choose_runs(
    runs: Sequence[RunFacts],
    *,
    keep: int | None,
    older_than: timedelta | None,
    now: datetime,
    baselines: Iterable[str],
    also: Collection[Kind] = (),
) -> list[Retained]:
    """Say of every run whether it may go, or why it stays.

    Args:
        runs: Oldest first.
        keep: How many of the newest stay.
        older_than: Only runs older than this go. With both, a run goes that meets both.
        now: The time.
        baselines: Run ids that something is compared with.
        also: Let such runs go as well.
    """
    newest = {run.run_id for run in runs[max(0, len(runs) - keep) :]} if keep else set()
    known = {*baselines, *(run.baseline for run in runs if run.baseline is not None)}
    return [Retained(run=run, reason=_why_kept(run, newest, older_than, now, known, also)) for run in runs]


def _why_kept(
    run: RunFacts,
    newest: set[str],
    older_than: timedelta | None,
    now: datetime,
    baselines: set[str],
    also: Collection[Kind],
) -> str | None:
    reasons = (
        (run.damage is not None, "damaged: look at it yourself"),
        (run.is_link, "a link: what it points to lies elsewhere"),
        (run.is_locked, "being written now"),
        (run.is_pinned, "pinned"),
        (run.run_id in baselines, "a baseline"),
        (run.n_labels > 0 and "labelled" not in also, f"{run.n_labels} labels by people"),
        (run.n_findings > 0 and "labelled" not in also, f"{run.n_findings} findings by people about its probes"),
        (bool(run.other_files) and "other_files" not in also, f"also holds {_named(run.other_files)}"),
        (run.run_id in newest, "among the newest"),
        (older_than is not None and not _is_older(run, older_than, now), "not old enough"),
    )
    return next((reason for applies, reason in reasons if applies), None)


def _named(names: Sequence[str]) -> str:
    shown = ", ".join(names[:MOST_NAMED])
    return shown if len(names) <= MOST_NAMED else f"{shown} and {len(names) - MOST_NAMED} more"


def _is_older(run: RunFacts, older_than: timedelta, now: datetime) -> bool:
    with suppress(ValueError):
        started = datetime.fromisoformat(run.started_at)
        return now - (started if started.tzinfo else started.replace(tzinfo=UTC)) > older_than
    return False


def remove_run(out: Path, run_id: str) -> None:
    """Remove a run for good; holding its lock, and under another name first, so that no half of it stays.

    Raises:
        JournalError: If it is no run, is locked, or cannot be removed.
    """
    folder = out / run_id
    if folder.is_symlink() or not (folder / "manifest.json").is_file():
        raise JournalError(f"{folder}: need a run directory that is no link")
    gone = out / f"{TRASH}{run_id}"
    try:
        with RunDirectory(folder).locked():
            Path(folder).replace(gone)
        shutil.rmtree(gone)
    except OSError as exc:
        raise JournalError(f"{folder}: cannot be removed: {exc.strerror}") from exc


def pin_run(directory: RunDirectory, *, pinned: bool) -> None:
    """Keep a run from being pruned, or no longer.

    Raises:
        JournalError: If the directory cannot be written.
    """
    path = directory.path / PIN
    try:
        if pinned:
            path.touch()
        else:
            path.unlink(missing_ok=True)
    except OSError as exc:
        raise JournalError(f"{path}: cannot be written: {exc.strerror}") from exc
