"""seal.json: hashes of a run's files, so that a change of any byte is noticed and placed.

A seal is no signature: who can change the run can seal it anew. It tells damage and carelessness
from a sound run; for more than that, keep the seal elsewhere.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TypeVar

import msgspec

from evaluator import __version__
from evaluator.errors import JournalError
from evaluator.journal.atomic import write_atomically
from evaluator.jsonl import describe, encode_line
from evaluator.verification import SEAL_SCHEMA, Bundle, Seal, SealedFile

S = TypeVar("S", Seal, Bundle)

SEALED = (
    "manifest.json",
    "probes.jsonl",
    "journal.jsonl",
    "judgements.jsonl",
    "verdicts.jsonl",
    "gold.jsonl",
    "audit.jsonl",
    "summary.json",
)
APPENDED = frozenset({"journal.jsonl", "judgements.jsonl"})
"""Only ever appended to: what a later session added is no change."""
GROWING = frozenset({"gold.jsonl", "audit.jsonl"})
"""Lines may be added by people at any time."""
MOST_BLOCKS = 1024
_DIGITS = 16


def seal_file(path: Path) -> SealedFile:
    """Hash one file, as a whole and in blocks of lines; each line of a file that people add to."""
    n_lines = sum(1 for _ in _lines(path))
    per_block = 1 if path.name in GROWING else max(1, math.ceil(n_lines / MOST_BLOCKS))
    whole, n_bytes, blocks = hashlib.sha256(), 0, []
    block = hashlib.sha256()
    number = 0
    for number, line in enumerate(_lines(path), start=1):
        whole.update(line)
        block.update(line)
        n_bytes += len(line)
        if number % per_block == 0:
            blocks.append(block.hexdigest()[:_DIGITS])
            block = hashlib.sha256()
    if number % per_block:
        blocks.append(block.hexdigest()[:_DIGITS])
    return SealedFile(n_bytes=n_bytes, sha256=whole.hexdigest(), lines_per_block=per_block, blocks=tuple(blocks))


def seal_files(folder: Path, names: tuple[str, ...] = SEALED) -> dict[str, SealedFile]:
    """Hash the files of a run that are there."""
    return {name: seal_file(folder / name) for name in names if (folder / name).is_file()}


def write_seal(folder: Path, run_id: str) -> None:
    """Write seal.json about the files as they are now.

    Raises:
        JournalError: If it cannot be written.
    """
    try:
        seal = Seal(run_id=run_id, evaluator=__version__, files=seal_files(folder))
        write_atomically(folder / "seal.json", msgspec.json.format(encode_line(seal), indent=1))
    except OSError as exc:
        raise JournalError(f"{folder / 'seal.json'}: cannot be written: {exc.strerror}") from exc


def read_seal(folder: Path) -> Seal | None:
    """Read seal.json; None when there is none.

    Raises:
        JournalError: If it is damaged.
    """
    return read_hashes(folder / "seal.json", Seal, SEAL_SCHEMA)


def read_hashes(path: Path, record: type[S], schema: str) -> S | None:
    """Read a file of hashes that names its schema; None when there is none.

    Raises:
        JournalError: If it is damaged, or of another schema.
    """
    try:
        found = msgspec.json.decode(path.read_bytes(), type=record)
    except FileNotFoundError:
        return None
    except OSError as exc:
        raise JournalError(f"{path}: cannot be read: {exc.strerror}") from exc
    except msgspec.ValidationError as exc:
        raise JournalError(f"{path}: {describe(exc)}") from exc
    except (msgspec.DecodeError, UnicodeDecodeError) as exc:
        raise JournalError(f"{path}: {exc}") from exc
    if found.schema != schema:
        raise JournalError(f"{path}: schema: need {schema}, got {found.schema[:80]!a}")
    return found


def broken_lines(path: Path, sealed: SealedFile) -> Iterator[tuple[int, int]]:
    """First and last line of every sealed block that is not in the file as it was."""
    blocks = _block_hashes(path, sealed.lines_per_block)
    for number, expected in enumerate(sealed.blocks):
        if next(blocks, None) != expected:
            first = number * sealed.lines_per_block + 1
            yield first, first + sealed.lines_per_block - 1


def lost_lines(path: Path, sealed: SealedFile) -> list[int]:
    """Sealed lines, by their old number, that are nowhere in the file any more."""
    there = set(_block_hashes(path, 1))
    return [number for number, line in enumerate(sealed.blocks, start=1) if line not in there]


def prefix_sha256(path: Path, n_bytes: int) -> str:
    """Hash of the first `n_bytes` of a file."""
    digest, left = hashlib.sha256(), n_bytes
    with path.open("rb") as stream:
        while left and (chunk := stream.read(min(left, 1 << 20))):
            digest.update(chunk)
            left -= len(chunk)
    return digest.hexdigest()


def _block_hashes(path: Path, per_block: int) -> Iterator[str]:
    block, number = hashlib.sha256(), 0
    for number, line in enumerate(_lines(path), start=1):
        block.update(line)
        if number % per_block == 0:
            yield block.hexdigest()[:_DIGITS]
            block = hashlib.sha256()
    if number % per_block:
        yield block.hexdigest()[:_DIGITS]


def _lines(path: Path) -> Iterator[bytes]:
    with path.open("rb") as stream:
        yield from stream


def sealed_names(files: Mapping[str, SealedFile]) -> list[str]:
    """Names of sealed files, those that a run knows only: a seal is input from strangers."""
    return [name for name in SEALED if name in files]
