"""`evaluator plan` as a user meets it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema

from tests.chat_server import Reply, answer, chat_server
from tests.cli.command import evaluator

PROBES = "".join(f'{{"probe_id": "p{n}", "question": "Who is {n}?", "targets": ["X"]}}\n' for n in range(4))


def test_plan_asks_nobody_and_needs_no_key(tmp_path: Path) -> None:
    (tmp_path / "p.jsonl").write_text(PROBES)
    with chat_server(lambda request, n: answer("X")) as server:
        words = ("--probes", "p.jsonl", "--model", "server/m", "--base-url", server.base_url)
        done = evaluator("plan", *words, "--judge", "anthropic/claude-opus-4-7", cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        assert not server.ledger
    assert "The price of server/m is unknown" in " ".join(done.stdout.split())
    assert "(judge)" in done.stdout
    assert not (tmp_path / "reports").exists()


def test_plan_as_json_follows_its_schema(tmp_path: Path) -> None:
    (tmp_path / "p.jsonl").write_text(PROBES)
    words = ("--probes", "p.jsonl", "--model", "openai/gpt-5.5", "--judge", "gemini/gemini-3.1-pro-preview")
    document = json.loads(evaluator("plan", *words, "--json", cwd=tmp_path).stdout)
    schema = json.loads(evaluator("schema", "forecast", cwd=tmp_path).stdout)
    jsonschema.validate(document, schema)
    assert document["schema"] == "evaluator/forecast/1"
    assert 0 < document["usd"] < document["usd_most"]


def test_plan_of_a_run_that_has_begun_counts_what_is_open(tmp_path: Path) -> None:
    (tmp_path / "p.jsonl").write_text(PROBES)
    with chat_server(lambda request, n: answer("X")) as server:
        words = ("--probes", "p.jsonl", "--model", "server/m", "--base-url", server.base_url, "--run-id", "r")
        assert evaluator("run", *words, cwd=tmp_path).returncode == 0
        again = json.loads(evaluator("plan", *words, "--json", cwd=tmp_path).stdout)
        other = json.loads(evaluator("plan", *words[:-2], "--reuse", "r", "--json", cwd=tmp_path).stdout)
    assert (again["n_done"], again["n_requests"]) == (4, 0)
    assert (other["n_done"], other["n_requests"]) == (4, 0)


def test_a_price_in_the_file_is_used_and_a_negative_one_refused(tmp_path: Path) -> None:
    (tmp_path / "p.jsonl").write_text(PROBES)
    text = 'probes = ["p.jsonl"]\n[[model]]\nid = "server/m"\nbase_url = "http://127.0.0.1:1/v1"\nprice.prompt = {}\n'
    (tmp_path / "e.toml").write_text(text.format("1.5") + "price.completion = 6.0\n")
    document = json.loads(evaluator("plan", "e.toml", "--json", cwd=tmp_path).stdout)
    assert document["lines"][0]["price_source"] == "price in the settings"
    assert document["usd"] > 0
    (tmp_path / "e.toml").write_text(text.format("-1.0") + "price.completion = 6.0\n")
    done = evaluator("plan", "e.toml", cwd=tmp_path)
    assert done.returncode == 2
    assert "price.prompt: need USD per million tokens from 0 to 1,000,000, got -1" in done.stderr


def test_the_answers_of_an_earlier_run_are_a_better_guess_than_an_assumption(tmp_path: Path) -> None:
    (tmp_path / "p.jsonl").write_text(PROBES)

    def script(request: dict[str, Any], n: int) -> Reply:
        return answer("Y" if "1" in str(request["messages"]) else "I don't know.")

    with chat_server(script) as server:
        words = ("--probes", "p.jsonl", "--model", "server/m", "--base-url", server.base_url)
        assert evaluator("run", *words, "--run-id", "before", cwd=tmp_path).returncode == 0
    document = json.loads(evaluator("plan", *words, "--like", "before", "--json", cwd=tmp_path).stdout)
    assert document["lines"][0]["completion_tokens"] == 4 * 5
    assert document["assumptions"] == ["the answers of server/m are as in run before"]
