"""Models of the large providers on the command line: keys, settings, what is refused before anything is sent."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.chat_server import Reply, answer, chat_server
from tests.cli.command import evaluator

PROBES = '{"probe_id": "p", "question": "Capital of Australia?", "targets": ["Canberra"]}\n'
KEY = "sk-very-secret"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "good.jsonl").write_text(PROBES)
    return tmp_path


def run(model: str, *more: str) -> tuple[str, ...]:
    return ("run", "--probes", "good.jsonl", "--model", model, "--run-id", "r", *more)


def good(request: dict[str, Any], n: int) -> Reply:
    return answer("Canberra", model="gpt-5.5-2026-04-23")


def manifest_model(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "reports/r/manifest.json").read_text())["models"][0]
    return found


def test_a_model_is_asked_with_its_key_and_the_manifest_says_how(folder: Path) -> None:
    with chat_server(good) as server:
        arguments = run("openai/gpt-5.5", "--base-url", server.base_url)
        done = evaluator(*arguments, cwd=folder, env={"OPENAI_API_KEY": KEY})
        assert done.returncode == 0, done.stderr
        assert server.headers[0]["authorization"] == f"Bearer {KEY}"
    asked = manifest_model(folder)
    assert (asked["api"], asked["base_url"]) == ("chat", server.base_url)
    assert asked["sampling"] == {"max_tokens": 16384}
    written = b"".join(path.read_bytes() for path in (folder / "reports").rglob("*") if path.is_file())
    assert KEY.encode() not in written
    assert KEY not in done.stdout + done.stderr


def test_a_run_of_a_provider_can_be_resumed(folder: Path) -> None:
    with chat_server(lambda request, n: Reply(b'{"error": {"message": "pay"}}', status=402)) as server:
        arguments = run("openai/gpt-5.5", "--base-url", server.base_url, "--no-preflight")
        assert evaluator(*arguments, cwd=folder, env={"OPENAI_API_KEY": KEY}).returncode == 4
    with chat_server(good) as server:
        arguments = run("openai/gpt-5.5", "--base-url", server.base_url)
        done = evaluator(*arguments, cwd=folder, env={"OPENAI_API_KEY": KEY})
        assert done.returncode == 0, done.stderr


def test_an_answer_of_another_model_is_ungraded(folder: Path) -> None:
    with chat_server(lambda request, n: answer("Canberra", model="cheap-1")) as server:
        arguments = run("openai/gpt-5.5", "--base-url", server.base_url, "--no-preflight")
        assert evaluator(*arguments, cwd=folder, env={"OPENAI_API_KEY": KEY}).returncode == 0
    summary = json.loads((folder / "reports/r/summary.json").read_text())
    assert summary["results"][0]["ungraded"] == {"substituted": 1}


@pytest.mark.parametrize(
    ("model", "more", "problem"),
    [
        ("openai/gpt-5.5", (), "need an API key in the environment variable OPENAI_API_KEY"),
        ("gemini/gemini-3.1-pro-preview", (), "GOOGLE_API_KEY or GEMINI_API_KEY"),
        ("openai/gpt-5.5", ("--temperature", "0"), 'reasoning_effort = "none"'),
        ("anthropic/claude-opus-4-7", ("--temperature", "1"), "temperature: it takes none; remove it"),
        ("openrouter/kimi-k2.6", (), "need a model id as openrouter/moonshotai/kimi-k2.6"),
        ("mistral/x", (), "unknown provider"),
    ],
)
def test_what_cannot_be_asked_is_one_line_and_nothing_is_left(
    folder: Path, model: str, more: tuple[str, ...], problem: str
) -> None:
    done = evaluator(*run(model, *more), cwd=folder)
    assert done.returncode == 2
    assert problem in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not (folder / "reports").exists()


def test_privacy_in_the_file_is_sent_and_refused_where_nobody_can_honour_it(folder: Path) -> None:
    (folder / "e.toml").write_text(
        'probes = ["good.jsonl"]\n[[model]]\nid = "openrouter/openai/gpt-5.5"\n'
        '[privacy]\ndata_collection = "deny"\nzdr = true\n'
    )
    with chat_server(lambda request, n: answer("Canberra", model="openai/gpt-5.5")) as server:
        arguments = ("run", "e.toml", "--base-url", server.base_url, "--run-id", "r")
        done = evaluator(*arguments, cwd=folder, env={"OPENROUTER_API_KEY": KEY})
        assert done.returncode == 0, done.stderr
        assert server.asked[0]["provider"] == {"require_parameters": True, "data_collection": "deny", "zdr": True}
    assert manifest_model(folder)["privacy"] == {"data_collection": "deny", "zdr": True}
    done = evaluator("run", "e.toml", "--model", "openai/gpt-5.5", "--run-id", "s", cwd=folder)
    assert done.returncode == 2
    assert "[privacy] data_collection, zdr: only a route through OpenRouter" in done.stderr


def test_the_list_names_every_provider_and_whether_its_key_is_set(tmp_path: Path) -> None:
    done = evaluator("models", "list", cwd=tmp_path, env={"GEMINI_API_KEY": KEY})
    assert done.returncode == 0, done.stderr
    rows = {line.split()[0]: line for line in done.stdout.splitlines()}
    assert rows["gemini/gemini-3.1-pro-preview"].endswith("GOOGLE_API_KEY or GEMINI_API_KEY (set)")
    assert rows["openai/gpt-5.5"].endswith("OPENAI_API_KEY (not set)")
    assert rows["local/smollm2-135m"].endswith("no key")
    assert KEY not in done.stdout


def test_check_asks_each_model_once_and_says_what_is_wrong(folder: Path) -> None:
    (folder / "e.toml").write_text('[[model]]\nid = "openai/gpt-5.5"\n[[model]]\nid = "server/m"\n')
    with chat_server(good) as server:
        arguments = ("models", "check", "e.toml", "--base-url", server.base_url)
        done = evaluator(*arguments, cwd=folder, env={"OPENAI_API_KEY": KEY})
        assert (done.returncode, sum(server.ledger.values())) == (0, 2), done.stdout
    assert "ok    openai/gpt-5.5: answered; served gpt-5.5-2026-04-23" in done.stdout
    assert not (folder / "reports").exists()
    error = b'{"error": {"message": "Unsupported parameter", "code": "unsupported_parameter"}}'
    with chat_server(lambda request, n: Reply(error, status=400)) as server:
        arguments = ("models", "check", "--model", "openai/gpt-5.5", "--base-url", server.base_url)
        done = evaluator(*arguments, cwd=folder, env={"OPENAI_API_KEY": KEY})
    assert done.returncode == 1
    assert "bad   openai/gpt-5.5: failed; HTTP 400: Unsupported parameter" in done.stdout


def test_check_goes_on_after_a_model_that_cannot_be_asked(folder: Path) -> None:
    with chat_server(good) as server:
        models = ("--model", "openai/gpt-5.5", "--model", "server/m", "--base-url", server.base_url)
        (folder / "e.toml").write_text("[sampling]\ntemperature = 0\n")
        done = evaluator("models", "check", "e.toml", *models, cwd=folder)
    assert done.returncode == 1
    assert "bad   openai/gpt-5.5: temperature" in done.stdout
    assert "ok    server/m: answered" in done.stdout


def test_models_of_the_price_list_are_shown_with_price_and_parameters(tmp_path: Path) -> None:
    done = evaluator("models", "list", "opus-4.7", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    row = next(line for line in done.stdout.splitlines() if line.startswith("anthropic/claude-opus-4-7 "))
    assert row.split()[1:3] == ["5.000", "25.000"]
    assert "no temperature" in row
    document = json.loads(evaluator("models", "list", "deepseek", "--json", cwd=tmp_path).stdout)
    assert all(model["id"].startswith("deepseek/") for model in document)
    wrong = evaluator("models", "list", "nosuchmodel", cwd=tmp_path)
    assert wrong.returncode == 2
    assert "the price list has no model with 'nosuchmodel'" in wrong.stderr


def test_a_server_is_asked_what_it_has(tmp_path: Path) -> None:
    listing = {"data": [{"id": "qwen\u001b[31m", "max_model_len": 4096}]}
    with chat_server(good, lambda path: Reply(json.dumps(listing).encode())) as server:
        done = evaluator("models", "list", "--base-url", server.base_url, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        assert not server.ledger
    assert "4,096" in done.stdout
    assert "\u001b" not in done.stdout


def test_check_says_whether_price_context_and_logprobs_are_there(folder: Path) -> None:
    (folder / "e.toml").write_text(
        '[[model]]\nid = "server/m"\nlogprobs = true\nprice.prompt = 1\nprice.completion = 2\n'
    )
    listing = {"data": [{"id": "m", "max_model_len": 4096}]}
    with chat_server(good, lambda path: Reply(json.dumps(listing).encode())) as server:
        done = evaluator("models", "check", "e.toml", "--base-url", server.base_url, cwd=folder)
    assert done.returncode == 1
    assert "logprobs were asked for and none came" in done.stdout
    assert "price known (price in the settings); context 4,096 tokens" in done.stdout
