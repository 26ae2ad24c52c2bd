"""`evaluator runs`: what is on the disk, what may go, and how rates move."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import filelock
import pytest

from tests.cli.command import evaluator
from tests.cli.gate_runs import bold, make_run, run_command

DAYS = {
    "oldest": "2026-01-01",
    "labelled": "2026-02-01",
    "base": "2026-03-01",
    "older": "2026-10-01",
    "new": "2099-01-01",
}


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("kept")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for name, day in DAYS.items():
            path = make_run(name, bold(0.4), n=12, seed=1)
            manifest = path / "manifest.json"
            text = re.sub(r'"started_at": "[^"]*"', f'"started_at": "{day}T00:00:00+00:00"', manifest.read_text())
            manifest.write_text(text, encoding="utf-8")
        (folder / "reports" / "labelled" / "gold.jsonl").write_text(
            json.dumps(
                {
                    "run_id": "labelled", "request_id": "r", "response_sha256": "0", "label": "wrong", "annotator": "a",
                    "labelled_at": "t",
                }
            )
            + "\n",
            encoding="utf-8",
        )  # fmt: skip
    return folder


@pytest.fixture
def runs(imported: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(imported, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path / "reports"


def asked(*arguments: str) -> dict[str, Any]:
    code, shown, error = run_command("runs", *arguments, "--json")
    assert (code, error) == (0, None)
    return json.loads(shown)


def staying(*arguments: str) -> dict[str, str | None]:
    return {one["run"]["run_id"]: one["reason"] for one in asked("prune", *arguments)["runs"]}


def test_runs_are_listed_oldest_first_with_what_they_hold(runs: Path) -> None:
    found = asked("list")["runs"]
    assert [one["run"]["run_id"] for one in found] == list(DAYS)
    assert [one["run"]["n_labels"] for one in found] == [0, 1, 0, 0, 0]
    assert all(one["run"]["n_open"] == 0 and one["run"]["n_planned"] == 12 for one in found)


def test_a_damaged_run_is_listed_and_never_pruned(runs: Path) -> None:
    (runs / "oldest" / "manifest.json").write_text("{", encoding="utf-8")
    (runs / "new" / "summary.json").write_text("[1", encoding="utf-8")
    found = {one["run"]["run_id"]: one["run"] for one in asked("list")["runs"]}
    assert found["oldest"]["damage"]
    assert found["new"]["n_open"] is None
    assert staying("--keep", "0", "--with-labelled")["oldest"] == "damaged: look at it yourself"


def test_without_yes_nothing_is_removed(runs: Path) -> None:
    before = sorted(path.name for path in runs.iterdir())
    done = evaluator("runs", "prune", "--keep", "1", cwd=runs.parent)
    assert done.returncode == 0
    assert "nothing was removed; 3 runs would be: add --yes" in done.stderr
    assert "stays: 1 labels by people" in done.stdout
    assert sorted(path.name for path in runs.iterdir()) == before


def test_both_conditions_must_hold(runs: Path) -> None:
    assert [name for name, why in staying("--older-than", "60d").items() if why is None] == ["oldest", "base"]
    assert [name for name, why in staying("--keep", "4").items() if why is None] == ["oldest"]
    assert [name for name, why in staying("--keep", "4", "--older-than", "60d").items() if why is None] == ["oldest"]
    assert staying("--keep", "0")["new"] is None


def test_what_is_removed_is_gone_and_the_rest_is_whole(runs: Path) -> None:
    found = asked("prune", "--keep", "2", "--yes")
    assert found["removed"] == ["oldest", "base"]
    assert sorted(path.name for path in runs.iterdir()) == ["labelled", "new", "older"]
    assert run_command("report", "older")[0] == 0


def test_pinned_runs_baselines_and_runs_being_written_stay(runs: Path) -> None:
    assert run_command("runs", "pin", "oldest")[0] == 0
    run_command("gate", "new", "--baseline", "base", "--history", "reports/history.jsonl")
    with filelock.FileLock(runs / "older" / ".lock"):
        found = staying("--keep", "0", "--with-labelled")
    assert found["oldest"] == "pinned"
    assert found["base"] == "a baseline"
    assert found["older"] == "being written now"
    assert found["labelled"] is None
    run_command("runs", "pin", "oldest", "--undo")
    assert staying("--keep", "0")["oldest"] is None


def test_the_baseline_of_a_policy_stays(runs: Path) -> None:
    path = runs / "new" / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    for named in ("reports/base/summary.json", "../reports/base"):
        manifest["config"]["gate"] = {"baseline": named}
        path.write_text(json.dumps(manifest), encoding="utf-8")
        assert staying("--keep", "1")["base"] == "a baseline"


def test_a_history_that_is_damaged_or_missing_protects_by_refusing(runs: Path) -> None:
    (runs / "history.jsonl").write_text("{}\n", encoding="utf-8")
    assert "damaged line" in str(run_command("runs", "prune", "--keep", "0", "--yes")[2])
    assert "no such file" in str(run_command("runs", "prune", "--keep", "0", "--history", "nowhere.jsonl")[2])
    assert len(list(runs.glob("*/manifest.json"))) == len(DAYS)


def test_a_link_among_the_runs_does_not_stop_the_removal_of_the_others(runs: Path, tmp_path: Path) -> None:
    shutil.move(runs / "oldest", tmp_path / "elsewhere")
    (runs / "oldest").symlink_to(tmp_path / "elsewhere")
    assert asked("prune", "--keep", "2", "--yes")["removed"] == ["base"]


def test_what_people_found_about_the_probes_stays_unless_named(runs: Path) -> None:
    finding = {"probe_id": "p", "probe_hash": "0", "is_valid": True, "auditor": "anna"}
    (runs / "oldest" / "audit.jsonl").write_text(json.dumps({"seed": 0}) + "\n" + json.dumps(finding) + "\n")
    assert staying("--keep", "0")["oldest"] == "1 findings by people about its probes"
    assert staying("--keep", "0", "--with-labelled")["oldest"] is None


def test_a_run_that_holds_other_files_stays_and_names_them_unless_told(runs: Path) -> None:
    (runs / "oldest" / "notes.md").write_text("mine", encoding="utf-8")
    (runs / "base" / "plots").mkdir()
    for name in ("a.csv", "b.csv", "journal (conflicted copy).jsonl", "\x1b[31m.txt"):
        (runs / "new" / name).touch()
    found = staying("--keep", "0")
    assert found["oldest"] == "also holds notes.md"
    assert found["base"] == "also holds plots"
    assert found["new"] == "also holds \x1b[31m.txt, a.csv, b.csv and 1 more"
    shown = run_command("runs", "prune", "--keep", "0")[1]
    assert "stays: also holds notes.md" in shown
    assert "\x1b" not in shown
    assert asked("prune", "--keep", "0", "--yes")["removed"] == ["older"]
    assert (runs / "oldest" / "notes.md").read_text(encoding="utf-8") == "mine"
    assert set(asked("prune", "--keep", "0", "--with-other-files", "--yes")["removed"]) == {"oldest", "base", "new"}


def test_what_the_commands_leave_in_a_run_keeps_it_from_nothing(runs: Path) -> None:
    folder = runs / "oldest"
    assert run_command("report", "oldest", "--format", "html")[0] == 0
    assert run_command("grade", "oldest")[0] == 0
    assert run_command("verify", "oldest")[0] == 0
    (folder / "gate.md").touch()
    (folder / ".summary.json-abcd_123").touch()
    assert staying("--keep", "0")["oldest"] is None
    assert run_command("runs", "pin", "oldest")[0] == run_command("runs", "pin", "oldest", "--undo")[0] == 0
    assert staying("--keep", "0")["oldest"] is None


def test_a_run_cannot_take_the_name_of_the_history(runs: Path) -> None:
    (runs / "p.jsonl").write_text('{"probe_id": "p", "question": "q", "targets": ["t"]}\n', encoding="utf-8")
    words = ("run", "--probes", "p.jsonl", "--model", "local/smollm2-135m", "--run-id", "history.jsonl", "--out", ".")
    done = evaluator(*words, cwd=runs)
    assert done.returncode == 2
    assert "run id: need another name than 'history.jsonl'" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not (runs / "history.jsonl").exists()


def test_a_link_to_a_run_is_not_followed(runs: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    shutil.move(runs / "oldest", elsewhere)
    (runs / "oldest").symlink_to(elsewhere)
    assert asked("prune", "--keep", "3", "--yes")["removed"] == []
    assert staying("--keep", "0")["oldest"] == "a link: what it points to lies elsewhere"
    assert (runs / "oldest").is_symlink()
    assert (elsewhere / "journal.jsonl").exists()


@pytest.mark.parametrize("age", ["", "90", "d", "-1d", "1y", "\x1b[31m"])
def test_an_age_that_is_none_is_refused(runs: Path, age: str) -> None:
    assert "--older-than: need a number of hours, days or weeks" in str(
        run_command("runs", "prune", f"--older-than={age}")[2]
    )


def test_a_prune_without_a_condition_is_refused(runs: Path) -> None:
    assert "need --keep N or --older-than AGE" in str(run_command("runs", "prune", "--yes")[2])


@pytest.fixture
def history(runs: Path) -> Path:
    for name in ("oldest", "older", "new"):
        run_command("gate", name, "--baseline", "base", "--history", "h.jsonl")
    lines = [json.loads(line) for line in Path("h.jsonl").read_text(encoding="utf-8").splitlines()]
    rate = lines[2]["rates"][0]
    rate |= {"numerator": 9000.0, "denominator": 9000.0, "value": 1.0, "low": 0.999, "high": 1.0}
    lines[2]["run_id"] = "<script>alert(1)</script>\x1b[31m"
    Path("h.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return Path("h.jsonl")


def test_a_trend_pools_the_runs_and_marks_what_lies_outside(history: Path) -> None:
    found = json.loads(run_command("runs", "trend", "h.jsonl", "--format", "json")[1])
    (line, other) = found["lines"]
    assert (line["metric"], other["metric"]) == ("hallucination_rate", "over_abstention_rate")
    assert [point["is_outside"] for point in line["points"]] == [False, False, True]
    widths = [point["sequence_high"] - point["sequence_low"] for point in line["points"]]
    assert widths == sorted(widths, reverse=True)
    first = line["points"][0]
    assert first["sequence_low"] <= first["low"] <= first["high"] <= first["sequence_high"]
    assert (
        len(
            json.loads(run_command("runs", "trend", "h.jsonl", "--format", "json", "--last", "1")[1])["lines"][0][
                "points"
            ]
        )
        == 1
    )


def test_another_grader_begins_the_sequence_anew(history: Path) -> None:
    history.write_text(
        re.sub(r"cascade-\d+", "cascade-0", history.read_text(encoding="utf-8"), count=1), encoding="utf-8"
    )
    found = json.loads(run_command("runs", "trend", "h.jsonl", "--format", "json")[1])
    assert [point["begins_anew"] for point in found["lines"][0]["points"]] == [False, True, False]


def test_a_trend_page_is_one_inert_file(history: Path) -> None:
    assert run_command("runs", "trend", "h.jsonl", "--format", "html", "--to", "trend.html")[0] == 0
    page = Path("trend.html").read_text(encoding="utf-8")
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert not re.search(r'(src|href)="http', page)
    assert page.count("<svg") == 2
    assert "default-src 'none'" in page
    assert len(page) < 100_000


def test_a_trend_at_the_terminal_and_for_a_pull_request(history: Path) -> None:
    done = evaluator("runs", "trend", "h.jsonl", cwd=Path.cwd())
    assert done.returncode == 0
    assert "\x1b" not in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert "<script" not in run_command("runs", "trend", "h.jsonl", "--format", "md")[1]
    assert "need the file that gate --history writes" in str(run_command("runs", "trend", "nowhere")[2])
