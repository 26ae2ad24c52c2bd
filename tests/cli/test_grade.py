"""`evaluator grade --against`: a user learns how far to trust the grader."""

from __future__ import annotations

import gzip
import json
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.command import evaluator

CAPITALS = {"Australia": "Canberra", "France": "Paris", "Japan": "Tokyo", "Peru": "Lima", "Kenya": "Nairobi"}
UNSURE = "I don't know."
ANSWERS = {
    "careful": {"Australia": "Canberra", "France": "Paris", "Japan": UNSURE, "Peru": UNSURE, "Kenya": "Mombasa"},
    "bold": {"Australia": "Sydney", "France": "Paris", "Japan": "Kyoto", "Peru": "Lima", "Kenya": ""},
}
# Anna disagrees on one answer of each model.
ANNA = {
    "careful": {"Australia": "correct", "France": "correct", "Japan": "abstained", "Peru": "wrong", "Kenya": "wrong"},
    "bold": {"Australia": "wrong", "France": "correct", "Japan": "wrong", "Peru": "wrong", "Kenya": "abstained"},
}


def labels_of(annotator: str, labels: dict[str, dict[str, str]] = ANNA) -> list[dict[str, Any]]:
    return [
        {"probe_id": country, "model": model, "repeat": 0, "label": label, "annotator": annotator}
        for model, own in labels.items()
        for country, label in own.items()
    ]


def write(path: Path, lines: Iterable[dict[str, Any]]) -> str:
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return path.name


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("imported")
    write(
        folder / "probes.jsonl",
        ({"probe_id": c, "question": f"What is the capital of {c}?", "targets": [t]} for c, t in CAPITALS.items()),
    )
    write(
        folder / "answers.jsonl",
        ({"probe_id": c, "model": m, "text": text} for m, own in ANSWERS.items() for c, text in own.items()),
    )
    done = evaluator("import", "--probes", "probes.jsonl", "--answers", "answers.jsonl", "--run-id", "r", cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def run(imported: Path, tmp_path: Path) -> Path:
    """A folder with the run `reports/r`."""
    return shutil.copytree(imported, tmp_path, dirs_exist_ok=True)


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def against(run: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return evaluator("grade", "r", "--against", *arguments, cwd=run)


def test_the_table_says_what_was_compared_and_how_far_they_agree(run: Path) -> None:
    done = against(run, write(run / "labels.jsonl", labels_of("anna")))
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == "cascade-4 against the labels by anna: 9 answers of run r"
    assert "1 labelled but ungraded (1 empty)" in lines[1]
    assert max(map(len, lines)) <= 80
    assert "agreement        77.8%" in done.stdout
    assert "Warning" not in done.stdout


def test_json_has_the_counts_one_gets_by_hand(run: Path) -> None:
    name = write(run / "labels.jsonl", labels_of("anna"))
    done = against(run, name, "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["schema"] == "evaluator/agreement/1"
    assert (found["run_id"], found["grader"], found["labels"]["annotator"]) == ("r", "cascade-4", "anna")
    assert (found["n_compared"], found["n_ungraded"], found["ungraded"]) == (9, 1, {"empty": 1})
    # Labelled correct: 3 of 3 found. Wrong: 3 found, one called correct, one abstained. Abstained: 1 of 1.
    assert found["overall"]["table"] == [[3, 0, 0], [1, 3, 1], [0, 0, 1]]
    assert found["overall"]["n_clusters"] == 5
    assert found["overall"]["percent_agreement"]["value"] == 7 / 9
    assert found["overall"]["correct_or_not"]["value"] == 8 / 9
    assert found["by_model"]["bold"]["n_ungraded"] == 1
    assert sum(step["n"] for step in found["by_step"].values()) == 9


def test_nothing_is_written(run: Path) -> None:
    name = write(run / "labels.jsonl", labels_of("anna"))
    before = contents(run)
    assert against(run, name).returncode == 0
    assert contents(run) == before


def test_the_run_can_be_compared_while_another_process_holds_it(run: Path) -> None:
    from evaluator.journal import RunDirectory

    name = write(run / "labels.jsonl", labels_of("anna"))
    with RunDirectory(run / "reports" / "r").locked():
        assert against(run, name).returncode == 0


def test_one_of_several_annotators_is_chosen(run: Path) -> None:
    all_correct = {model: dict.fromkeys(own, "correct") for model, own in ANNA.items()}
    name = write(run / "labels.jsonl", [*labels_of("anna"), *labels_of("ben", all_correct)])
    done = against(run, name)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr == f"error: {name}: labels by 2 annotators; choose one with --annotator: anna, ben\n"
    found = json.loads(against(run, name, "--annotator", "ben", "--json").stdout)
    assert found["overall"]["table"] == [[4, 3, 2], [0, 0, 0], [0, 0, 0]]
    assert found["overall"]["cohen_kappa"]["value"] == 0
    assert found["overall"]["cohen_kappa"]["low"] is None
    assert found["overall"]["classes"]["wrong"]["recall"]["value"] is None


def test_labels_by_a_model_are_called_so(run: Path) -> None:
    done = against(run, write(run / "labels.jsonl", labels_of("llm:judge-9")))
    assert done.returncode == 0
    assert "Warning: these are not human labels" in done.stdout


def test_labels_for_other_answers_are_counted(run: Path) -> None:
    lines = [line for line in labels_of("anna") if line["model"] == "careful"]
    name = write(run / "labels.jsonl", [*lines, {**lines[0], "probe_id": "Atlantis"}, {**lines[0], "repeat": 3}])
    found = json.loads(against(run, name, "--json").stdout)
    assert found["n_compared"] == 5
    assert found["labels"]["n_responses_without_label"] == 5
    assert found["labels"]["n_without_response"] == 2


def test_a_named_grader_is_used_and_an_unknown_one_is_refused(run: Path) -> None:
    name = write(run / "labels.jsonl", labels_of("anna"))
    assert against(run, name, "--grader", "cascade-4").stdout == against(run, name).stdout
    done = against(run, name, "--grader", "nobody-7")
    assert (done.returncode, done.stdout) == (2, "")
    assert "'nobody-7'" in done.stderr
    again = evaluator("grade", "r", "--grader", "nobody-7", cwd=run)
    assert again.returncode == 2


def test_without_labels_the_run_is_graded_again(run: Path) -> None:
    done = evaluator("grade", "r", "--grader", "cascade-4", cwd=run)
    assert done.returncode == 0, done.stderr
    assert "graded 10 responses with cascade-4; 0 verdicts changed" in done.stderr


def test_what_a_new_grading_changes_is_kept(run: Path) -> None:
    path = run / "reports" / "r" / "verdicts.jsonl"
    path.write_text(path.read_text().replace('"label":"wrong"', '"label":"correct"'), encoding="utf-8")
    done = evaluator("grade", "r", cwd=run)
    assert done.returncode == 0, done.stderr
    assert "3 verdicts changed" in done.stderr
    kept = [json.loads(line) for line in (path.parent / "changes.jsonl").read_text().splitlines()]
    assert [(change["old"]["label"], change["new"]["label"]) for change in kept] == [("correct", "wrong")] * 3


def test_no_answer_to_a_probe_without_targets_is_labelled_correct(tmp_path: Path) -> None:
    write(tmp_path / "probes.jsonl", [{"probe_id": "u", "question": "Who won?", "unanswerable": "nonexistent"}])
    write(tmp_path / "answers.jsonl", [{"probe_id": "u", "model": "m", "text": "King Otto."}])
    evaluator("import", "--probes", "probes.jsonl", "--answers", "answers.jsonl", "--run-id", "r", cwd=tmp_path)
    done = against(tmp_path, write(tmp_path / "l.jsonl", [{"probe_id": "u", "model": "m", "label": "correct"}]))
    assert done.returncode == 2
    assert "l.jsonl:1: label: probe 'u' has no answer: need wrong or abstained, got correct" in done.stderr


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "labels.jsonl: need at least one label"),
        (b'{"probe_id": "Peru"}', "labels.jsonl:1: "),
        (b'{"probe_id": "Peru", "model": "bold", "label": "C"}', "labels.jsonl:1: label: "),
        (b'\n{"probe_id": "Peru", "model": "other", "label": "wrong"}', "line 2 is for 'other' on 'Peru'"),
        (b"\xff\xfe", "labels.jsonl:1: need UTF-8"),
        (b"\x1f\x8b\x08", "labels.jsonl:1: "),
    ],
)
def test_a_bad_file_is_one_line_and_exit_code_2(run: Path, content: bytes, says: str) -> None:
    (run / "labels.jsonl").write_bytes(content)
    done = against(run, "labels.jsonl")
    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 1
    assert done.stderr.startswith("error: ")
    assert says in done.stderr


def test_contradicting_labels_name_both_lines(run: Path) -> None:
    lines = labels_of("anna")
    name = write(run / "labels.jsonl", [*lines, {**lines[0], "label": "wrong"}])
    done = against(run, name)
    assert done.returncode == 2
    assert "labels.jsonl:11:" in done.stderr
    assert "line 1" in done.stderr


def test_a_compressed_file_gives_the_same_figures(run: Path) -> None:
    name = write(run / "labels.jsonl", labels_of("anna"))
    (run / "labels.jsonl.gz").write_bytes(gzip.compress((run / name).read_bytes()))
    plain, packed = (json.loads(against(run, n, "--json").stdout) for n in (name, "labels.jsonl.gz"))
    assert plain["overall"] == packed["overall"]
    assert plain["labels"]["sha256"] != packed["labels"]["sha256"]


@pytest.mark.parametrize("arguments", [["--annotator", "anna"], ["--against", "missing.jsonl"], ["--against", "."]])
def test_bad_usage_is_one_line(run: Path, arguments: list[str]) -> None:
    done = evaluator("grade", "r", *arguments, cwd=run)
    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 1
