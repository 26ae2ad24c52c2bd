from __future__ import annotations

from pathlib import Path

import pytest

from evaluator.errors import LabelsFileError
from evaluator.labels import read_sheet
from evaluator.labels.sheet_rows import Sheet

HEADER = "run_id,request_id,response,label,annotator"


def read(folder: Path, content: str | bytes) -> Sheet:
    path = folder / "labels.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_sheet(path)


def labels(sheet: Sheet) -> list[tuple[int, str, str]]:
    return [(row.line, row.cells["response"], row.cells["label"]) for row in sheet.rows]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("start", ["", "sep={}\n"])
def test_what_spreadsheets_save_is_read(tmp_path: Path, end: str, separator: str, encoding: str, start: str) -> None:
    lines = [HEADER, 'r,q1,"é, ""b""; c",wrong,anna', "r,q2,x,,", ",,,,"]
    body = end.join(lines).replace(",", separator).replace(f"é{separator} ", "é, ") + end
    sheet = read(tmp_path, (start.format(separator) + body).encode(encoding))
    assert [found[1:] for found in labels(sheet)] == [('é, "b"; c', "wrong"), ("x", "")]
    assert sheet.encoding == encoding.removesuffix("-sig")


def test_rows_have_the_line_they_begin_on(tmp_path: Path) -> None:
    sheet = read(tmp_path, f'{HEADER}\nr,q1,"two\nlines",wrong,a\n\nr,q2,x,correct,a\n')
    assert labels(sheet) == [(2, "two\nlines", "wrong"), (5, "x", "correct")]
    sheet = read(tmp_path, f'sep=,\n{HEADER}\nr,q1,"two\nlines",wrong,a\nr,q2,x,correct,a\n')
    assert [row.line for row in sheet.rows] == [3, 5]


def test_columns_may_be_in_another_order_missing_or_more(tmp_path: Path) -> None:
    sheet = read(tmp_path, "comment,Label, RESPONSE ,request_id,run_id\nhm,wrong,x,q,r\n,wrong,y\n")
    assert [row.cells["label"] for row in sheet.rows] == ["wrong", "wrong"]
    assert (sheet.rows[0].cells["model"], sheet.rows[1].cells["run_id"]) == ("", "")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", r"labels.csv: need the columns run_id, .*, got an empty file|:1: need the columns"),
        (b"a,b\n1,2\n", r":1: need the columns run_id, request_id, response, label, got 'a, b'"),
        (b"run_id,request_id,response\n", r":1: need the columns label"),
        (b"run_id,request_id,response,label,label\n", r":1: need one column label, got 2"),
        (HEADER.encode() + b"\nr,q,x,wrong,a,more\n", r":2: need at most 5 cells .* got 6"),
        (HEADER.encode() + b'\nr,q,"x,wrong,a\nr,q,x,wrong,a\n', r":2: need a CSV: unexpected end of data"),
        (HEADER.encode() + b'\nr,q,"x"y,wrong,a\n', r":2: need a CSV"),
        (HEADER.encode() + b"\nr,q,x\0,wrong,a\n", r"need a CSV in UTF-8"),
        (b"PK\x03\x04...", r"got a workbook or zip file; save it as CSV UTF-8"),
        (b"\xff\xfea", r"need a CSV in UTF-8"),
        (HEADER.encode() + b"\nr,q,\x81,wrong,a\n", r"need a CSV in UTF-8"),
        (HEADER.encode() + b"\nr,q," + b"x" * 200_000 + b",wrong,a\n", r":2: need a CSV: field larger"),
    ],
)
def test_what_is_no_sheet_is_said_in_one_line(tmp_path: Path, content: bytes, message: str) -> None:
    with pytest.raises(LabelsFileError, match=message) as caught:
        read(tmp_path, content)
    assert "\n" not in str(caught.value)


def test_files_and_rows_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evaluator.labels.sheet_rows.MAX_ROWS", 2)
    with pytest.raises(LabelsFileError, match=r":4: need at most 2 rows"):
        read(tmp_path, f"{HEADER}\n" + "r,q,x,wrong,a\n" * 3)
    monkeypatch.setattr("evaluator.labels.sheet_rows.MAX_BYTES", 10)
    with pytest.raises(LabelsFileError, match="need at most 10 bytes"):
        read(tmp_path, HEADER)


def test_no_file_and_no_regular_file_are_said(tmp_path: Path) -> None:
    with pytest.raises(LabelsFileError, match="cannot be read: No such file"):
        read_sheet(tmp_path / "no.csv")
    with pytest.raises(LabelsFileError, match="cannot be read"):
        read_sheet(tmp_path)
