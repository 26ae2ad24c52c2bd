"""The history file survives crashes and refuses damage."""

from __future__ import annotations

from pathlib import Path

import pytest

from evaluator.errors import JournalError
from evaluator.history import HistoryEntry
from evaluator.journal import HistoryFile


def entry(run_id: str) -> HistoryEntry:
    return HistoryEntry(
        run_id=run_id, started_at="s", recorded_at="r", plan_sha256="p", graders=("g",), baseline=None,
        baseline_sha256=None, baseline_repeat=None, rates=(), anchor=None, outcome="pass", usd=None, served={},
    )  # fmt: skip


def test_what_is_appended_is_read_back_in_order(tmp_path: Path) -> None:
    file = HistoryFile(tmp_path / "deep" / "history.jsonl")
    assert file.read() == ()
    with file.locked():
        for name in ("a", "b"):
            file.append(entry(name))
    assert [one.run_id for one in file.read()] == ["a", "b"]


def test_a_line_cut_off_by_a_crash_is_left_out_and_the_next_run_goes_on(tmp_path: Path) -> None:
    file = HistoryFile(tmp_path / "history.jsonl")
    file.append(entry("a"))
    file.append(entry("b"))
    whole = file.path.read_bytes()
    for n_cut in range(1, 60, 7):
        file.path.write_bytes(whole[:-n_cut])
        # Without its newline alone, the line is whole.
        assert [one.run_id for one in file.read()] == (["a", "b"] if n_cut == 1 else ["a"])
        file.append(entry("c"))
        assert file.read()[-1].run_id == "c"
        assert file.read()[0].run_id == "a"


@pytest.mark.parametrize("damage", [b"{}", b"\xff", b'{"run_id": 3}', b"[" * 9999])
def test_any_other_damage_names_its_line(tmp_path: Path, damage: bytes) -> None:
    file = HistoryFile(tmp_path / "history.jsonl")
    file.append(entry("a"))
    file.path.write_bytes(damage + b"\n" + file.path.read_bytes())
    with pytest.raises(JournalError, match=r"history.jsonl:1: damaged line"):
        file.read()


def test_another_schema_is_refused(tmp_path: Path) -> None:
    file = HistoryFile(tmp_path / "history.jsonl")
    file.append(entry("a"))
    file.path.write_bytes(file.path.read_bytes().replace(b"history/1", b"history/2"))
    with pytest.raises(JournalError, match="need evaluator/history/1, got 'evaluator/history/2'"):
        file.read()
