"""From files to probe sets: strict, and before anything is spent."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import get_args

from evaluator.config import FAMILY_PREFIX
from evaluator.errors import ProbeFileError
from evaluator.jsonl import read_records
from evaluator.probeset.families.reference import parse_reference, read_family
from evaluator.probeset.meta import read_set_meta
from evaluator.probeset.nearest import nearest, with_suggestion
from evaluator.probeset.probe_set import ProbeSet, content_sha256
from evaluator.records import REASONS, MatchType, Probe, ProbeSetRef

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
    if str(source).startswith(FAMILY_PREFIX):
        return read_family(parse_reference(str(source)))
    path = Path(source)
    try:
        file = _probes_file(path)
        meta_path = file.with_name(META_FILE)
        has_meta = file.name == PROBES_FILE and meta_path.is_file()
    except OSError as exc:
        raise ProbeFileError(f"{path}: cannot be read: {exc.strerror or exc}") from exc
    meta = read_set_meta(meta_path) if has_meta else None
    lines, probes = _read_probes(file)
    ref = ProbeSetRef(
        name=meta.name if meta else _name_of(file),
        path=path.as_posix(),
        sha256=content_sha256(probes),
        n_probes=len(probes),
        version=meta.version if meta else None,
        licence=meta.licence if meta else None,
    )
    return ProbeSet(ref=ref, probes=probes, meta=meta, file=file.as_posix(), lines=lines)


def read_probe_sets(sources: Iterable[Path | str]) -> tuple[ProbeSet, ...]:
    """Read several probe sets that are used together.

    Raises:
        ProbeFileError: As `read_probe_set`; also when a set comes twice or two sets share a probe_id.
    """
    sets: list[ProbeSet] = []
    set_of_content: dict[str, str] = {}
    set_of_probe: dict[str, str] = {}
    for path in sources:
        found = read_probe_set(path)
        twice = set_of_content.get(found.ref.sha256)
        if twice is not None:
            raise ProbeFileError(f"{path}: the same probe set came already as {twice}; name it once")
        set_of_content[found.ref.sha256] = found.ref.path
        for probe in found.probes:
            other = set_of_probe.setdefault(probe.probe_id, found.ref.path)
            if other != found.ref.path:
                raise ProbeFileError(f"{path}: probe_id {probe.probe_id!r} occurs in {other} too; ids must be unique")
        sets.append(found)
    return tuple(sets)


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


def _read_probes(file: Path) -> tuple[dict[str, int], tuple[Probe, ...]]:
    first: dict[str, tuple[int, Probe]] = {}
    for line, probe in _numbered_probes(file):
        if probe.probe_id in first:
            first_line, first_probe = first[probe.probe_id]
            what = (
                "repeats the whole row of" if probe == first_probe else "uses the same probe_id with other content as"
            )
            raise ProbeFileError(f"{file}:{line}: probe_id: {probe.probe_id!r} {what} line {first_line}")
        first[probe.probe_id] = (line, probe)
    if not first:
        raise ProbeFileError(f"{file}: need at least one probe, got an empty set")
    lines = {probe_id: line for probe_id, (line, _) in first.items()}
    return lines, tuple(probe for _, probe in first.values())


def _numbered_probes(file: Path) -> Iterator[tuple[int, Probe]]:
    try:
        yield from read_records(file, Probe, ProbeFileError)
    except ProbeFileError as exc:
        raise ProbeFileError(with_suggestion(str(exc), Probe.__struct_fields__, _VALUES)) from exc
