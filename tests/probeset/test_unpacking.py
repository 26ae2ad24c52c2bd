"""A compressed file is unpacked only within bounds."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from evaluator.errors import ProbeFileError
from evaluator.probeset import hub
from evaluator.probeset.recipe import FileLayout


@pytest.mark.parametrize("name", ["bomb.jsonl.gz", "bomb.csv.gz"])
def test_a_file_that_unpacks_to_too_much_is_refused(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub, "MAX_UNPACKED_BYTES", 3_000_000)
    (tmp_path / name).write_bytes(gzip.compress(b" " * 3_000_001))
    with (
        pytest.raises(ProbeFileError, match="at most 3,000,000 bytes unpacked"),
        hub.file_rows(tmp_path / name, FileLayout()),
    ):
        pass


def test_a_file_that_is_cut_off_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "cut.jsonl.gz"
    path.write_bytes(gzip.compress(b'{"question": "Who?"}\n' * 1000)[:-10])
    with pytest.raises(ProbeFileError, match="cannot be read"), hub.file_rows(path, FileLayout()):
        pass
