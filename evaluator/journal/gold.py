"""gold.jsonl: the design of the draw in its header line, then one label a line.

A label is on disk before `add` returns. One label is appended; several at once, or a change, replace
the file atomically, so a crash leaves all of them or none. Every write re-reads the file under a lock
of its own: several people may label one run at the same time, also while it is graded.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import filelock
import msgspec

from evaluator.errors import JournalError, LabelsFileError
from evaluator.journal.atomic import write_atomically
from evaluator.jsonl import decode_line, encode_line, open_binary
from evaluator.label_design import DESIGN_SCHEMA, LabelDesign
from evaluator.records import GoldLabel

MAX_BYTES = 256 * 1024 * 1024
LOCK_TIMEOUT_S = 20.0
_Key = tuple[str, str, bool]


class Gold(msgspec.Struct, frozen=True):
    """What gold.jsonl holds."""

    design: LabelDesign | None = None
    labels: tuple[GoldLabel, ...] = ()
    is_torn: bool = False
    """Whether the last line was cut off by a crash, or lacks its newline: then nothing can be appended."""


class _Line(msgspec.Struct):
    schema: msgspec.Raw = msgspec.Raw(b"")


_KIND = msgspec.json.Decoder(_Line)
_DESIGN = msgspec.json.Decoder(LabelDesign)
_LABEL = msgspec.json.Decoder(GoldLabel)


class GoldFile:
    """The labels of one run."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = filelock.FileLock(path.with_name(f".{path.name}.lock"), timeout=LOCK_TIMEOUT_S)

    def read(self) -> Gold:
        """Read everything; see `read_gold`."""
        return read_gold(self.path)

    def add(self, labels: Iterable[GoldLabel], *, replace: bool = False) -> int:
        """Write labels that are not there yet; return how many that were.

        An annotator who says the same of the same text again changes nothing.

        Args:
            replace: Let an annotator change their mind.

        Raises:
            LabelsFileError: If an annotator contradicts an earlier label; then nothing is written.
            JournalError: If the file is damaged or cannot be written.
        """
        with self.locked():
            gold = self.read()
            known = {_key(label): label for label in gold.labels}
            new = {_key(label): label for label in labels if _differs(label, known.get(_key(label)))}
            changed = [key for key in new if key in known]
            if changed and not replace and any(_is_same_text(new[key], known[key]) for key in changed):
                raise _contradiction(self.path, known, new)
            if len(new) == 1 and not changed and not gold.is_torn:
                self._append(next(iter(new.values())))
            elif new:
                self._write(gold.design, (known | new).values())
            return len(new)

    def remove(self, label: GoldLabel) -> None:
        """Take one label back; one that is not there is no error.

        Raises:
            JournalError: If the file is damaged or cannot be written.
        """
        with self.locked():
            gold = self.read()
            self._write(gold.design, (known for known in gold.labels if known != label))

    def write_design(self, design: LabelDesign) -> None:
        """Put `design` into the header line; labels stay.

        Raises:
            JournalError: If the file is damaged or cannot be written.
        """
        with self.locked():
            self._write(design, self.read().labels)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other processes from writing; may be nested.

        Raises:
            JournalError: If another process holds the file for longer than 20 s.
        """
        try:
            self._lock.acquire()
        except filelock.Timeout as exc:
            raise JournalError(f"{self.path}: is being written by another process; try again") from exc
        except OSError as exc:
            raise JournalError(f"{self.path}: cannot be locked: {exc.strerror}") from exc
        try:
            yield
        finally:
            self._lock.release()

    def _append(self, label: GoldLabel) -> None:
        try:
            file = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
            try:
                view = memoryview(encode_line(label))
                while view:
                    view = view[os.write(file, view) :]
                os.fsync(file)
            finally:
                os.close(file)
        except OSError as exc:
            raise self._error(exc) from exc

    def _write(self, design: LabelDesign | None, labels: Iterable[GoldLabel]) -> None:
        lines = [encode_line(record) for record in ([design] if design else [])]
        lines += [encode_line(label) for label in labels]
        try:
            write_atomically(self.path, b"".join(lines))
        except OSError as exc:
            raise self._error(exc) from exc

    def _error(self, exc: OSError) -> JournalError:
        return JournalError(f"{self.path}: cannot be written: {exc.strerror}; labels given before are safe")


def read_gold(path: Path) -> Gold:
    """Read gold.jsonl strictly; nothing when there is no such file.

    A last line that a crash cut off is left out: whoever wrote it was never told that it is safe.

    Raises:
        JournalError: If any other line cannot be read; the message names it.
    """
    lines = _lines(path)
    is_torn = bool(lines[-1])
    if not is_torn:
        lines.pop()
    design: LabelDesign | None = None
    found: dict[_Key, tuple[int, GoldLabel]] = {}
    for number, line in enumerate(lines, start=1):
        try:
            record = _decode(line, is_first=number == 1)
        except ValueError as exc:
            if is_torn and number == len(lines):
                break
            raise JournalError(f"{path}:{number}: damaged line: {exc}; restore the file from a copy") from exc
        if isinstance(record, LabelDesign):
            design = record
        else:
            _add(path, found, number, record)
    labels = tuple(label for _, label in found.values())
    _check_run(path, design, found.values())
    return Gold(design=design, labels=labels, is_torn=is_torn)


def numbered_labels(path: Path) -> Iterator[tuple[int, GoldLabel]]:
    """Yield the line number of every label of a file that `read_gold` accepts, repeated ones included."""
    for number, line in enumerate(_lines(path)[:-1], start=1):
        record = _decode(line, is_first=number == 1)
        if isinstance(record, GoldLabel):
            yield number, record


def _lines(path: Path) -> list[bytes]:
    """Return the lines, and after them what follows the last newline."""
    try:
        with open_binary(path) as stream:
            data = stream.read(MAX_BYTES + 1)
    except FileNotFoundError:
        return [b""]
    except OSError as exc:
        raise JournalError(f"{path}: cannot be read: {exc.strerror}") from exc
    if len(data) > MAX_BYTES:
        raise JournalError(f"{path}: need at most {MAX_BYTES:,} bytes, got more; restore the file from a copy")
    return data.split(b"\n")


def _decode(line: bytes, *, is_first: bool) -> LabelDesign | GoldLabel:
    if not bytes(decode_line(line, _KIND).schema):
        return decode_line(line, _LABEL)
    if not is_first:
        raise ValueError("need the design of the draw on the first line only")
    design = decode_line(line, _DESIGN)
    if design.schema != DESIGN_SCHEMA:
        raise ValueError(f"schema: need {DESIGN_SCHEMA}, got {design.schema[:80]!r}")
    return design


def _add(path: Path, found: dict[_Key, tuple[int, GoldLabel]], number: int, label: GoldLabel) -> None:
    before, first = found.setdefault(_key(label), (number, label))
    if first.label != label.label:
        raise JournalError(
            f"{path}:{number}: label: need one label per answer and annotator, got {label.label} "
            f"after {first.label} on line {before}; restore the file from a copy"
        )


def _check_run(path: Path, design: LabelDesign | None, found: Iterable[tuple[int, GoldLabel]]) -> None:
    for number, label in found:
        if design is not None and label.run_id != design.run_id:
            raise JournalError(
                f"{path}:{number}: run_id: need {design.run_id!r} as in the first line, got {label.run_id[:100]!r}"
            )


def _key(label: GoldLabel) -> _Key:
    return label.request_id, label.annotator, label.adjudicates


def _differs(label: GoldLabel, known: GoldLabel | None) -> bool:
    return known is None or known.label != label.label or not _is_same_text(label, known)


def _is_same_text(one: GoldLabel, other: GoldLabel) -> bool:
    return one.response_sha256 == other.response_sha256


def _contradiction(path: Path, known: dict[_Key, GoldLabel], new: dict[_Key, GoldLabel]) -> LabelsFileError:
    key = next(key for key in new if key in known and _is_same_text(new[key], known[key]))
    return LabelsFileError(
        f"{path}: {key[1]} labelled request {key[0][:16]}… {known[key].label} before, got {new[key].label}; "
        "nothing was written; to change labels: --replace"
    )
