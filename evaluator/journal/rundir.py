"""A run directory: its files, its manifest, its lock."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import filelock
import msgspec

from evaluator.errors import JournalError
from evaluator.journal.atomic import write_atomically
from evaluator.journal.gold import GoldFile
from evaluator.journal.read import JournalState, read_journal
from evaluator.journal.verdicts import MAX_LINE_BYTES, StoredVerdicts
from evaluator.jsonl import describe, encode_line, read_records
from evaluator.label_design import LabelDesign
from evaluator.record_file import RecordFile
from evaluator.records import MANIFEST_SCHEMA, GoldLabel, Manifest, Probe, Verdict, VerdictChange

GRADING_FIELDS = ("graders", "judges", "judge_prompt", "judge_all", "judge_repeats")
"""What of a manifest is not about asking the models, and may change later."""
RUN_ID = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,98}[A-Za-z0-9_-])?")
NEVER_RUN_ID = re.compile(
    r"(?:history\.jsonl|index\.html|trend\.html|summary\.json|manifest\.json)|(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?"
)
"""Files that lie beside runs or are looked for by name, and what Windows keeps for devices."""


class RunDirectory:
    """The files of one run.

    What manifest.json says of the models is written once; journal.jsonl, and judgements.jsonl with
    what judges were asked, are only appended to. verdicts.jsonl and summary.json can be rebuilt
    from those three and probes.jsonl, the probes as they were asked.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.run_id = path.name
        self.manifest_path = path / "manifest.json"
        self.probes_path = path / "probes.jsonl"
        self.journal_path = path / "journal.jsonl"
        self.judgements_path = path / "judgements.jsonl"
        self.verdicts_path = path / "verdicts.jsonl"
        self.changes_path = path / "changes.jsonl"
        self.gold_path = path / "gold.jsonl"
        self.gold = GoldFile(self.gold_path)
        self.audit_path = path / "audit.jsonl"
        self.summary_path = path / "summary.json"

    @property
    def exists(self) -> bool:
        """Whether a run was made here."""
        # Not is_file(): it raises for a name that is too long.
        return os.path.isfile(self.manifest_path)  # noqa: PTH113

    @classmethod
    def find(cls, run: str, out: Path) -> RunDirectory:
        """Find a run by its directory, or by its id under `out`.

        Raises:
            JournalError: If there is no such run; the message names the nearest ones.
        """
        for candidate in (cls(Path(run)), cls(out / run)):
            if candidate.exists:
                return candidate
        known = sorted(p.parent.name for p in out.glob("*/manifest.json"))[-5:]
        hint = f"; the latest under {out} are {', '.join(known)}" if known else f"; there are no runs under {out}"
        raise JournalError(f"run {run!r}: need a run directory or the id of a run under {out}{hint}")

    @classmethod
    def named(cls, run_id: str, out: Path) -> RunDirectory:
        """Return the directory of a run that is, or will be, under `out`.

        Raises:
            JournalError: If no run can have that id, or a file stands in its place.
        """
        found = cls(out / check_run_id(run_id))
        # Not exists(): it raises for a name that is too long, which the making of the directory tells in words.
        if os.path.isfile(found.path):  # noqa: PTH113
            raise JournalError(f"run id: need another name than {run_id!r}: {found.path} is a file")
        return found

    def create(self, manifest: Manifest, probes: Iterable[Probe]) -> None:
        """Make the directory and write the probes and, last, the manifest.

        Raises:
            JournalError: If the run exists or the directory cannot be written.
        """
        if self.exists:
            raise JournalError(f"run {self.run_id} exists at {self.path}")
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            write_atomically(self.probes_path, map(encode_line, probes))
            write_atomically(self.manifest_path, msgspec.json.format(encode_line(manifest), indent=2))
        except OSError as exc:
            raise JournalError(f"{self.path}: cannot be written: {exc.strerror}") from exc

    def change_grading(self, manifest: Manifest) -> None:
        """Replace manifest.json by `manifest`, which differs in who grades and in nothing else.

        Raises:
            JournalError: If it differs in what was asked, or cannot be written.
        """
        before = self.read_manifest()
        same = {name: getattr(before, name) for name in GRADING_FIELDS}
        if msgspec.structs.replace(manifest, **same) != before:
            raise JournalError(f"{self.manifest_path}: need the run as it was asked; only its grading may change")
        if manifest != before:
            self._write(self.manifest_path, msgspec.json.format(encode_line(manifest), indent=2))

    def read_manifest(self) -> Manifest:
        """Read manifest.json.

        Raises:
            JournalError: If it is missing, damaged, or of a newer version of this package.
        """
        try:
            manifest = msgspec.json.decode(self.manifest_path.read_bytes(), type=Manifest)
        except OSError as exc:
            raise JournalError(f"{self.manifest_path}: cannot be read: {exc.strerror}") from exc
        except msgspec.ValidationError as exc:
            raise JournalError(f"{self.manifest_path}: {describe(exc)}") from exc
        except msgspec.DecodeError as exc:
            raise JournalError(f"{self.manifest_path}: {exc}") from exc
        if manifest.schema != MANIFEST_SCHEMA:
            raise JournalError(f"{self.manifest_path}: need schema {MANIFEST_SCHEMA}, got {manifest.schema}")
        return manifest

    def read_probes(self) -> tuple[Probe, ...]:
        """Read the probes as they were asked."""
        found = read_records(self.probes_path, Probe, JournalError, max_line_bytes=MAX_LINE_BYTES)
        return tuple(probe for _, probe in found)

    @property
    def verdicts(self) -> StoredVerdicts:
        """What verdicts.jsonl holds, to be gone through."""
        return StoredVerdicts(self.verdicts_path)

    def open_probes(self) -> RecordFile[Probe]:
        """Check the probes as they were asked; they stay on the disk and are read when asked for."""
        return RecordFile.opened(self.probes_path, Probe, "probe_id", JournalError, MAX_LINE_BYTES)

    def read_verdicts(self) -> list[Verdict]:
        """Read verdicts.jsonl; none when it has not been written."""
        return list(self.verdicts)

    def read_gold(self) -> tuple[LabelDesign | None, tuple[GoldLabel, ...]]:
        """Read gold.jsonl: the design of the draw, None without one, and every label.

        Raises:
            JournalError: If it is damaged; the message names the line.
        """
        found = self.gold.read()
        return found.design, found.labels

    def read_journal(self) -> JournalState:
        """Read journal.jsonl; an empty state when nothing was asked yet.

        Raises:
            JournalError: If it is damaged, or gone although there are verdicts on its answers.
        """
        if self.verdicts_path.exists() and not self.journal_path.exists():
            raise JournalError(
                f"{self.journal_path}: is gone, but its verdicts are there; restore it, or start a new run"
            )
        return read_journal(self.journal_path)

    def write_verdicts(self, verdicts: Iterable[Verdict]) -> None:
        """Replace verdicts.jsonl; they may be read from what it was before."""
        self._write(self.verdicts_path, map(encode_line, verdicts))

    def add_changes(self, changes: Iterable[VerdictChange]) -> None:
        """Add to changes.jsonl what a new grading changed."""
        lines = b"".join(map(encode_line, changes))
        if lines:
            before = self.changes_path.read_bytes() if self.changes_path.exists() else b""
            self._write(self.changes_path, before + lines)

    def write_summary(self, data: bytes) -> None:
        """Replace summary.json."""
        self._write(self.summary_path, data)

    def _write(self, path: Path, data: bytes | Iterable[bytes]) -> None:
        try:
            write_atomically(path, data)
        except OSError as exc:
            raise JournalError(f"{path}: cannot be written: {exc.strerror}; the journal is safe") from exc

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the run for this process alone; the system frees it when the process dies.

        Raises:
            JournalError: If another process holds it.
        """
        lock = filelock.FileLock(self.path / ".lock", timeout=0)
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            lock.acquire()
        except filelock.Timeout as exc:
            message = f"run {self.run_id} is being written by another process; wait for it or stop it"
            raise JournalError(message) from exc
        except (OSError, ValueError) as exc:
            reason = exc.strerror if isinstance(exc, OSError) and exc.strerror else exc
            raise JournalError(f"{self.path}: cannot be a run directory: {reason}") from exc
        try:
            yield
        finally:
            lock.release()


def check_run_id(run_id: str) -> str:
    """Return `run_id` when it can be a directory name on every system, and no file of ours has that name.

    Raises:
        JournalError: If it cannot.
    """
    if not RUN_ID.fullmatch(run_id):
        wanted = "letters, digits, '.', '_' and '-', at most 100, with no '.' at the end"
        raise JournalError(f"run id: need {wanted}, got {run_id!r}")
    if NEVER_RUN_ID.fullmatch(run_id.lower()):
        raise JournalError(f"run id: need another name than {run_id!r}, which is kept for a file or a device")
    return run_id
