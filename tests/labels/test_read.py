from __future__ import annotations

import gzip
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from evaluator.errors import LabelsFileError
from evaluator.labels import LabelLine, read_labels
from evaluator.records import GoldLabel

LINE = {"probe_id": "p", "model": "m", "label": "wrong", "annotator": "anna"}
GOLD = {
    "run_id": "r",
    "request_id": "q1",
    "response_sha256": "ab",
    "label": "correct",
    "annotator": "anna",
    "labelled_at": "2026-01-01T00:00:00+00:00",
}


def written(folder: Path, *lines: dict[str, Any]) -> Path:
    path = folder / "labels.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return path


def test_both_kinds_of_lines_are_read_with_their_numbers(tmp_path: Path) -> None:
    path = written(tmp_path, LINE, GOLD)
    found = read_labels(path)
    assert found.annotator == "anna"
    assert [number for number, _ in found.labels] == [1, 2]
    assert found.labels[0][1] == LabelLine(probe_id="p", model="m", label="wrong", repeat=0, annotator="anna")
    assert isinstance(found.labels[1][1], GoldLabel)
    assert found.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_compressed_file_is_read_and_hashed_as_it_lies_there(tmp_path: Path) -> None:
    path = tmp_path / "labels.jsonl.gz"
    path.write_bytes(gzip.compress(json.dumps(LINE).encode()))
    found = read_labels(path)
    assert len(found.labels) == 1
    assert found.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_several_annotators_need_a_choice_that_names_them(tmp_path: Path) -> None:
    path = written(tmp_path, LINE, {**LINE, "annotator": "ben"}, {**LINE, "annotator": ""})
    with pytest.raises(LabelsFileError, match=r"3 annotators.*--annotator: '' \(no name\), anna, ben$"):
        read_labels(path)
    assert read_labels(path, annotator="ben").annotator == "ben"
    assert read_labels(path, annotator="").labels[0][0] == 3


def test_a_hundred_annotators_do_not_make_a_hundred_names(tmp_path: Path) -> None:
    path = written(tmp_path, *({**LINE, "annotator": f"worker-{i:03}"} for i in range(100)))
    with pytest.raises(LabelsFileError, match=r"and 92 more$"):
        read_labels(path)


def test_an_unknown_annotator_is_refused_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(LabelsFileError, match="need --annotator out of anna, got 'ana'"):
        read_labels(written(tmp_path, LINE), annotator="ana")


def test_two_labels_for_one_answer_name_both_lines(tmp_path: Path) -> None:
    path = written(tmp_path, LINE, {**LINE, "repeat": 1}, {**LINE, "label": "correct"})
    with pytest.raises(LabelsFileError, match=r"labels\.jsonl:3: label: .*got correct after wrong on line 1$"):
        read_labels(path)


def test_two_gold_labels_for_one_text_name_both_lines(tmp_path: Path) -> None:
    with pytest.raises(LabelsFileError, match=r":2: .*got wrong after correct on line 1$"):
        read_labels(written(tmp_path, GOLD, {**GOLD, "label": "wrong"}))


def test_gold_labels_of_two_texts_of_one_request_may_differ(tmp_path: Path) -> None:
    path = written(tmp_path, GOLD, {**GOLD, "label": "wrong", "response_sha256": "cd"})
    assert len(read_labels(path).labels) == 2


def test_a_repeated_label_counts_once(tmp_path: Path) -> None:
    assert len(read_labels(written(tmp_path, LINE, LINE, LINE)).labels) == 1


def test_annotators_may_differ_and_a_conflict_of_another_one_does_not_matter(tmp_path: Path) -> None:
    path = written(tmp_path, LINE, {**LINE, "annotator": "ben", "label": "correct"}, {**LINE, "annotator": "ben"})
    assert len(read_labels(path, annotator="anna").labels) == 1
    with pytest.raises(LabelsFileError, match=":3: "):
        read_labels(path, annotator="ben")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "empty"),
        (b"\n\n", "empty"),
        (b'{"probe_id": "p", "model": "m"}', ":1:.*label"),
        (b'{"probe_id": "p", "model": "m", "label": "C"}', ":1: label: .*'C'; need one of correct, wrong, abstained"),
        (b'{"probe_id": "p", "model": "m", "label": null}', ":1: label: .*need one of correct"),
        (b'{"probe_id": "p", "model": "m", "label": "wrong", "note": 1}', ":1:.*note"),
        (b'{"probe_id": "p", "model": "m", "label": "wrong", "repeat": -1}', ":1: repeat"),
        (b'{"request_id": "q", "label": "wrong"}', ":1:.*run_id"),
        (b'{"probe_id": "p", "model": "m", "label": "wrong"', ":1:"),
        (b"[1]", ":1:"),
        (b"\n\n7", ":3:"),
        (b'{"probe_id": "caf\xe9"}', ":1: need UTF-8, got byte 0xe9"),
        (b'{"probe_id": "p\x00"}', ":1: .*NUL"),
        (b'{"probe_id": "\\ud800", "model": "m", "label": "wrong"}', ":1:"),
        (b"[" * 100_000, ":1:"),
        (b"x" * 1_000_001, ":1:.*bytes"),
    ],
    ids=lambda value: value[:24].decode("latin-1") if isinstance(value, bytes) else "",
)
def test_a_bad_file_names_line_and_field(tmp_path: Path, content: bytes, says: str) -> None:
    path = tmp_path / "labels.jsonl"
    path.write_bytes(content)
    with pytest.raises(LabelsFileError, match=says):
        read_labels(path)


def test_what_cannot_be_read_is_said(tmp_path: Path) -> None:
    for path in (tmp_path / "missing.jsonl", tmp_path):
        with pytest.raises(LabelsFileError, match="cannot be read"):
            read_labels(path)
    broken = tmp_path / "labels.jsonl.gz"
    broken.write_bytes(gzip.compress(json.dumps(LINE).encode() * 100)[:30])
    with pytest.raises(LabelsFileError, match="damaged"):
        read_labels(broken)
