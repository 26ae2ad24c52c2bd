"""A gate that runs every night: it remembers, and does not cry wolf."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.cli.gate_runs import UNSURE, bold, make_run, run_command


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("nightly")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        make_run("pinned", bold(0.3), repeats=6, seed=100)
        make_run("single", bold(0.3), seed=101)
        for night in range(4):
            make_run(f"night{night}", bold(0.3), seed=night)
        make_run("bad", bold(0.9), seed=50)
        make_run("worse", bold(0.9), seed=51)
    return folder


@pytest.fixture
def runs(imported: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(imported, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def nightly(run: str, baseline: str = "pinned", *more: str) -> tuple[int, dict[str, Any]]:
    # From its summary.json: nothing is computed anew.
    name = f"reports/{baseline}/summary.json"
    code, shown, error = run_command("gate", run, "--baseline", name, "--history", "h.jsonl", *more, "--json")
    assert error is None, error
    return code, json.loads(shown)


def entries() -> list[dict[str, Any]]:
    return [json.loads(line) for line in Path("h.jsonl").read_text(encoding="utf-8").splitlines()]


def test_nights_without_a_change_do_not_fail_and_a_change_does(runs: Path) -> None:
    codes = [nightly(f"night{night}")[0] for night in range(4)]
    assert 1 not in codes
    assert [one["baseline_repeat"] for one in entries()] == [0, 1, 2, 3]
    nightly("bad")
    code, found = nightly("worse")
    (finding,) = [one for one in found["findings"] if one["outcome"] == "fail"]
    assert (code, found["look"], finding["metric"]) == (1, 6, "hallucination_rate")
    assert finding["reason"] == "it got worse: so say 6 runs together"
    evidence = finding["evidence"]
    assert (evidence["n_looks"], evidence["alarm"], evidence["refusal"]) == (6, True, None)


def test_the_same_run_again_changes_nothing(runs: Path) -> None:
    first = nightly("night0")
    before = Path("h.jsonl").read_bytes()
    again = nightly("night0")
    assert Path("h.jsonl").read_bytes() == before
    assert again[0] == first[0]
    assert again[1]["findings"] == first[1]["findings"]
    assert "run night0 is in the history already: it was not added again" in again[1]["notes"]


def test_a_baseline_asked_once_raises_no_alarm_of_all_runs_and_says_why(runs: Path) -> None:
    code, found = nightly("night0", "single")
    assert code != 1
    assert any("need a baseline with at least 5 repeats" in note for note in found["notes"])
    assert entries()[0]["rates"][0]["refusal"].startswith("need a baseline with at least 5 repeats")
    assert entries()[0]["rates"][0]["only_new"] is None


def test_what_is_certain_in_one_run_fails_even_so(runs: Path) -> None:
    code, found = nightly("bad", "single")
    assert code == 1
    (finding,) = [one for one in found["findings"] if one["outcome"] == "fail"]
    assert finding["p_adjusted"] <= found["fail_alpha"] < 0.05


def test_a_fresh_baseline_is_believed_once(runs: Path) -> None:
    assert nightly("night0", "single", "--fresh-baseline")[1]["findings"][2]["evidence"]["refusal"] is None
    found = nightly("night1", "single", "--fresh-baseline")[1]
    assert "the answers of single are not fresh: night0 had them" in found["findings"][2]["evidence"]["refusal"]
    found = nightly("night2", "night3", "--fresh-baseline")[1]
    assert found["findings"][2]["evidence"]["n_looks"] == 2


def test_a_damaged_history_is_refused_and_stays_as_it_is(runs: Path) -> None:
    Path("h.jsonl").write_text("{}\n", encoding="utf-8")
    _, _, error = run_command("gate", "night0", "--baseline", "reports/pinned/summary.json", "--history", "h.jsonl")
    assert "h.jsonl:1: damaged line" in str(error)
    assert Path("h.jsonl").read_text(encoding="utf-8") == "{}\n"


def anchor(run_id: str, n_wrong: int, n: int = 90) -> None:
    """Answers that people labelled, of which the grader gets n_wrong wrong by the labels."""
    make_run(run_id, bold(0.5), n=n, seed=7)
    answers = [json.loads(line) for line in Path(f"{run_id}.answers.jsonl").read_text(encoding="utf-8").splitlines()]
    labels = []
    for i, answer in enumerate(answers):
        label = "abstained" if answer["text"] == UNSURE else "wrong" if "99999" in answer["text"] else "correct"
        labels.append({"model": "m", "probe_id": answer["probe_id"], "label": label, "annotator": "anna"})
        if i < n_wrong:
            verdicts = Path("reports") / run_id / "verdicts.jsonl"
            lines = [json.loads(line) for line in verdicts.read_text(encoding="utf-8").splitlines()]
            for line in lines:
                if line["probe_id"] == answer["probe_id"]:
                    line["label"] = "wrong" if label == "abstained" else "abstained"
                    line.pop("abstention_kind", None)
            verdicts.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    Path("labels.jsonl").write_text("".join(json.dumps(line) + "\n" for line in labels), encoding="utf-8")


def anchored(run: str, anchor_run: str) -> tuple[int, dict[str, Any]]:
    return nightly(run, "pinned", "--anchor", anchor_run, "--anchor-labels", "labels.jsonl")


def test_a_judge_that_drifts_is_told_from_a_system_that_does(runs: Path) -> None:
    anchor("anchor-good", 2)
    anchor("anchor-bad", 40)
    code, found = anchored("night0", "anchor-good")
    assert found["drift"]["verdict"] == "none"
    assert (found["drift"]["n"], found["drift"]["n_errors"]) == (90, 2)
    code, found = anchored("bad", "anchor-good")
    assert (code, found["drift"]["verdict"]) == (1, "system")
    code, found = anchored("night1", "anchor-bad")
    assert (code, found["drift"]["verdict"]) == (3, "judge")
    assert all("the judge changed" in one["reason"] for one in found["findings"] if one["kind"] == "margin")


def test_an_anchor_needs_a_history_and_labels(runs: Path) -> None:
    _, _, error = run_command("gate", "night0", "--baseline", "reports/pinned/summary.json", "--anchor", "night1")
    assert "--anchor: need --history FILE" in str(error)
    _, _, error = run_command(
        "gate", "night0", "--baseline", "reports/pinned/summary.json", "--anchor", "night1", "--history", "h.jsonl"
    )
    assert "need graded answers with labels by people, got none" in str(error)
    assert not Path("h.jsonl").exists()
