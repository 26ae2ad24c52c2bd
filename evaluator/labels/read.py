"""Read a file of labels: what one annotator said of which answers."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated

import msgspec

from evaluator.errors import LabelsFileError
from evaluator.jsonl import decode_line, read_records
from evaluator.label_design import LabelDesign
from evaluator.records import LABELS, GoldLabel, Label, Record

_NAMES_SHOWN = 8


class LabelLine(Record, frozen=True):
    """A label for the answer of a model to a probe."""

    probe_id: str
    model: str
    label: Label
    repeat: Annotated[int, msgspec.Meta(ge=0)] = 0
    annotator: str = ""
    """Who gave the label; a name that starts with `llm:` is a model, not a person."""

    @property
    def answer(self) -> tuple[str, ...]:
        """Which answer it is about."""
        return (self.model, self.probe_id, str(self.repeat))


NumberedLabel = tuple[int, LabelLine | GoldLabel]
"""A label and the line of the file it stands on."""


class LabelSet(msgspec.Struct, frozen=True):
    """The labels of one annotator in one file, at most one per answer."""

    path: Path
    sha256: str
    annotator: str
    labels: tuple[NumberedLabel, ...]


class _Line(msgspec.Struct):
    request_id: msgspec.Raw = msgspec.Raw(b"")
    schema: msgspec.Raw = msgspec.Raw(b"")


_KIND = msgspec.json.Decoder(_Line)
_BY_ANSWER = msgspec.json.Decoder(LabelLine)
_DESIGN = msgspec.json.Decoder(LabelDesign)
_BY_REQUEST = msgspec.json.Decoder(GoldLabel)


def read_labels(path: Path, *, annotator: str | None = None) -> LabelSet:
    """Read the labels that one annotator gave.

    Every line is a `LabelLine`, or a `GoldLabel`, which has a request_id. gold.jsonl of a run is such
    a file: its header line, and labels that settle a disagreement of others, are passed over.

    Args:
        path: A .jsonl file, or .jsonl.gz.
        annotator: Whose labels; may be None when the file has those of one annotator only.

    Raises:
        LabelsFileError: If a line is damaged, the annotator is missing or not clear, or gives
            one answer two different labels.
    """
    lines = list(_read_lines(path))
    chosen = _choose_annotator(path, {label.annotator for _, label in lines}, annotator)
    with path.open("rb") as stream:
        sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
    labels = _distinct(path, (line for line in lines if line[1].annotator == chosen))
    return LabelSet(path=path, sha256=sha256, annotator=chosen, labels=labels)


def conflict(path: Path, first: NumberedLabel, second: NumberedLabel) -> LabelsFileError:
    """Say which two lines give one answer different labels."""
    number, label = second
    return LabelsFileError(
        f"{path}:{number}: label: need one label per answer and annotator, got {label.label} "
        f"after {first[1].label} on line {first[0]}"
    )


def _read_lines(path: Path) -> Iterator[NumberedLabel]:
    for number, raw in read_records(path, msgspec.Raw, LabelsFileError):
        try:
            label = _decode(bytes(raw), is_first=number == 1)
        except ValueError as exc:
            is_label = str(exc).startswith("label: ")
            wanted = f"; need one of {', '.join(LABELS)}" if is_label else ""
            raise LabelsFileError(f"{path}:{number}: {exc}{wanted}") from exc
        is_settling = isinstance(label, GoldLabel) and label.adjudicates
        if not isinstance(label, LabelDesign) and not is_settling:
            yield number, label


def _decode(line: bytes, *, is_first: bool) -> LabelLine | GoldLabel | LabelDesign:
    kind = decode_line(line, _KIND)
    if is_first and bytes(kind.schema):
        return decode_line(line, _DESIGN)
    return decode_line(line, _BY_REQUEST) if bytes(kind.request_id) else decode_line(line, _BY_ANSWER)


def _choose_annotator(path: Path, found: set[str], wanted: str | None) -> str:
    if not found:
        raise LabelsFileError(f"{path}: need at least one label, got an empty file")
    if wanted is not None:
        if wanted not in found:
            raise LabelsFileError(f"{path}: need --annotator out of {_names(found)}, got {wanted!r}")
        return wanted
    if len(found) > 1:
        raise LabelsFileError(
            f"{path}: labels by {len(found)} annotators; choose one with --annotator: {_names(found)}"
        )
    return next(iter(found))


def _names(annotators: set[str]) -> str:
    shown = [name or "'' (no name)" for name in sorted(annotators)]
    more = f" and {len(shown) - _NAMES_SHOWN} more" if len(shown) > _NAMES_SHOWN else ""
    return ", ".join(shown[:_NAMES_SHOWN]) + more


def _distinct(path: Path, lines: Iterable[NumberedLabel]) -> tuple[NumberedLabel, ...]:
    kept: dict[tuple[str, ...], NumberedLabel] = {}
    for line in lines:
        label = line[1]
        answer = (label.request_id, label.response_sha256) if isinstance(label, GoldLabel) else label.answer
        first = kept.setdefault(answer, line)
        if first[1].label != label.label:
            raise conflict(path, first, line)
    return tuple(kept.values())
