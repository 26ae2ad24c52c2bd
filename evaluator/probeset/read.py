"""From files to probe sets: strict, and before anything is spent."""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import get_args

import msgspec

from evaluator.config import FAMILY_PREFIX
from evaluator.errors import ProbeFileError
from evaluator.jsonl import read_records
from evaluator.probeset.families.reference import parse_reference, read_family
from evaluator.probeset.meta import read_set_meta
from evaluator.probeset.nearest import nearest, with_suggestion
from evaluator.probeset.probe_set import ProbeSet
from evaluator.record_file import RecordFile, by_id
from evaluator.records import REASONS, MatchType, Probe, ProbeSetRef

Lines = Sequence[int]
PROBES_FILE = "probes.jsonl"
META_FILE = "set.toml"
SUFFIXES = (".jsonl", ".jsonl.gz")
_VALUES = {"unanswerable": REASONS, "match": get_args(MatchType)}


def read_probe_set(source: Path | str) -> ProbeSet:
    """Read one probe set.

    Args:
        source: A directory with probes.jsonl and perhaps set.toml, a .jsonl or .jsonl.gz file, or
            `family:NAME?seed=S&n=N`.

    Raises:
        ProbeFileError: One line naming file, line and field, what was wanted and what came.
    """
    found, lines = _read(source)
    probes = tuple(found.probes)
    by_name = {probe.probe_id: line for probe, line in zip(probes, lines, strict=False)}
    return msgspec.structs.replace(found, probes=probes, lines=by_name)


def read_probe_sets(sources: Iterable[Path | str]) -> tuple[ProbeSet, ...]:
    """Read several probe sets that are used together; their probes stay on the disk.

    Raises:
        ProbeFileError: As `read_probe_set`; also when a set comes twice or two sets share a probe_id.
    """
    sets: list[ProbeSet] = []
    for path in sources:
        found, _ = _read(path)
        for other in sets:
            if other.ref.sha256 == found.ref.sha256:
                raise ProbeFileError(f"{path}: the same probe set came already as {other.ref.path}; name it once")
        _refuse_shared(path, found, sets)
        sets.append(found)
    return tuple(sets)


def _refuse_shared(path: Path | str, found: ProbeSet, earlier: Sequence[ProbeSet]) -> None:
    others = [(other.ref.path, by_id(other.probes, "probe_id")) for other in earlier]
    for probe in found.probes if others else ():
        for name, known in others:
            if probe.probe_id in known:
                raise ProbeFileError(f"{path}: probe_id {probe.probe_id!r} occurs in {name} too; ids must be unique")


def _read(source: Path | str) -> tuple[ProbeSet, Lines]:
    """Read one probe set and the line of each probe; what comes from a file stays on the disk."""
    if str(source).startswith(FAMILY_PREFIX):
        return read_family(parse_reference(str(source))), ()
    path = Path(source)
    try:
        file = _probes_file(path)
        meta_path = file.with_name(META_FILE)
        has_meta = file.name == PROBES_FILE and meta_path.is_file()
    except OSError as exc:
        raise ProbeFileError(f"{path}: cannot be read: {exc.strerror or exc}") from exc
    meta = read_set_meta(meta_path) if has_meta else None
    probes, lines, sha256 = _read_probes(file)
    ref = ProbeSetRef(
        name=meta.name if meta else _name_of(file),
        path=path.as_posix(),
        sha256=sha256,
        n_probes=len(probes),
        version=meta.version if meta else None,
        licence=meta.licence if meta else None,
    )
    return ProbeSet(ref=ref, probes=probes, meta=meta, file=file.as_posix()), lines


def _probes_file(path: Path) -> Path:
    if path.is_dir():
        file = path / PROBES_FILE
        if not file.is_file():
            raise ProbeFileError(f"{path}: need a file {PROBES_FILE} in this directory, got none{_near(file)}")
        return file
    if not path.exists():
        raise ProbeFileError(f"{path}: no such file or directory{_near(path)}")
    if not path.name.endswith(SUFFIXES):
        raise ProbeFileError(
            f"{path}: need a directory, a .jsonl or a .jsonl.gz file, got {path.suffix or 'no ending'}"
        )
    return path


def _near(path: Path) -> str:
    if not path.parent.is_dir():
        return f"; the directory {path.parent} does not exist either"
    meant = nearest(path.name, sorted(other.name for other in path.parent.iterdir()))
    return f"; did you mean {path.with_name(meant)}?" if meant else ""


def _name_of(file: Path) -> str:
    if file.name == PROBES_FILE:
        return file.resolve().parent.name or "probes"
    return file.name.removesuffix(".gz").removesuffix(".jsonl") or file.name


def _read_probes(file: Path) -> tuple[RecordFile[Probe], Lines, str]:
    """Return the probes of a file, their lines and their `content_sha256`."""
    probes, lines = RecordFile.unnamed(Probe, "probe_id", ProbeFileError), array("q")
    digest = hashlib.sha256()
    for line, probe in _numbered_probes(file):
        digest.update(probes.append(probe))
        lines.append(line)
    twice = probes.first_twice()
    if twice is not None:
        later, earlier = twice
        is_same = probes[later] == probes[earlier]
        what = "repeats the whole row of" if is_same else "uses the same probe_id with other content as"
        name = probes[later].probe_id
        raise ProbeFileError(f"{file}:{lines[later]}: probe_id: {name!r} {what} line {lines[earlier]}")
    if not len(probes):
        raise ProbeFileError(f"{file}: need at least one probe, got an empty set")
    return probes, lines, digest.hexdigest()


def _numbered_probes(file: Path) -> Iterator[tuple[int, Probe]]:
    try:
        yield from read_records(file, Probe, ProbeFileError)
    except ProbeFileError as exc:
        raise ProbeFileError(with_suggestion(str(exc), Probe.__struct_fields__, _VALUES)) from exc
