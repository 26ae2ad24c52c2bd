"""From a probe set in memory to a folder."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec

from evaluator.errors import ProbeFileError
from evaluator.jsonl import encode_line
from evaluator.probeset.meta import SetMeta
from evaluator.probeset.probe_set import ProbeSet
from evaluator.probeset.read import META_FILE, PROBES_FILE


def write_probe_set(probe_set: ProbeSet, folder: Path) -> None:
    """Write probes.jsonl and set.toml to a folder, which is made when there is none.

    Raises:
        ProbeFileError: If the folder holds a probe set already, or cannot be written.
    """
    for name in (PROBES_FILE, META_FILE):
        if (folder / name).exists():
            raise ProbeFileError(f"{folder / name}: exists; choose another folder, or remove it first")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / PROBES_FILE).write_bytes(b"".join(map(encode_line, probe_set.probes)))
        if probe_set.meta is not None:
            (folder / META_FILE).write_text(toml_of(probe_set.meta), encoding="utf-8")
    except OSError as exc:
        raise ProbeFileError(f"{folder}: cannot be written: {exc.strerror or exc}") from exc


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
