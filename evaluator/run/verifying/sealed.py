"""The bytes of the files against seal.json, or against bundle.json of what was published."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from evaluator.journal.seal import (
    APPENDED,
    GROWING,
    broken_lines,
    lost_lines,
    prefix_sha256,
    seal_file,
    sealed_names,
)
from evaluator.run.verifying.part import Part
from evaluator.verification import SealedFile


def check_bytes(part: Part, folder: Path, files: Mapping[str, SealedFile], *, seal: str) -> None:
    """Compare every sealed file with what it was.

    Files that are only appended to may have grown, and people may have added labels since.

    Args:
        part: To note the result in.
        folder: Of the run.
        files: From the seal.
        seal: Name of the file that holds them.
    """
    names = sealed_names(files)
    for name in names:
        sealed, path = files[name], folder / name
        part.n += 1
        if not path.is_file():
            part.differ(name, "file", f"{sealed.n_bytes:,} bytes as in {seal}", None)
        elif name in GROWING:
            _check_growing(part, path, sealed)
        elif name in APPENDED:
            _check_appended(part, path, sealed)
        else:
            _check_whole(part, path, sealed)
    part.text = f"{len(names)} files byte for byte against {seal}"


def _check_whole(part: Part, path: Path, sealed: SealedFile) -> None:
    now = seal_file(path)
    if now.sha256 != sealed.sha256 or now.n_bytes != sealed.n_bytes:
        _name_lines(part, path, sealed, now.sha256, now.n_bytes)


def _check_appended(part: Part, path: Path, sealed: SealedFile) -> None:
    n_bytes = path.stat().st_size
    found = prefix_sha256(path, sealed.n_bytes)
    if found != sealed.sha256 or n_bytes < sealed.n_bytes:
        _name_lines(part, path, sealed, found, n_bytes)
    elif n_bytes > sealed.n_bytes:
        part.skip(f"{path.name} has {n_bytes - sealed.n_bytes:,} bytes more than when summary.json was written")


def _check_growing(part: Part, path: Path, sealed: SealedFile) -> None:
    now = seal_file(path)
    if now.sha256 == sealed.sha256:
        return
    lost = lost_lines(path, sealed)
    # The first line tells how the sample was drawn; a larger draw replaces it.
    changed = [number for number in lost if number > 1 or len(now.blocks) <= 1]
    for number in changed:
        part.differ(path.name, "bytes", "the line as it was sealed", "no such line", line=number)
    if not changed:
        n_more = len(now.blocks) - len(sealed.blocks)
        part.skip(f"{path.name} has {n_more} lines more than when summary.json was written: evaluator grade renews it")


def _name_lines(part: Part, path: Path, sealed: SealedFile, sha256: str, n_bytes: int) -> None:
    blocks = list(broken_lines(path, sealed))
    for first, last in blocks[:10]:
        where = "bytes" if first == last else f"bytes of lines {first} to {last}"
        part.differ(path.name, where, "as sealed", "changed", line=first)
    if len(blocks) > 10:
        part.differ(path.name, "bytes", "as sealed", f"{len(blocks) - 10} more blocks of lines changed")
    part.differ(path.name, "sha256", f"{sealed.sha256} of {sealed.n_bytes:,} bytes", f"{sha256} of {n_bytes:,} bytes")
