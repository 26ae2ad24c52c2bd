"""Records in a file: found by place and by id, never held in memory."""

from __future__ import annotations

import errno
from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluator import record_file
from evaluator.errors import JournalError, ProbeFileError
from evaluator.jsonl import encode_line
from evaluator.record_file import RecordFile, by_id, gathered
from evaluator.records import Probe


def probe(name: str, question: str = "Q?") -> Probe:
    return Probe(probe_id=name, question=question, targets=("né",))


def filed(*probes: Probe) -> RecordFile[Probe]:
    return gathered([probes], Probe, "probe_id", ProbeFileError)


@given(st.lists(st.text(min_size=1).filter(str.strip), max_size=30))
def test_what_was_added_comes_back_by_place_and_by_id(names: list[str]) -> None:
    probes = [probe(name, f"Question {place}?") for place, name in enumerate(names)]
    found = filed(*probes)
    assert list(found) == probes
    assert len(found) == len(probes)
    assert [found[place] for place in range(-len(probes), 0)] == probes
    assert found[1:3] == tuple(probes[1:3])
    assert dict(found.by_id) == {each.probe_id: each for each in probes}
    assert "" not in found.by_id
    expected = next((place for place, name in enumerate(names) if name in names[:place]), None)
    assert found.first_twice() == (None if expected is None else (expected, names.index(names[expected])))


def test_ids_with_equal_hashes_are_told_apart() -> None:
    with patch.object(record_file, "hash", lambda _: 7, create=True):
        found = filed(probe("a"), probe("b"))
        assert found.by_id["b"] == probe("b")
        assert found.by_id.get("c") is None
        assert found.first_twice() is None
        assert filed(probe("a"), probe("b"), probe("a", "Other?")).first_twice() == (2, 0)


def test_what_is_added_after_a_look_is_found_too() -> None:
    found = filed(probe("a"))
    assert "b" not in found.by_id
    assert found.append(probe("b")) == encode_line(probe("b"))
    assert found.by_id["b"] == found[1] == probe("b")


def test_a_file_is_read_with_its_mark_its_blank_lines_and_no_last_newline(tmp_path: Path) -> None:
    path = tmp_path / "probes.jsonl"
    one, two = encode_line(probe("a")), encode_line(probe("b"))
    path.write_bytes(b"\xef\xbb\xbf" + one + b"\r\n  \n" + two.rstrip())
    found = RecordFile.opened(path, Probe, "probe_id", JournalError, 1000)
    assert list(found) == [probe("a"), probe("b")]
    assert found.by_id["b"] == probe("b")


def test_a_damaged_file_names_its_line_and_a_changed_one_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "probes.jsonl"
    path.write_bytes(encode_line(probe("a")) + b"{}\n")
    with pytest.raises(JournalError, match=r"probes\.jsonl:2: "):
        RecordFile.opened(path, Probe, "probe_id", JournalError, 1000)
    with pytest.raises(JournalError, match="cannot be read"):
        RecordFile.opened(tmp_path / "none.jsonl", Probe, "probe_id", JournalError, 1000)
    path.write_bytes(encode_line(probe("a")))
    found = RecordFile.opened(path, Probe, "probe_id", JournalError, 1000)
    path.write_bytes(b"x" * path.stat().st_size)
    with pytest.raises(JournalError, match="was changed while it was read"):
        found[0]


def test_a_full_disk_is_told_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    full = OSError(errno.ENOSPC, "No space left on device")
    found = filed(probe("a"))
    with patch.object(record_file.os, "pread", side_effect=full), pytest.raises(ProbeFileError, match="No space left"):
        found[0]

    def refuse(**_: object) -> None:
        raise full

    monkeypatch.setattr(record_file.tempfile, "TemporaryFile", refuse)
    with pytest.raises(ProbeFileError, match="no temporary file can be made: No space left on device"):
        RecordFile.unnamed(Probe, "probe_id", ProbeFileError)


def test_records_in_memory_are_found_by_id_as_well() -> None:
    assert by_id((probe("a"), probe("b")), "probe_id")["b"] == probe("b")
