"""`evaluator probes audit`: from answers to flags, from flags to a sheet, from a sheet to the report."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from evaluator.report import json_schema
from tests.cli.command import evaluator


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("audit")
    probes = [
        {"probe_id": f"k{i}", "question": f"Who painted picture {i}?", "targets": [f"Painter{i}"]} for i in range(30)
    ]
    probes += [{"probe_id": "u0", "question": "Who painted the lost one?", "unanswerable": "unknown"}]
    (root / "p.jsonl").write_text("".join(json.dumps(p) + "\n" for p in probes), encoding="utf-8")
    answers = []
    for model in ("a", "b", "c", "d"):
        for i in range(30):
            text = "Vermeer" if i == 4 else f"Painter{i}" if i % 2 else f"{model}{i}"
            answers.append({"model": model, "probe_id": f"k{i}", "text": text})
        answers.append({"model": model, "probe_id": "u0", "text": "Holbein"})
    (root / "a.jsonl").write_text("".join(json.dumps(a) + "\n" for a in answers), encoding="utf-8")
    made = evaluator("import", "--probes", "p.jsonl", "--answers", "a.jsonl", "--run-id", "r", cwd=root)
    assert made.returncode == 0, made.stderr
    return root


def test_suspect_probes_are_named_with_what_models_say(folder: Path) -> None:
    shown = evaluator("probes", "audit", "r", cwd=folder)
    assert shown.returncode == 0, shown.stderr
    assert "2 of 31 probes to look at" in shown.stdout
    assert "same_wrong_answer: 4 of 4 models say: Vermeer" in shown.stdout
    assert "agreed_answer: 4 of 4 models say: Holbein" in shown.stdout


def test_the_analysis_as_json_fits_its_schema(folder: Path) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    found = json.loads(evaluator("probes", "audit", "r", "--json", cwd=folder).stdout)
    jsonschema.Draft202012Validator(json.loads(json_schema("items"))).validate(found)
    assert found["by_kind"]["agreed_answer"] == 1
    assert len(found["items"]) == 31


def test_a_sheet_that_was_filled_in_corrects_the_report(folder: Path) -> None:
    drawn = evaluator("probes", "audit", "r", "--draw", "24", "--seed", "5", "--out", "s.csv", cwd=folder)
    assert "24 probes (2 of 2 suspect, 22 of 29 other)" in drawn.stderr
    with (folder / "s.csv").open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    for row in rows:
        is_bad = row["probe_id"].lstrip("'") in {"k4", "u0"}
        row["valid"], row["flaw"] = ("no", "wrong_target") if is_bad else ("yes", "")
    with (folder / "s.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    told = evaluator("probes", "audit", "r", "--import", "s.csv", "--auditor", "anna", cwd=folder)
    assert told.returncode == 0, told.stderr
    # Both suspects are all there are of their kind: 2 of 31, not 2 of the 24 that were looked at.
    assert "2 of 24 audited probes invalid (wrong_target 2); of all 31: 6.5%" in told.stdout
    summary = json.loads(evaluator("report", "r", "--format", "json", cwd=folder).stdout)
    assert summary["validity"]["n_invalid"] == 2
    again = evaluator("probes", "audit", "r", "--import", "s.csv", "--auditor", "anna", cwd=folder)
    assert again.stdout == told.stdout
    other = evaluator("probes", "audit", "r", "--draw", "24", "--seed", "6", "--out", "t.csv", cwd=folder)
    assert other.returncode == 0
    (folder / "t.csv").write_bytes((folder / "s.csv").read_bytes())


def test_flags_that_do_not_go_together_are_refused(folder: Path) -> None:
    for flags in (["--draw", "5"], ["--out", "x.csv"], ["--draw", "5", "--out", "x.csv", "--import", "s.csv"]):
        refused = evaluator("probes", "audit", "r", *flags, cwd=folder)
        assert refused.returncode == 2
        assert "need --draw N with --out FILE.csv" in refused.stderr
