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
    first_line = (tmp_path / "my-set" / "set.toml").read_text(encoding="utf-8").splitlines()[0]
    assert first_line == "#:schema ./set.schema.json"
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


def test_a_table_becomes_a_set_and_every_row_is_accounted_for(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("question,answer\nWho?,Ann\n,x\n", encoding="utf-8")
    made = evaluator("probes", "import", "t.csv", "--recipe", "plain", "--out", "s", "--json", cwd=tmp_path)
    assert made.returncode == 0, made.stderr
    report = fits("import", made.stdout)
    assert (report["n_rows"], report["left_out"], report["examples"]) == (2, {"no question": 1}, {"no question": ["2"]})
    assert (tmp_path / "s" / "set.toml").is_file()
    again = evaluator("probes", "import", "t.csv", "--recipe", "plain", "--out", "s", cwd=tmp_path)
    assert again.returncode == 2
    assert "exists" in again.stderr


@pytest.mark.parametrize(
    ("env", "hint"),
    [
        (
            {"HF_ENDPOINT": "http://127.0.0.1:9"},
            "the hub does not answer: try later, or name a file that you downloaded",
        ),
        ({"HF_HUB_OFFLINE": "1"}, "it was not fetched before, and HF_HUB_OFFLINE is set"),
    ],
)
def test_a_hub_that_cannot_be_reached_is_one_line(env: dict[str, str], hint: str, tmp_path: Path) -> None:
    env = env | {"HF_HOME": str(tmp_path / "cache")}
    failed = evaluator("probes", "import", "--recipe", "squad2", "--out", "s", cwd=tmp_path, env=env, timeout_s=50)
    assert failed.returncode == 2
    first, second = failed.stderr.splitlines()
    assert first == "asking the Hugging Face hub for rajpurkar/squad_v2"
    assert second.startswith("error: hub:rajpurkar/squad_v2: cannot be read: ")
    assert second.endswith(hint)
    assert not (tmp_path / "s").exists()


def test_recipes_are_listed_with_their_terms(tmp_path: Path) -> None:
    listed = evaluator("probes", "import", "--list", cwd=tmp_path)
    assert "squad2             CC-BY-SA-4.0" in listed.stdout
    assert len(listed.stdout.splitlines()) == 17


def test_generated_probes_are_the_same_as_a_file_and_as_a_reference(tmp_path: Path) -> None:
    made = evaluator(
        "probes", "generate", "--family", "elements", "--seed", "7", "-n", "20", "--out", "e", cwd=tmp_path
    )
    assert made.returncode == 0, made.stderr
    (one, other) = (
        fits("set-stats", evaluator("probes", "stats", path, "--json", cwd=tmp_path).stdout)["probe_set"]["sha256"]
        for path in ("e", "family:elements?seed=7&n=20")
    )
    assert one == other
