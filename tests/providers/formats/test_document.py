from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from evaluator.errors import AnswersFileError
from evaluator.providers.formats import document
from evaluator.providers.formats.document import decode, read_document, read_lines

Layout = dict[str, str | None]


def test_what_python_and_javascript_write_beside_json_is_mended() -> None:
    data = rb'{"a": NaN, "b": -Infinity, "c": "cut \ud83d", "d": "\ud83d\ude00", "e": "NaN"}'
    found = decode(data, Layout, "x")
    assert found == {"a": None, "b": None, "c": "cut ?", "d": "\N{GRINNING FACE}", "e": "NaN"}


def test_a_byte_order_mark_is_accepted() -> None:
    assert decode(b'\xef\xbb\xbf{"a": "b"}', Layout, "x") == {"a": "b"}


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b'{"a": 1}', r"^x: \[\.\.\.\]: expected `str \| null`, got `int`"),
        (b'{"a": NaN, "b": 1}', r"^x: .*expected `str \| null`, got `int`"),
        (b'{"a": "b"', "^x: need JSON: "),
        (b'{"a": "\xff"}', "^x: need JSON: .*0xff"),
        ('{"a": "b"}'.encode("utf-16"), "^x: need JSON: "),
        (b'{"a": NaN, "b": 1e999}', "^x: need JSON: "),
        (b'{"a": NaN, "b": ' + b"9" * 5000 + b"}", "^x: need JSON: "),
    ],
)
def test_what_is_no_json_of_the_layout_is_refused(data: bytes, says: str) -> None:
    with pytest.raises(AnswersFileError, match=says):
        decode(data, Layout, "x")


@pytest.mark.parametrize("start", [b"", b"[NaN, "])
def test_too_many_brackets_are_refused(start: bytes) -> None:
    with pytest.raises(AnswersFileError, match=r"^x: need flat JSON"):
        decode(start + b"[" * 100_000, list[object], "x")


def test_compressed_files_are_read(tmp_path: Path) -> None:
    path = tmp_path / "log.json.gz"
    path.write_bytes(gzip.compress(b'{"a": "b"}'))
    assert read_document(path, Layout) == {"a": "b"}
    assert list(read_lines(path, Layout)) == [(1, {"a": "b"})]


@pytest.mark.parametrize("content", [gzip.compress(b'{"a": "b"}' * 9, mtime=0)[:-9], b"no gzip at all"])
def test_a_damaged_compressed_file_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "log.json.gz"
    path.write_bytes(content)
    with pytest.raises(AnswersFileError, match=r"log\.json\.gz: cannot be read"):
        read_document(path, Layout)
    with pytest.raises(AnswersFileError, match=r"log\.json\.gz: cannot be read"):
        list(read_lines(path, Layout))


def test_sizes_are_bounded_after_decompression(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(document, "MAX_BYTES", 1000)
    monkeypatch.setattr(document, "MAX_LINE_BYTES", 100)
    path = tmp_path / "log.json.gz"
    path.write_bytes(gzip.compress(b" " * 1001))
    with pytest.raises(AnswersFileError, match="need at most 1,000 bytes"):
        read_document(path, Layout)
    path.write_bytes(gzip.compress(b"{}\n" + b" " * 101))
    with pytest.raises(AnswersFileError, match=r":2: need at most 100 bytes"):
        list(read_lines(path, Layout))
    path.write_bytes(gzip.compress(b"{}\n" * 334))
    with pytest.raises(AnswersFileError, match=r":334: need at most 1,000 bytes"):
        list(read_lines(path, Layout))


def test_blank_lines_are_skipped_and_counted(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    path.write_bytes(b'{"a": "b"}\r\n\r\n{"a": NaN}')
    assert list(read_lines(path, Layout)) == [(1, {"a": "b"}), (3, {"a": None})]
