"""What people find out about a run reaches its report: labels, an audit, a stated confidence."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from evaluator.audit import AuditDesign, AuditStratum, ProbeAudit, ProbeFinding, probe_hash, probes_sha256, write_audit
from evaluator.journal import RunDirectory
from tests.cli.command import evaluator

N = 60
TEXTS = ("It is x{i}.", "It is zebra.", "I don't know.")


@pytest.fixture
def run(tmp_path: Path) -> Path:
    probes = [
        {"probe_id": f"p{i:02}", "question": f"What is {i}?", "targets": [f"x{i}"], "source": "s"} for i in range(N)
    ]
    answers = [{"model": "m", "probe_id": f"p{i:02}", "text": TEXTS[i % 3].format(i=i)} for i in range(N)]
    write(tmp_path / "probes.jsonl", probes)
    write(tmp_path / "answers.jsonl", answers)
    done = evaluator("import", "--probes", "probes.jsonl", "--answers", "answers.jsonl", "--run-id", "r", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    return tmp_path


def write(path: Path, lines: list[dict[str, Any]]) -> None:
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")


def summary(folder: Path, *options: str, run: str = "r") -> dict[str, Any]:
    done = evaluator("report", run, "--format", "json", *options, cwd=folder)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def label_all(folder: Path) -> None:
    assert evaluator("label", "draw", "r", "--per-model", "45", "--out", "l.csv", cwd=folder).returncode == 0
    with (folder / "l.csv").open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    for row in rows:
        # The grader takes every wrong answer for wrong; people find every fourth of them right.
        is_right = "zebra" in row["response"] and int(row["probe_id"][-2:]) % 4 == 0
        by_text = {"z": "wrong", "k": "abstained"}
        seen = next((label for letter, label in by_text.items() if letter in row["response"]), "correct")
        row["label"] = "correct" if is_right else seen
    with (folder / "l.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    done = evaluator("label", "import", "r", "l.csv", "--annotator", "anna", cwd=folder)
    assert done.returncode == 0, done.stderr


def rate(found: dict[str, Any], *, calibrated: bool) -> dict[str, Any]:
    (one,) = [
        e
        for e in found["results"][0]["estimates"]
        if (e["name"], e["slice"], e["calibrated"]) == ("hallucination_rate", "answerable", calibrated)
    ]
    result: dict[str, Any] = one
    return result


def test_labels_give_the_report_a_corrected_rate_beside_the_raw_one(run: Path) -> None:
    assert not [e for e in summary(run)["results"][0]["estimates"] if e["calibrated"]]
    label_all(run)
    found = summary(run)
    raw, corrected = rate(found, calibrated=False), rate(found, calibrated=True)
    assert raw["value"] == 0.5
    assert corrected["value"] < 0.47
    assert corrected["n_labels"] == 45
    assert any(budget["calibrated"] and budget["labels_share"] > 0 for budget in found["budgets"])
    text = evaluator("report", "r", cwd=run).stdout
    assert "corrected with human labels" in text
    assert "would narrow" in text


def test_limits_of_the_settings_refuse_and_say_so(run: Path) -> None:
    label_all(run)
    (run / "e.toml").write_text("[calibration]\nmin_clusters = 100\n", encoding="utf-8")
    refused = rate(summary(run, "--config", "e.toml"), calibrated=True)
    assert refused["value"] is None
    assert "refused (few_clusters): 100 independent clusters" in refused["notes"][0]
    assert "few_clusters" in evaluator("report", "r", "--config", "e.toml", cwd=run).stdout


def test_an_unknown_limit_is_an_error_that_names_the_nearest(run: Path) -> None:
    (run / "e.toml").write_text("[calibration]\nmin_cluster = 100\n", encoding="utf-8")
    done = evaluator("report", "r", "--config", "e.toml", cwd=run)
    assert done.returncode == 2
    assert "min_clusters" in done.stderr


def test_an_audit_of_the_probes_corrects_the_rates(run: Path) -> None:
    probes = RunDirectory(run / "reports" / "r").read_probes()
    hashes = {probe.probe_id: probe_hash(probe) for probe in probes}
    strata = (AuditStratum(name="all", n_probes=N, drawn=tuple(hashes)),)
    findings = tuple(
        ProbeFinding(probe_id=name, probe_hash=seen, is_valid=i % 6 > 0, flaw=None if i % 6 else "wrong_target")
        for i, (name, seen) in enumerate(hashes.items())
    )
    audit = ProbeAudit(AuditDesign(seed=0, probes_sha256=probes_sha256(hashes.items()), strata=strata), findings)
    write_audit(run / "elsewhere.jsonl", audit)
    assert summary(run)["validity"] is None
    found = summary(run, "--audit", "elsewhere.jsonl")["validity"]
    assert (found["n_audited"], found["n_invalid"]) == (60, 10)
    write_audit(run / "reports" / "r" / "audit.jsonl", audit)
    assert summary(run)["validity"] == found
    assert "10 of 60 audited probes are invalid (10 wrong_target)" in evaluator("report", "r", cwd=run).stdout


def test_a_broken_audit_is_an_error_with_its_line(run: Path) -> None:
    (run / "reports" / "r" / "audit.jsonl").write_text("{}\n", encoding="utf-8")
    done = evaluator("report", "r", cwd=run)
    assert done.returncode == 2
    assert "audit.jsonl:1: schema" in done.stderr


def test_a_stated_confidence_is_taken_off_before_grading_and_measured(run: Path) -> None:
    lines = [
        {"model": "m", "probe_id": f"p{i:02}", "text": TEXTS[i % 3].format(i=i) + f"\nConfidence: {(i * 7) % 100}%"}
        for i in range(N)
    ]
    lines[0]["text"] = "x0\nConfidence: very high"
    write(run / "said.jsonl", lines)
    options = ["--model", "recorded/m", "--answers", "said.jsonl", "--prompt", "permit+confidence", "--run-id", "c"]
    done = evaluator("run", "--probes", "probes.jsonl", *options, cwd=run)
    assert done.returncode == 0, done.stderr
    found = summary(run, run="c")
    assert found["results"][0]["counts"]["all"] == {"correct": 20, "wrong": 20, "abstained": 20, "ungraded": 0}
    stated = [f for f in found["confidence"] if (f["source"], f["slice"]) == ("stated", "answered")]
    assert [(f["n"], f["n_missing"]) for f in stated] == [(39, 1)]
    assert "Does confidence mean anything?" in evaluator("report", "c", cwd=run).stdout
    raw = RunDirectory(run / "reports" / "c").read_journal().responses.values()
    assert all("Confidence:" in response.text for response in raw)


def test_corrected_rates_of_two_runs_are_compared(run: Path) -> None:
    label_all(run)
    done = evaluator("compare", "r", "r", "--calibrated", "--metric", "accuracy", "--json", cwd=run)
    assert done.returncode == 0, done.stderr
    (found,) = json.loads(done.stdout)["differences"]
    assert found["calibrated"]
    assert found["difference"] == 0
    assert found["a"]["value"] > 0.35


def test_what_has_no_labels_is_refused_in_a_comparison(run: Path) -> None:
    done = evaluator("compare", "r", "r", "--calibrated", "--metric", "accuracy", "--json", cwd=run)
    (found,) = json.loads(done.stdout)["differences"]
    assert found["difference"] is None
    assert found["notes"][0].startswith("A: refused (no_labels)")
    path = run / "reports" / "r" / "summary.json"
    refused = evaluator("compare", "r", str(path), "--calibrated", cwd=run)
    assert refused.returncode == 2
    assert "--calibrated: need run directories" in refused.stderr


def test_a_plan_says_what_an_earlier_run_lets_it_detect(run: Path) -> None:
    options = ["--probes", "probes.jsonl", "--model", "local/smollm2-135m"]
    done = evaluator("plan", *options, "--like", "r", "--detect", "0.1", "--metric", "accuracy", "--json", cwd=run)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)["detection"]
    assert (found["like"], found["n_probes"], found["wanted"]) == ("r", 60, 0.1)
    assert found["needs"][0]["n_probes"] > 60
    assert "What it could detect" in evaluator("plan", *options, cwd=run).stdout
    for wrong in (["--detect", "3"], ["--detect", "0.1", "--metric", "acuracy"], ["--like", "nowhere"]):
        refused = evaluator("plan", *options, *wrong, cwd=run)
        assert refused.returncode == 2, wrong
        assert refused.stderr.count("\n") == 1
