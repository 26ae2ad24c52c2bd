"""Verdicts beside what they are about, whatever the order of their file."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from evaluator.errors import JournalError
from evaluator.journal.verdicts import StoredVerdicts
from evaluator.jsonl import encode_line
from evaluator.records import Label, Verdict


def verdict(request_id: str, label: Label = "correct") -> Verdict:
    return Verdict(request_id=request_id, probe_id="p", model="m", prompt="none", repeat=0, grader="g-1", label=label)


def stored(folder: Path, verdicts: list[Verdict], extra: bytes = b"") -> StoredVerdicts:
    path = folder / "verdicts.jsonl"
    path.write_bytes(b"".join(map(encode_line, verdicts)) + extra)
    return StoredVerdicts(path)


NEW = [verdict(name, "wrong") for name in "abcdfhi"]


@pytest.mark.parametrize("order", ["sorted", "shuffled", "twice"])
def test_each_record_is_beside_the_verdict_on_its_request(tmp_path: Path, order: str) -> None:
    old = [verdict(name) for name in "bcegh"]
    if order == "shuffled":
        random.Random(1).shuffle(old)
    if order == "twice":
        old.insert(0, verdict("b", "abstained"))
    found = [(new.request_id, known and known.label) for new, known in stored(tmp_path, old).beside(NEW)]
    expected = dict.fromkeys("abcdfhi") | dict.fromkeys("bch", "correct")
    assert found == list(expected.items())


def test_without_a_file_nothing_is_beside(tmp_path: Path) -> None:
    assert list(StoredVerdicts(tmp_path / "verdicts.jsonl").beside(NEW)) == [(new, None) for new in NEW]


def test_damage_is_named_also_after_the_last_record(tmp_path: Path) -> None:
    known = stored(tmp_path, [verdict(name) for name in "abz"], b'{"request_id":"zz","label":"correct"}\n')
    with pytest.raises(JournalError, match=r"verdicts\.jsonl:4: .*probe_id"):
        list(known.beside(NEW))
    known = stored(tmp_path, [verdict("a")], b'{"request_id":\n')
    with pytest.raises(JournalError, match=r"verdicts\.jsonl:2: need one JSON object"):
        list(known.beside(NEW))
