"""`evaluator compare`: a user learns whether two models differ, or that nobody can tell."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.command import evaluator

N = 30
UNSURE = "I don't know."


def write(path: Path, lines: Iterable[dict[str, Any]]) -> str:
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return path.name


def probe(i: int, **fields: Any) -> dict[str, Any]:
    if i % 3 == 2:
        return {
            "probe_id": f"p{i:02}",
            "question": f"Who is Dr {i}?",
            "unanswerable": "nonexistent",
            "why": "-",
        } | fields
    known = {"probe_id": f"p{i:02}", "question": f"What is {i} plus {i}?", "targets": [str(2 * i)], "match": "number"}
    return known | {"topic": "even" if i % 2 == 0 else "odd"} | fields


def answer(i: int, skill: int, boldness: int) -> str:
    if i % 3 != 2 and i % 10 < skill:
        return f"It is {2 * i}."
    return "It is 99999." if i % 7 < boldness else UNSURE


def answers(models: dict[str, tuple[int, int]], n: int = N) -> list[dict[str, Any]]:
    return [
        {"model": model, "probe_id": f"p{i:02}", "text": answer(i, *traits)}
        for model, traits in models.items()
        for i in range(n)
    ]


RUNS: dict[str, tuple[list[dict[str, Any]], list[dict[str, Any]]]] = {
    "old": ([probe(i) for i in range(N)], answers({"m": (8, 6), "n": (3, 1), "o": (8, 5)})),
    "new": ([probe(i) for i in range(N)], answers({"m": (8, 2), "n": (3, 1), "fresh": (9, 3)})),
    "grown": ([probe(i) for i in range(5, N + 4)], answers({"m": (8, 2)}, N)[5:]),
    "edited": ([probe(i, topic="other") if i < 4 else probe(i) for i in range(N)], answers({"m": (8, 2)})),
    "elsewhere": ([probe(i, probe_id=f"q{i}") for i in range(3)], [{"model": "m", "probe_id": "q0", "text": "0"}]),
}


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("imported")
    for run_id, (probes, given) in RUNS.items():
        write(folder / f"{run_id}.probes.jsonl", probes)
        write(folder / f"{run_id}.answers.jsonl", given)
        files = ("--probes", f"{run_id}.probes.jsonl", "--answers", f"{run_id}.answers.jsonl")
        done = evaluator("import", *files, "--run-id", run_id, cwd=folder)
        assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def runs(imported: Path, tmp_path: Path) -> Path:
    return shutil.copytree(imported, tmp_path, dirs_exist_ok=True)


def compared(runs: Path, *arguments: str) -> dict[str, Any]:
    done = evaluator("compare", *arguments, "--json", cwd=runs)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def refused(runs: Path, *arguments: str) -> str:
    done: subprocess.CompletedProcess[str] = evaluator("compare", *arguments, cwd=runs)
    assert done.returncode == 2, done.stdout + done.stderr
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("error: ")
    return done.stderr


def test_two_runs_compare_the_models_of_both(runs: Path) -> None:
    done = evaluator("compare", "old", "new", cwd=runs)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[:2] == ["Run old (A) against run new (B), compared probe by probe", "30 probes in common"]
    assert max(map(len, lines)) <= 80
    assert "fresh" not in done.stdout


def test_the_numbers_are_those_one_counts_by_hand(runs: Path) -> None:
    found = compared(runs, "old", "new", "--model", "m=m", "--metric", "hallucination_rate", "--slice", "unanswerable")
    (one,) = found["differences"]
    asked = [i for i in range(N) if i % 3 == 2]
    wrong = [{i for i in asked if i % 7 < boldness} for boldness in (6, 2)]
    assert (one["a"]["numerator"], one["b"]["numerator"]) == (len(wrong[0]), len(wrong[1]))
    assert (one["only_a"], one["only_b"]) == (len(wrong[0] - wrong[1]), len(wrong[1] - wrong[0]))
    assert one["difference"] == pytest.approx((len(wrong[0]) - len(wrong[1])) / len(asked))
    assert (one["n"], one["n_left_out"], one["test"]) == (10, 0, "McNemar mid-p")
    assert found["schema"] == "evaluator/comparison/1"


def test_one_run_compares_and_ranks_all_its_models(runs: Path) -> None:
    found = compared(runs, "old")
    pairs = {(one["a"]["model"], one["b"]["model"]) for one in found["differences"]}
    assert pairs == {("m", "n"), ("m", "o"), ("n", "o")}
    assert found["n_tests"] == 9
    assert [ranking["metric"] for ranking in found["rankings"]] == [
        "hallucination_rate",
        "accuracy",
        "over_abstention_rate",
    ]
    assert "tie group" in evaluator("compare", "old", cwd=runs).stdout


def test_models_of_other_names_are_compared_when_named(runs: Path) -> None:
    found = compared(runs, "old", "new", "--model", "o=fresh", "--metric", "accuracy")
    assert [(one["a"]["model"], one["b"]["model"]) for one in found["differences"]] == [("o", "fresh")]


def test_probes_not_in_both_are_counted_and_left_out(runs: Path) -> None:
    found = compared(runs, "old", "grown")
    assert found["left_out"] == {"changed": 0, "only_in_a": 5, "only_in_b": 4}
    assert found["differences"][0]["n"] == 25


def test_probes_of_other_content_are_refused_unless_accepted_and_then_left_out(runs: Path) -> None:
    message = refused(runs, "old", "edited")
    assert "4 probes differ in content between the runs (p00, p01, p02, p03)" in message
    assert "to compare anyway: --allow-different probes" in message
    found = compared(runs, "old", "edited", "--allow-different", "probes")
    assert found["left_out"]["changed"] == 4
    assert found["allowed"] == ["probes"]
    assert found["differences"][0]["n"] == 26
    assert any("p00, p01, p02, p03" in note and "left out" in note for note in found["notes"])


def test_another_grader_is_refused_unless_accepted(runs: Path) -> None:
    path = runs / "reports" / "new" / "manifest.json"
    path.write_text(path.read_text().replace('"cascade-4"', '"cascade-9"'))
    message = refused(runs, "old", "new")
    assert "run old was graded by cascade-4, run new by cascade-9" in message
    assert "--allow-different grader" in message
    assert compared(runs, "old", "new", "--allow-different", "grader")["allowed"] == ["grader"]


def test_another_prompt_is_refused_unless_accepted(runs: Path) -> None:
    path = runs / "reports" / "new" / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["prompts"][0]["sha256"] = "00"
    path.write_text(json.dumps(manifest))
    assert "has another text in each run; to compare anyway: --allow-different prompt" in refused(runs, "old", "new")
    assert compared(runs, "old", "new", "--allow-different", "prompt")["allowed"] == ["prompt"]


def test_a_saved_summary_is_as_good_as_its_run(runs: Path) -> None:
    shutil.copy(runs / "reports" / "new" / "summary.json", runs / "baseline.json")
    assert compared(runs, "old", "baseline.json") == compared(runs, "old", "new")
    message = refused(runs, "baseline.json", "reports/old/summary.json")
    assert "a summary.json does not hold the probes" in message


def test_equal_input_gives_equal_bytes_and_nothing_is_written(runs: Path) -> None:
    def contents() -> dict[str, bytes]:
        return {str(path): path.read_bytes() for path in sorted(runs.rglob("*")) if path.is_file()}

    before = contents()
    outputs = {evaluator("compare", "old", "new", "--json", cwd=runs).stdout for _ in range(2)}
    assert len(outputs) == 1
    assert contents() == before


def test_the_bootstrap_is_used_on_request(runs: Path) -> None:
    found = compared(runs, "old", "--model", "m=n", "--metric", "hallucination_rate", "--bootstrap", "1000")
    assert found["differences"][0]["method"] == "cluster bootstrap, 1,000 replicates"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("old", "nobody"), "run 'nobody': need a run directory"),
        (("old", "new", "grown"), "need one run or two, got 3"),
        (("grown",), "need two models to compare, got m"),
        (("old", "elsewhere"), "the runs share no probe"),
        (
            ("old", "new", "--model", "m=x"),
            "--model: need A=B with A one of m, n, o and B one of m, n, fresh, got 'm=x'",
        ),
        (("old", "new", "--metric", "luck"), "--metric: need one of hallucination_rate, accuracy"),
        (("old", "new", "--slice", "topic=law"), "--slice: need one of all, answerable"),
        (("old", "new", "--bootstrap", "10"), "--bootstrap: need 1000 to 1000000 replicates, got 10"),
    ],
)
def test_wrong_input_is_one_line(runs: Path, arguments: tuple[str, ...], message: str) -> None:
    assert message in refused(runs, *arguments)


def test_more_pairs_than_anyone_reads_are_refused(runs: Path) -> None:
    write(runs / "x.jsonl", ({"model": f"m{i}", "probe_id": "p00", "text": "0"} for i in range(102)))
    done = evaluator("import", "--probes", "old.probes.jsonl", "--answers", "x.jsonl", "--run-id", "x", cwd=runs)
    assert done.returncode == 0, done.stderr
    message = refused(runs, "x")
    assert "need at most 5000 pairs of models, got 5151; name some with --model A=B" in message
    assert len(compared(runs, "x", "--model", "m7=m3", "--metric", "accuracy")["differences"]) == 1


def test_runs_without_a_common_model_say_how_to_name_a_pair(runs: Path) -> None:
    write(runs / "x.jsonl", answers({"x": (1, 1)}))
    done = evaluator("import", "--probes", "old.probes.jsonl", "--answers", "x.jsonl", "--run-id", "x", cwd=runs)
    assert done.returncode == 0, done.stderr
    assert "no model is in both runs: old has m, n, o, x has x; name pairs with --model A=B" in refused(
        runs, "old", "x"
    )
