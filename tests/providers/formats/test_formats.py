from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from evaluator.errors import AnswersFileError, ConfigError
from evaluator.providers import formats
from evaluator.providers.formats import READERS, find_reader, read_format
from evaluator.records import RecordedAnswer

HOSTILE = (b"", b"\n", b"{}", b"[]", b"null", b"nonsense", b"\xff\xfe", b"\x00", b"[" * 100_000, b"PK\x03\x04")


def read_word_list(path: Path) -> Iterator[tuple[int, RecordedAnswer]]:
    """A format of someone else: one answer, `probe_id text`, a line."""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        probe_id, text = line.split(" ", 1)
        yield number, RecordedAnswer(model="m", probe_id=probe_id, text=text)


def offer(monkeypatch: pytest.MonkeyPatch, *points: EntryPoint) -> None:
    monkeypatch.setattr(formats, "entry_points", lambda group: points if group == "evaluator.importers" else ())


def test_a_format_of_another_package_is_found_by_its_entry_point(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    point = EntryPoint("word-list", "somewhere:read", "evaluator.importers")
    monkeypatch.setattr(EntryPoint, "load", lambda self: read_word_list)
    offer(monkeypatch, point)
    path = tmp_path / "answers.txt"
    path.write_text("a Canberra\nb Rome\n", encoding="utf-8")
    assert [answer.text for _, answer in read_format(path, "word-list")] == ["Canberra", "Rome"]
    path.write_text("a Canberra\na Rome\n", encoding="utf-8")
    with pytest.raises(AnswersFileError, match=r":2: need one answer .* \(first on sample 1\)"):
        list(read_format(path, "word-list"))


def test_a_built_in_format_cannot_be_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    offer(monkeypatch, EntryPoint("inspect", "somewhere:read", "evaluator.importers"))
    assert find_reader("inspect") is READERS["inspect"]


def test_an_unknown_format_is_refused_with_the_names_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    offer(monkeypatch, EntryPoint("word-list", "somewhere:read", "evaluator.importers"))
    with pytest.raises(ConfigError, match=r"native, inspect, lm-eval, promptfoo, word-list, got 'Inspect'"):
        find_reader("Inspect")


@pytest.mark.parametrize("target", ["no_such_module:read", "evaluator.errors:no_such_name"])
def test_a_format_that_cannot_be_loaded_is_named(monkeypatch: pytest.MonkeyPatch, target: str) -> None:
    offer(monkeypatch, EntryPoint("word-list", target, "evaluator.importers"))
    with pytest.raises(ConfigError, match=f"'word-list' from {target} cannot be loaded"):
        find_reader("word-list")


@pytest.mark.parametrize("name", READERS)
def test_every_format_says_what_is_wrong_with_any_file(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "answers"
    folder.mkdir()
    (tmp_path / "results_d.json").write_text('{"model_name": "m"}', encoding="utf-8")
    path = tmp_path / "samples_d.jsonl"
    for content in HOSTILE:
        path.write_bytes(content)
        with pytest.raises(AnswersFileError, match=re.escape(str(path))):
            list(read_format(path, name))
    for other in (folder, tmp_path / "missing_d.jsonl", tmp_path / "missing_d.json"):
        with pytest.raises(AnswersFileError, match=r"cannot be read: (No such file|Is a directory)"):
            list(read_format(other, name))
