from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from evaluator.errors import LabelsFileError
from evaluator.labels import match_labels, read_labels
from evaluator.labels.match import MatchedLabels, text_sha256
from evaluator.records import Response


def response(probe_id: str, *, model: str = "m", repeat: int = 0, prompt: str = "none", text: str = "x") -> Response:
    return Response(
        request_id=f"{model}/{prompt}/{probe_id}/{repeat}",
        probe_id=probe_id,
        model=model,
        prompt=prompt,
        repeat=repeat,
        outcome="answered",
        text=text,
    )


def by_answer(probe_id: str, label: str, **fields: Any) -> dict[str, Any]:
    return {"probe_id": probe_id, "model": "m", "label": label, **fields}


def by_request(request_id: str, label: str, text: str) -> dict[str, Any]:
    return {
        "run_id": "another run",
        "request_id": request_id,
        "response_sha256": text_sha256(text),
        "label": label,
        "annotator": "",
        "labelled_at": "2026-01-01T00:00:00+00:00",
    }


def matched(folder: Path, responses: list[Response], *lines: dict[str, Any]) -> MatchedLabels:
    path = folder / "labels.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return match_labels(read_labels(path), responses)


def test_labels_find_the_answer_of_their_model_probe_and_repeat(tmp_path: Path) -> None:
    responses = [response("a"), response("a", repeat=1), response("a", model="n"), response("b")]
    found = matched(tmp_path, responses, by_answer("a", "wrong", repeat=1), by_answer("a", "correct"))
    assert found.by_request == {"m/none/a/1": "wrong", "m/none/a/0": "correct"}
    assert (found.ref.n_labels, found.ref.n_without_response, found.ref.n_responses_without_label) == (2, 0, 2)


def test_labels_for_other_answers_are_counted(tmp_path: Path) -> None:
    lines = (by_answer("a", "wrong"), by_answer("z", "wrong"), by_answer("a", "wrong", repeat=7))
    found = matched(tmp_path, [response("a")], *lines)
    assert (found.ref.n_labels, found.ref.n_without_response) == (3, 2)


def test_a_gold_label_holds_for_its_text_only(tmp_path: Path) -> None:
    responses = [response("a", text="Canberra"), response("b", text="Sydney, I think")]
    lines = (by_request("m/none/a/0", "correct", "Canberra"), by_request("m/none/b/0", "wrong", "Sydney"))
    found = matched(tmp_path, responses, *lines)
    assert found.by_request == {"m/none/a/0": "correct"}
    assert found.ref.n_without_response == 1


def test_lines_of_both_kinds_that_contradict_name_both_lines(tmp_path: Path) -> None:
    lines = (by_answer("b", "wrong"), by_answer("a", "wrong"), by_request("m/none/a/0", "correct", "x"))
    with pytest.raises(LabelsFileError, match=r":3: .*got correct after wrong on line 2$"):
        matched(tmp_path, [response("a")], *lines)
    agreeing = (by_answer("a", "wrong"), by_request("m/none/a/0", "wrong", "x"))
    assert matched(tmp_path, [response("a")], *agreeing).by_request == {"m/none/a/0": "wrong"}


def test_a_label_that_could_mean_two_prompts_is_refused(tmp_path: Path) -> None:
    responses = [response("a", prompt="none"), response("a", prompt="permit"), response("b")]
    assert matched(tmp_path, responses, by_answer("b", "wrong")).by_request == {"m/none/b/0": "wrong"}
    with pytest.raises(
        LabelsFileError, match=r":2: m answered 'a' under the prompts none, permit: need the request_id"
    ):
        matched(tmp_path, responses, by_answer("b", "wrong"), by_answer("a", "wrong"))


def test_labels_of_another_run_are_refused_with_an_example_of_each(tmp_path: Path) -> None:
    with pytest.raises(LabelsFileError, match=r"none of the 1 labels.*line 1 is for 'm' on 'z'.*run has 'm' on 'a'"):
        matched(tmp_path, [response("a")], by_answer("z", "wrong"))
    with pytest.raises(LabelsFileError, match=r"request 'q'.*the run has no answers"):
        matched(tmp_path, [], by_request("q", "wrong", "x"))
