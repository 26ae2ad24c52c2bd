"""Answers recorded by other tools, from their file to the summary."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.command import evaluator

FORMATS = Path(__file__).resolve().parent.parent / "providers" / "formats"
LM_EVAL = "lm_eval/samples_geography_2026-11-20T09-00-00.250000.jsonl"
PROBES = (
    {"probe_id": "canberra", "question": "What is the capital of Australia?", "targets": ["Canberra"]},
    {"probe_id": "atlantis", "question": "How many people live in Atlantis?", "unanswerable": "nonexistent"},
    {"probe_id": "everest", "question": "Which mountain is the highest?", "targets": ["Mount Everest", "Everest"]},
)
NATIVE = (
    {"model": "large-1", "probe_id": "canberra", "text": "Canberra."},
    {"model": "large-1", "probe_id": "canberra", "repeat": 1, "text": "Sydney."},
    {"model": "large-1", "probe_id": "atlantis", "text": "I don't know."},
    {"model": "large-1", "probe_id": "everest", "text": "", "finish_reason": "error"},
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "probes.jsonl").write_text("\n".join(map(json.dumps, PROBES)), encoding="utf-8")
    (tmp_path / "answers.jsonl").write_text("\n".join(map(json.dumps, NATIVE)), encoding="utf-8")
    return tmp_path


def imported(folder: Path, *arguments: str) -> dict[str, dict[str, Any]]:
    """Import into the run `r`; the results of its summary by model."""
    done = evaluator("import", "--probes", "probes.jsonl", *arguments, "--run-id", "r", cwd=folder)
    assert done.returncode == 0, done.stderr
    summary = json.loads((folder / "reports/r/summary.json").read_text(encoding="utf-8"))
    return {result["model"]: result for result in summary["results"]}


def counts(correct: int, wrong: int, abstained: int, ungraded: int) -> dict[str, int]:
    return {"correct": correct, "wrong": wrong, "abstained": abstained, "ungraded": ungraded}


@pytest.mark.parametrize("arguments", [(), ("--from", "native")])
def test_our_own_lines_are_the_default(folder: Path, arguments: tuple[str, ...]) -> None:
    results = imported(folder, "--answers", "answers.jsonl", *arguments)
    assert results["large-1"]["counts"]["all"] == counts(1, 1, 1, 1)


def test_an_inspect_log_is_graded(folder: Path) -> None:
    results = imported(folder, "--from", "inspect", "--answers", str(FORMATS / "inspect.json"))
    assert list(results) == ["acme/large-1"]
    result = results["acme/large-1"]
    assert result["counts"]["all"] == counts(2, 1, 2, 4)
    assert {reason: n for reason, n in result["ungraded"].items() if n} == {
        "truncated": 1,
        "failed": 1,
        "blocked": 1,
        "empty": 1,
    }
    assert result["abstention_kinds"]["policy_refusal"] == 1
    assert result["tallies"] == {"canberra": [1, 0, 1, 1], "atlantis": [0, 1, 1, 1], "everest": [1, 0, 0, 2]}
    assert result["cost"]["prompt_tokens"] == 32


def test_lm_eval_samples_are_graded(folder: Path) -> None:
    results = imported(folder, "--from", "lm-eval", "--answers", str(FORMATS / LM_EVAL))
    assert list(results) == ["acme/large-1"]
    result = results["acme/large-1"]
    assert result["counts"]["all"] == counts(3, 1, 1, 1)
    assert {reason: n for reason, n in result["ungraded"].items() if n} == {"empty": 1}
    assert result["tallies"] == {"canberra": [1, 1, 0, 0], "atlantis": [0, 0, 1, 1], "everest": [2, 0, 0, 0]}


def test_promptfoo_results_are_graded(folder: Path) -> None:
    results = imported(folder, "--from", "promptfoo", "--answers", str(FORMATS / "promptfoo.json"))
    assert set(results) == {"large-1", "openai:chat:small-1"}
    large, small = results["large-1"], results["openai:chat:small-1"]
    assert large["counts"]["all"] == counts(1, 0, 2, 1)
    assert {reason: n for reason, n in large["ungraded"].items() if n} == {"truncated": 1}
    assert small["counts"]["all"] == counts(0, 1, 0, 3)
    assert {reason: n for reason, n in small["ungraded"].items() if n} == {"failed": 1, "empty": 1, "blocked": 1}


def test_the_manifest_says_where_the_answers_come_from(folder: Path) -> None:
    imported(folder, "--from", "inspect", "--answers", str(FORMATS / "inspect.json"))
    manifest = json.loads((folder / "reports/r/manifest.json").read_text(encoding="utf-8"))
    assert manifest["config"]["from"] == "inspect"
    assert manifest["imported_from"].endswith("formats/inspect.json")
    assert manifest["repeats"] == 3


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--from", "ispect", "--answers", "answers.jsonl"), ("native, inspect, lm-eval, promptfoo", "'ispect'")),
        (("--from", "inspect", "--answers", "answers.jsonl"), ("answers.jsonl:", "`eval`")),
        (("--from", "promptfoo", "--answers", "answers.jsonl"), ("answers.jsonl:1:", "provider")),
        (("--from", "lm-eval", "--answers", "answers.jsonl"), ("results_answers.json",)),
        (("--from", "inspect", "--answers", "missing.eval"), ("missing.eval", "No such file")),
        (("--from", "inspect", "--answers", "other.json"), ("other.json:1", "'elsewhere'")),
    ],
)
def test_a_wrong_format_is_one_line(folder: Path, arguments: tuple[str, ...], says: tuple[str, ...]) -> None:
    other = {"eval": {"model": "m"}, "samples": [{"id": "elsewhere"}]}
    (folder / "other.json").write_text(json.dumps(other), encoding="utf-8")
    done = evaluator("import", "--probes", "probes.jsonl", *arguments, cwd=folder)
    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    for text in says:
        assert text in done.stderr
    assert not (folder / "reports").exists()
