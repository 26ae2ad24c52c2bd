"""Runs that asked a server and a judge are verified from their files alone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.chat_server import chat_server
from tests.cli.command import evaluator
from tests.test_judge_end_to_end import judged_wrong, saying, under_test


@pytest.fixture
def judged(tmp_path: Path) -> Path:
    lines = []
    for number in range(24):
        kind = {"unanswerable": "nonexistent", "why": "-"} if number % 2 else {"targets": ["Mercury"]}
        lines.append(json.dumps({"probe_id": f"p{number:03}", "question": f"Which planet has number {number}?"} | kind))
    (tmp_path / "probes.jsonl").write_text("\n".join(lines), encoding="utf-8")
    with chat_server(under_test) as server, chat_server(saying(judged_wrong)) as judge:
        done = evaluator(
            *("run", "--probes", "probes.jsonl", "--model", "server/tested-model-x", "--base-url", server.base_url),
            *("--judge", "server/judge", "--judge-base-url", judge.base_url, "--run-id", "r", "--repeats", "2"),
            cwd=tmp_path,
        )
        assert done.returncode == 0, done.stderr
    return tmp_path


def test_a_judged_run_agrees_and_a_changed_judgement_is_named_where_it_matters(judged: Path) -> None:
    done = evaluator("verify", "r", "--json", cwd=judged)
    assert done.returncode == 0, done.stdout
    found = json.loads(done.stdout)
    parts = {part["name"]: part for part in found["parts"]}
    assert {name for name, part in parts.items() if part["status"] != "agrees"} == {"labels"}
    assert "verdicts made again" in parts["verdicts"]["text"]
    without = evaluator("verify", "r", "--publish", "r.zip", "--no-text", cwd=judged)
    assert without.returncode == 0, without.stderr
    assert evaluator("verify", "r.zip", cwd=judged).returncode == 0
    path = judged / "reports" / "r" / "judgements.jsonl"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("VERDICT: incorrect", "VERDICT: correct", 1), encoding="utf-8")
    done = evaluator("verify", "r", "--json", cwd=judged)
    assert done.returncode == 1
    named = {(one["file"], one["field"]) for one in json.loads(done.stdout)["disagreements"]}
    assert ("judgements.jsonl", "bytes") in named
    assert ("verdicts.jsonl", "label") in named
