"""The README's gates, schedules and recipes do what it says."""

from __future__ import annotations

import os
import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from evaluator.policy import GatePolicy
from tests.cli.command import environment
from tests.cli.gate_runs import bold, make_run, run_command

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
EXAMPLES = {"main": (0.3, 0), "candidate-a": (0.27, 0), "candidate-b": (0.33, 3), "candidate-c": (0.6, 0)}


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, flags=re.DOTALL | re.MULTILINE)


def block(language: str, begins: str) -> str:
    """The one code block of the language whose text has this."""
    (found,) = [text for text in blocks(language) if begins in text]
    return found


@pytest.fixture(scope="module")
def examples(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("examples")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for name, (share, seed) in EXAMPLES.items():
            make_run(name, bold(share), n=300, seed=seed)
    return folder


@pytest.mark.parametrize(("run", "code"), [("candidate-a", 0), ("candidate-b", 3), ("candidate-c", 1)])
def test_the_verdicts_in_the_readme_are_real(
    examples: Path, run: str, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(examples)
    monkeypatch.setenv("COLUMNS", "80")
    found, shown, error = run_command("gate", run, "--baseline", "main")
    assert (found, error) == (code, None)
    printed = shown.partition("\nNotes\n")[0].rstrip()
    assert printed in README


def test_the_policy_in_the_readme_is_one() -> None:
    import tomllib

    import msgspec

    table = tomllib.loads(block("toml", "[[gate.check]]"))
    policy = msgspec.convert(table["gate"], GatePolicy)
    assert [check.sense for check in policy.check] == ["max", "margin"]


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder as the recipes have it: settings, a baseline, the scripts, and `evaluator` in the path."""
    monkeypatch.chdir(tmp_path)
    make_run("asked", bold(0.3), n=60)
    shutil.copy("asked.answers.jsonl", "answers.jsonl")
    (tmp_path / "evaluation.toml").write_text(
        'probes = ["asked.probes.jsonl"]\n'
        '[[model]]\nid = "recorded/m"\nanswers = "answers.jsonl"\n'
        '[gate]\nbaseline = "baseline/summary.json"\n'
        '[[gate.check]]\nmetric = "hallucination_rate"\nmargin = 0.1\n',
        encoding="utf-8",
    )
    assert run_command("run", "evaluation.toml", "--run-id", "first")[0] == 0
    (tmp_path / "baseline").mkdir()
    shutil.copy("reports/first/summary.json", "baseline/summary.json")
    for name in ("nightly.sh", "pre-merge.sh"):
        script(tmp_path / name, block("sh", f"# {name}:"))
    (tmp_path / "bin").mkdir()
    script(tmp_path / "bin" / "evaluator", f'#!/bin/sh\nexec "{sys.executable}" -m evaluator "$@"\n')
    script(tmp_path / "bin" / "git", "#!/bin/sh\necho abc1234\n")
    return tmp_path


def script(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


def started(machine: Path, *words: str) -> subprocess.CompletedProcess[str]:
    path = f"{machine / 'bin'}:{os.environ['PATH']}"
    return subprocess.run(
        words, cwd=machine, env=environment({"PATH": path}), capture_output=True, text=True, timeout=120, check=False
    )


def answer_worse(machine: Path) -> None:
    text = (machine / "answers.jsonl").read_text(encoding="utf-8")
    (machine / "answers.jsonl").write_text(text.replace("I don't know.", "It is 77777."), encoding="utf-8")


def step(machine: Path, name: str) -> subprocess.CompletedProcess[str]:
    """Run a step of the workflow as GitHub does with `shell: bash`."""
    (run,) = [one["run"] for one in workflow()["jobs"]["measure"]["steps"] if one.get("name") == name]
    return started(machine, "env", "GITHUB_STEP_SUMMARY=summary.md", "bash", "-eo", "pipefail", "-c", run)


def test_every_night_is_measured_judged_and_remembered_and_ends_with_the_code_of_the_gate(machine: Path) -> None:
    line = block("text", "nightly.lock").strip()
    fields, command = line.split()[:5], line.split(maxsplit=5)[5]
    assert all(re.fullmatch(r"\*|\d{1,2}", field) for field in fields)
    if shutil.which("flock") is None:
        command = re.sub(r"^flock -n \S+ ", "", command)
    done = started(machine, "sh", "-c", command.replace("/srv/eval", str(machine)))
    log = (machine / "nightly.log").read_text(encoding="utf-8")
    assert done.returncode == 0, log
    assert "## PASS: gate of run nightly-" in log
    assert (machine / "reports" / "trend.html").exists()
    assert len((machine / "reports" / "history.jsonl").read_text(encoding="utf-8").splitlines()) == 1
    shutil.rmtree(next((machine / "reports").glob("nightly-*")))
    (machine / "reports" / "history.jsonl").unlink()
    answer_worse(machine)
    assert step(machine, "Every night").returncode == 1
    assert (machine / "summary.md").read_text(encoding="utf-8").startswith("## FAIL: gate of run nightly-")


def test_the_nightly_script_stops_when_the_settings_are_wrong(machine: Path) -> None:
    (machine / "evaluation.toml").write_text("prbes = []\n", encoding="utf-8")
    done = started(machine, "./nightly.sh")
    assert done.returncode == 2
    assert not (machine / "reports" / "history.jsonl").exists()


def test_the_pre_merge_script_blocks_what_fails_and_only_that(machine: Path) -> None:
    assert started(machine, "./pre-merge.sh").returncode == 0
    shutil.rmtree(machine / "reports" / "candidate-abc1234")
    answer_worse(machine)
    assert step(machine, "Before a merge").returncode == 1
    assert "## FAIL: gate of run candidate-abc1234" in (machine / "summary.md").read_text(encoding="utf-8")


def test_systemd_accepts_the_units(machine: Path) -> None:
    service, timer = block("ini", "[Service]"), block("ini", "[Timer]")
    for name, text in (("evaluator.service", service), ("evaluator.timer", timer)):
        assert f"/{name}\n" in text
        (machine / name).write_text(text.replace("/srv/eval", str(machine)), encoding="utf-8")
    (machine / "keys.env").touch()
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd is not installed")
    done = started(machine, "systemd-analyze", "verify", "./evaluator.service", "./evaluator.timer")
    complaints = [line for line in done.stderr.splitlines() if str(machine) in line or "evaluator." in line]
    assert (done.returncode, complaints) == (0, [])
    calendar = re.search(r"OnCalendar=(.*)", timer)
    assert calendar is not None
    assert started(machine, "systemd-analyze", "calendar", calendar[1]).returncode == 0


def workflow() -> dict[str, Any]:
    yaml = pytest.importorskip("yaml")
    found = yaml.load(block("yaml", "pull_request"), Loader=yaml.BaseLoader)
    assert isinstance(found, dict)
    return found


def test_the_workflow_has_only_what_github_knows() -> None:
    found = workflow()
    assert set(found) <= {"name", "on", "permissions", "concurrency", "defaults", "jobs", "env"}
    assert set(found["on"]) == {"schedule", "pull_request"}
    assert re.fullmatch(r"(\S+ ){4}\S+", found["on"]["schedule"][0]["cron"])
    # Without pipefail a failed gate would end with the code of tee.
    assert found["defaults"]["run"]["shell"] == "bash"
    for job in found["jobs"].values():
        assert set(job) <= {"runs-on", "timeout-minutes", "env", "steps", "if", "needs"}
        for step in job["steps"]:
            assert set(step) <= {"name", "uses", "with", "run", "if", "env"}
            assert ("uses" in step) != ("run" in step)
            assert re.fullmatch(r"[\w-]+/[\w-]+@v\d+", step.get("uses", "a/b@v1"))
