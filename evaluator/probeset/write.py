"""From a probe set in memory to a folder."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import msgspec

from evaluator.errors import ProbeFileError
from evaluator.jsonl import encode_line
from evaluator.probeset.probe_set import ProbeSet
from evaluator.probeset.read import META_FILE, PROBES_FILE
from evaluator.set_records import SetMeta


def write_probe_set(probe_set: ProbeSet, folder: Path) -> None:
    """Write probes.jsonl and set.toml to a folder, which is made when there is none.

    Raises:
        ProbeFileError: If the folder holds a probe set already, or cannot be written.
    """
    files = {PROBES_FILE: b"".join(map(encode_line, probe_set.probes))}
    if probe_set.meta is not None:
        files[META_FILE] = toml_of(probe_set.meta).encode()
    write_files(folder, files)


def write_files(folder: Path, files: Mapping[str, bytes]) -> tuple[Path, ...]:
    """Write the files of a new probe set, or none of them when one of their names is taken.

    Raises:
        ProbeFileError: If a file is there already, or cannot be written.
    """
    paths = {folder / name: data for name, data in files.items()}
    try:
        for path in (folder / PROBES_FILE, folder / META_FILE, *paths):
            if path.exists():
                raise ProbeFileError(f"{path}: exists; choose another folder, or remove it first")
        folder.mkdir(parents=True, exist_ok=True)
        for path, data in paths.items():
            path.write_bytes(data)
    except OSError as exc:
        raise ProbeFileError(f"{folder}: cannot be written: {exc.strerror or exc}") from exc
    return tuple(paths)


def toml_of(meta: SetMeta) -> str:
    """Return the text of a set.toml.

    >>> print(toml_of(SetMeta(name="mine", authors=("A", "B"))), end="")
    name = "mine"
    authors = ["A", "B"]
    """
    fields = {key: value for key, value in msgspec.to_builtins(meta).items() if key != "allow"}
    # A basic string of TOML takes what a string of JSON takes.
    lines = [f"{key} = {json.dumps(value, ensure_ascii=False)}\n" for key, value in fields.items() if value]
    for entry in meta.allow:
        table = msgspec.to_builtins(entry)
        lines += [
            "\n[[allow]]\n",
            *(f"{key} = {json.dumps(value, ensure_ascii=False)}\n" for key, value in table.items()),
        ]
    return "".join(lines)
