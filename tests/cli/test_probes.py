"""`evaluator probes` as a user runs it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from evaluator.report import json_schema
from tests.cli.command import evaluator


def fits(name: str, line: str) -> dict[str, Any]:
    jsonschema = pytest.importorskip("jsonschema")
    contents: dict[str, Any] = json.loads(line)
    jsonschema.Draft202012Validator(json.loads(json_schema(name))).validate(contents)
    return contents


def test_from_nothing_to_a_checked_set(tmp_path: Path) -> None:
    made = evaluator("probes", "new", "my-set", "--schemas", cwd=tmp_path)
    assert made.returncode == 0, made.stderr
    names = sorted(path.name for path in (tmp_path / "my-set").iterdir())
    assert names == ["README.md", "probe.schema.json", "probes.jsonl", "set.schema.json", "set.toml"]
    checked = evaluator("probes", "check", "my-set", "--json", cwd=tmp_path)
    assert checked.returncode == 0
    found = fits("check", checked.stdout)
    assert (found["n_errors"], found["n_warnings"]) == (0, 0)
    again = evaluator("probes", "new", "my-set", cwd=tmp_path)
    assert again.returncode == 2
    assert "exists" in again.stderr


def test_the_counts_come_as_table_and_json(tmp_path: Path) -> None:
    evaluator("probes", "new", "s", cwd=tmp_path)
    table = evaluator("probes", "stats", "s", cwd=tmp_path)
    assert "6 probes, 3 answerable, 3 unanswerable" in table.stdout
    found = fits("set-stats", evaluator("probes", "stats", "s", "--json", cwd=tmp_path).stdout)
    assert found["stats"]["twin_share"] == 1.0


def test_an_error_ends_in_exit_code_1_with_code_and_hint(tmp_path: Path) -> None:
    (tmp_path / "s.jsonl").write_text('{"probe_id":"a","question":"Who?","targets":["me"]}\n', encoding="utf-8")
    found = evaluator("probes", "check", "s.jsonl", cwd=tmp_path)
    assert found.returncode == 1
    assert "error P004 a: answerable without `source` (name in `source`" in found.stdout
