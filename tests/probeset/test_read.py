from __future__ import annotations

import gzip
import hashlib
import json
from pathlib import Path

import pytest

from evaluator.errors import ProbeFileError
from evaluator.jsonl import encode_line
from evaluator.probeset import read_probe_set, read_probe_sets
from evaluator.records import Probe

ROW = {"probe_id": "a", "question": "Which metal is liquid?", "targets": ["mercury"], "source": "CRC Handbook"}
OTHER = {"probe_id": "b", "question": "What did Cleopatra dream?", "unanswerable": "unknown", "why": "not recorded"}


def lines(*rows: object) -> bytes:
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


def write_set(folder: Path, content: bytes, toml: str | None = None) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "probes.jsonl").write_bytes(content)
    if toml is not None:
        (folder / "set.toml").write_text(toml, encoding="utf-8")
    return folder


def message(path: Path) -> str:
    with pytest.raises(ProbeFileError) as caught:
        read_probe_set(path)
    text = str(caught.value)
    assert "\n" not in text
    return text


def test_a_directory_gives_its_probes_in_order_with_their_meta(tmp_path: Path) -> None:
    folder = write_set(
        tmp_path / "metals", lines(ROW, OTHER), 'name = "Metals"\nversion = "1.2"\nlicence = "CC0-1.0"\n'
    )
    found = read_probe_set(folder)
    assert [probe.probe_id for probe in found.probes] == ["a", "b"]
    assert found.meta is not None
    assert (found.ref.name, found.ref.version, found.ref.licence) == ("Metals", "1.2", "CC0-1.0")
    assert (found.ref.n_probes, found.ref.path) == (2, folder.as_posix())


def test_without_set_toml_the_set_is_named_after_its_place(tmp_path: Path) -> None:
    assert read_probe_set(write_set(tmp_path / "metals", lines(ROW))).ref.name == "metals"
    packed = tmp_path / "rocks.jsonl.gz"
    packed.write_bytes(gzip.compress(lines(ROW)))
    found = read_probe_set(packed)
    assert (found.ref.name, found.meta) == ("rocks", None)


def test_the_relative_path_is_kept_as_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_set(tmp_path / "metals", lines(ROW))
    monkeypatch.chdir(tmp_path)
    assert read_probe_set(Path("metals")).ref.path == "metals"
    monkeypatch.chdir(tmp_path / "metals")
    assert read_probe_set(Path("probes.jsonl")).ref.name == "metals"


def test_the_hash_is_over_content_not_over_spelling(tmp_path: Path) -> None:
    plain = read_probe_set(write_set(tmp_path / "one", lines(ROW, OTHER)))
    turned = {key: ROW[key] for key in reversed(ROW)}
    spelled = json.dumps(turned, indent=None).encode() + b"\r\n\r\n" + json.dumps({**OTHER, "tags": []}).encode()
    other = read_probe_set(write_set(tmp_path / "two", b"\xef\xbb\xbf" + spelled))
    expected = hashlib.sha256(b"".join(encode_line(probe) for probe in plain.probes)).hexdigest()
    assert plain.ref.sha256 == other.ref.sha256 == expected
    swapped = read_probe_set(write_set(tmp_path / "three", lines(OTHER, ROW)))
    assert swapped.ref.sha256 != expected


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (lines(ROW) + b'{"probe_id": "b",}\n', [":2:", "JSON", "trailing comma"]),
        (b"[1]\n", [":1:", "object", "array", "write one object a line"]),
        (json.dumps(ROW, indent=2).encode(), [":1:", "write the whole object on one line"]),
        (b"[" * 200_000, [":1:"]),
        (lines({**ROW, "tolerance": 0}).replace(b": 0", b": " + b"9" * 5000), [":1:", "tolerance"]),
        (lines({**ROW, "questoin": "x"}), [":1:", "`questoin`", "did you mean `question`?"]),
        (lines({"probe_id": "a", "question": "q", "answer": "x"}), ["`answer`", "did you mean `targets`?"]),
        (lines({**ROW, "zzz": 1}), ["`zzz`", "there are probe_id, question"]),
        (lines({**ROW, "unanswerable": "future"}), [":1:", "exactly one of targets", "got both"]),
        (lines({"probe_id": "a", "question": "q"}), [":1:", "exactly one of targets", "got neither"]),
        (lines({**OTHER, "unanswerable": "futre"}), ["unanswerable", "'futre'", "did you mean `future`?"]),
        (lines({**ROW, "match": "zzz"}), ["match", "'zzz'", "auto, text, number"]),
        (lines({**ROW, "targets": "mercury"}), [":1: targets: expected `array`, got `str`; write a list, as ["]),
        (lines({**ROW, "targets": ["mercury", 3]}), ["targets[1]: expected `str`, got `int`; write it in quotes"]),
        (lines({"probe_id": "a", "targets": ["t"]}), [":1:", "missing required field `question`"]),
        (lines({**ROW, "question": "  "}), [":1:", "question: need text"]),
        (lines(ROW, OTHER, {**OTHER, "question": "Another?"}), [":3: probe_id: 'b'", "other content", "line 2"]),
        (lines(ROW, OTHER, ROW), [":3: probe_id: 'a'", "repeats the whole row of line 1"]),
        (b"", ["at least one probe", "empty"]),
        (b"\r\n \n\n", ["at least one probe", "empty"]),
        (json.dumps(ROW).encode("utf-16"), [":1:", "need UTF-8", "0xff"]),
        (lines(ROW) + '{"question": "né"}'.encode("latin-1"), [":2:", "need UTF-8", "0xe9"]),
        (b'{"probe_id": "' + b"a" * 10_000_000 + b'"}', [":1:", "1,000,000 bytes"]),
        (b'{"probe_id": "a\0"}', [":1:", "NUL"]),
    ],
)
def test_broken_content_is_named_by_file_line_and_field(tmp_path: Path, content: bytes, expected: list[str]) -> None:
    text = message(write_set(tmp_path / "set", content))
    assert str(tmp_path / "set" / "probes.jsonl") in text
    for part in expected:
        assert part in text


def test_a_duplicate_after_blank_lines_is_named_by_its_true_line(tmp_path: Path) -> None:
    text = message(write_set(tmp_path / "set", lines(ROW) + b"\n\n" + lines(ROW)))
    assert ":4:" in text
    assert "line 1" in text


def test_a_cut_or_damaged_archive_is_an_error_and_never_a_smaller_set(tmp_path: Path) -> None:
    path = tmp_path / "set.jsonl.gz"
    rows = [{**ROW, "probe_id": hashlib.sha256(str(i).encode()).hexdigest()} for i in range(2_000)]
    whole = gzip.compress(lines(*rows))
    path.write_bytes(whole[: len(whole) // 2])
    assert str(path) in message(path)
    path.write_bytes(whole[:2_000] + b"\xff" * 200 + whole[2_200:])
    assert str(path) in message(path)
    path.write_bytes(b"no archive")
    assert "cannot be read" in message(path)


def test_a_missing_file_suggests_its_neighbour(tmp_path: Path) -> None:
    write_set(tmp_path / "metals", lines(ROW))
    assert f"did you mean {tmp_path / 'metals'}?" in message(tmp_path / "metal")
    assert "did you mean" in message(tmp_path / "metals" / "probe.jsonl")
    assert "does not exist either" in message(tmp_path / "nowhere" / "probes.jsonl")


def test_a_directory_without_probes_says_which_file_it_needs(tmp_path: Path) -> None:
    (tmp_path / "probe.jsonl").write_bytes(lines(ROW))
    text = message(tmp_path)
    assert "need a file probes.jsonl" in text
    assert "did you mean" in text


@pytest.mark.parametrize("name", ["probes.csv", "probes.json", "probes"])
def test_another_format_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(lines(ROW))
    assert "need a directory, a .jsonl or a .jsonl.gz file" in message(tmp_path / name)


@pytest.mark.parametrize("name", ["x" * 5_000, "a\0b.jsonl"])
def test_an_impossible_path_is_an_error_of_the_user(tmp_path: Path, name: str) -> None:
    assert message(tmp_path / name)


def test_several_sets_are_read_in_the_order_given(tmp_path: Path) -> None:
    one, two = write_set(tmp_path / "one", lines(ROW)), write_set(tmp_path / "two", lines(OTHER))
    assert [found.ref.name for found in read_probe_sets([two, one])] == ["two", "one"]
    assert read_probe_sets([]) == ()


def test_an_id_in_two_sets_is_refused_naming_both(tmp_path: Path) -> None:
    one = write_set(tmp_path / "one", lines(ROW))
    two = write_set(tmp_path / "two", lines(OTHER, {**ROW, "question": "Other?"}))
    with pytest.raises(ProbeFileError, match="'a'") as caught:
        read_probe_sets([one, two])
    assert one.as_posix() in str(caught.value)
    assert str(two) in str(caught.value)


def test_the_same_set_twice_is_refused_under_any_name(tmp_path: Path) -> None:
    one = write_set(tmp_path / "one", lines(ROW))
    with pytest.raises(ProbeFileError, match="the same probe set"):
        read_probe_sets([one, one / "probes.jsonl"])


def test_set_toml_belongs_to_the_probes_file_only(tmp_path: Path) -> None:
    folder = write_set(tmp_path / "set", lines(ROW), 'name = "Named"')
    (folder / "extra.jsonl").write_bytes(lines(OTHER))
    assert read_probe_set(folder / "probes.jsonl").ref.name == "Named"
    assert read_probe_set(folder / "extra.jsonl").ref.name == "extra"


def test_every_field_survives_reading(tmp_path: Path) -> None:
    full = Probe(
        probe_id="x",
        question="哪个？",
        targets=("汞",),
        match="choice",
        choices=("汞", "金"),
        language="zh",
        tags=("t",),
        question_en="Which?",
    )
    assert read_probe_set(write_set(tmp_path / "set", encode_line(full))).probes == (full,)
