"""Files from strangers: what is no file of lines is one clear error."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from evaluator.errors import ProbeFileError
from evaluator.journal import RunDirectory
from evaluator.jsonl import encode_line, read_records
from evaluator.records import Probe


def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "probes.jsonl")
    with pytest.raises(ProbeFileError, match="regular file"):
        list(read_records(tmp_path / "probes.jsonl", Probe, ProbeFileError))


def test_a_symbolic_link_to_itself_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "loop.jsonl").symlink_to("loop.jsonl")
    with pytest.raises(ProbeFileError, match=r"loop\.jsonl: cannot be read"):
        list(read_records(tmp_path / "loop.jsonl", Probe, ProbeFileError))


def test_a_long_probe_survives_being_escaped(tmp_path: Path) -> None:
    probe = Probe(probe_id="p", question="q?", targets=("x",), context="漢" * 300_000)
    directory = RunDirectory(tmp_path)
    directory.probes_path.write_bytes(encode_line(probe))
    assert len(directory.probes_path.read_bytes()) > 1_000_000
    assert directory.read_probes() == (probe,)
