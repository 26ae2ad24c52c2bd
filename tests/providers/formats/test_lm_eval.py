from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from evaluator.errors import AnswersFileError
from evaluator.providers.formats import read_format
from evaluator.records import RecordedAnswer

DATE = "2026-11-20T09-00-00.250000"
FOLDER = Path(__file__).with_name("lm_eval")
SAMPLES = FOLDER / f"samples_geography_{DATE}.jsonl"


def answers(path: Path) -> list[RecordedAnswer]:
    return [answer for _, answer in read_format(path, "lm-eval")]


def write(folder: Path, *lines: dict[str, Any]) -> Path:
    (folder / f"results_{DATE}.json").write_text('{"model_name": "m"}', encoding="utf-8")
    path = folder / f"samples_my_task_{DATE}.jsonl"
    path.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    return path


def line(**fields: Any) -> dict[str, Any]:
    return {"doc_id": 0, "doc": {"probe_id": "a"}, "resps": [["x"]], "filter": "none"} | fields


def test_every_repeat_becomes_an_answer_once_whatever_the_filters() -> None:
    assert [(a.probe_id, a.repeat, a.text) for a in answers(SAMPLES)] == [
        ("canberra", 0, "Canberra."),
        ("canberra", 1, "Sydney."),
        ("atlantis", 0, "I don't know."),
        ("atlantis", 1, ""),
        ("everest", 0, "Mount Everest"),
        ("everest", 1, "<think>Perhaps K2?</think>Mount Everest"),
    ]
    assert {(a.model, a.finish_reason, a.usage) for a in answers(SAMPLES)} == {("acme/large-1", None, None)}


@pytest.mark.parametrize(
    ("fields", "probe_id"),
    [
        ({"doc": {"probe_id": "a", "id": "b"}, "doc_id": 3}, "a"),
        ({"doc": {"probe_id": 5}, "doc_id": 3}, "5"),
        ({"doc": {"id": "b"}, "doc_id": 3}, "b"),
        ({"doc": {"probe_id": None, "id": 1.5}, "doc_id": 3}, "3"),
        ({"doc": "a text", "doc_id": 3}, "3"),
    ],
)
def test_the_probe_id_is_the_first_that_is_there(tmp_path: Path, fields: dict[str, Any], probe_id: str) -> None:
    assert [answer.probe_id for answer in answers(write(tmp_path, line(**fields)))] == [probe_id]


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"doc": {}, "doc_id": None}, ":1: doc: need the field probe_id"),
        ({"doc": {"probe_id": True}, "doc_id": None}, ":1: doc: need the field probe_id"),
        ({"resps": [[["-0.1", "False"]], [["-0.5", "False"]]]}, ":1: resps: need generated texts .*generate_until"),
        ({"resps": [[["-0.1", "False"]]]}, ":1: resps: need generated texts"),
        ({"resps": [["x"], ["y"]]}, ":1: resps: need generated texts"),
        ({"resps": [[]]}, ":1: resps: need generated texts"),
        ({"resps": "x"}, ":1: resps: need generated texts"),
        ({"resps": [["x", None]]}, ":1: resps: need generated texts"),
    ],
)
def test_a_line_without_probe_id_or_text_is_named(tmp_path: Path, fields: dict[str, Any], says: str) -> None:
    with pytest.raises(AnswersFileError, match=says):
        answers(write(tmp_path, line(**fields)))


def test_a_second_answer_under_the_same_filter_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AnswersFileError, match=r":2: need one answer .* \(first on sample 1\)"):
        answers(write(tmp_path, line(), line(doc_id=1)))


def test_the_model_is_in_the_results_of_the_same_date(tmp_path: Path) -> None:
    path = write(tmp_path, line())
    (tmp_path / f"results_{DATE}.json").rename(tmp_path / f"chosen-name_{DATE}.json")
    (tmp_path / "results_2026-11-19T09-00-00.000001.json").write_text('{"model_name": "other"}', encoding="utf-8")
    assert answers(path)[0].model == "m"


@pytest.mark.parametrize("content", [None, "{}", '{"model_name": ""}'])
def test_without_the_results_the_model_is_not_guessed(tmp_path: Path, content: str | None) -> None:
    path = shutil.copy(SAMPLES, tmp_path)
    if content is not None:
        (tmp_path / f"results_{DATE}.json").write_text(content, encoding="utf-8")
    with pytest.raises(AnswersFileError, match=f"need results_{DATE}.json beside it"):
        answers(Path(path))
