"""What happens to an account in the middle of a run, and where its keys may be: rows 119 to 124 of the fault list."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from evaluator.errors import ProviderError
from evaluator.providers.address import check_base_url, check_key
from evaluator.providers.reply import HttpReply
from evaluator.providers.table import API_PROVIDERS
from tests.chat_server import Reply, answer, chat_server
from tests.cli.command import evaluator
from tests.providers.wires.test_recorded_replies import WIRES

KEY = {"OPENROUTER_API_KEY": "sk-very-secret"}
MODEL = "moonshotai/kimi-k2.6"
PROBES = "".join(f'{{"probe_id": "p{n}", "question": "Who is {n}?", "targets": ["X"]}}\n' for n in range(4))


class Ledger:
    """A router that says of its key what it was billed, and of each answer what it cost."""

    def __init__(self, extra_usd: float) -> None:
        self.usd = 17.0
        self.extra_usd = extra_usd

    def __call__(self, request: dict[str, Any], n: int) -> Reply:
        self.usd += 0.001 + self.extra_usd
        body = json.loads(answer("X", model=MODEL).body)
        body["usage"]["cost"] = 0.001
        return Reply(json.dumps(body).encode())

    def listing(self, path: str) -> Reply:
        return Reply(json.dumps({"data": {"usage": self.usd} if path.endswith("/key") else []}).encode())


def run(folder: Path, ledger: Ledger) -> str:
    (folder / "p.jsonl").write_text(PROBES)
    with chat_server(ledger, ledger.listing) as server:
        words = ("--probes", "p.jsonl", "--model", f"openrouter/{MODEL}", "--base-url", server.base_url)
        done = evaluator("run", *words, "--no-preflight", "--run-id", "r", cwd=folder, env=KEY)
    assert done.returncode == 0, done.stderr
    return done.stderr


def test_row_119_what_the_provider_counts_beyond_the_journal_is_told(tmp_path: Path) -> None:
    told = run(tmp_path, Ledger(extra_usd=0.01))
    assert "OpenRouter counts $0.0440 for this key since the session began, the journal $0.0040" in told


def test_row_119_equal_ledgers_are_not_worth_a_word(tmp_path: Path) -> None:
    assert "OpenRouter counts" not in run(tmp_path, Ledger(extra_usd=0.0))


def test_row_120_the_providers_figure_is_labelled_account_wide(tmp_path: Path) -> None:
    assert "its figure is account-wide" in run(tmp_path, Ledger(extra_usd=0.01))


@pytest.mark.parametrize(
    ("wire", "status", "body"),
    [
        ("gemini", 200, {"candidates": [{"finishReason": "PUP_LIMITED_DISABLED"}]}),
        (
            "anthropic",
            429,
            {"type": "error", "error": {"type": "rate_limit_error", "details": {"error_code": "organization_on_hold"}}},
        ),
        ("openai", 401, {"error": {"code": "invalid_api_key", "message": "revoked"}}),
        ("openrouter", 403, {"error": {"code": 403, "message": "x", "metadata": {"error_type": "permission_denied"}}}),
        ("moonshot", 403, {"error": {"type": "exceeded_current_quota_error", "message": "suspended"}}),
        ("minimax", 200, {"choices": None, "base_resp": {"status_code": 1008, "status_msg": "insufficient balance"}}),
    ],
)
def test_row_121_a_suspended_account_halts_its_lane(wire: str, status: int, body: dict[str, Any]) -> None:
    reading = WIRES[wire].read(HttpReply(status=status, headers={}, body=json.dumps(body).encode()))
    assert reading.outcome == "failed"
    assert reading.failure is not None
    assert reading.failure.kind == "halted"


@pytest.mark.parametrize("key", ["sk-abc\u201d", "sk-\u2013abc", "sk-a bc", "sk-abc\nx", "sk-\x00", "\u200bsk-abc"])
def test_row_122_a_key_that_cannot_be_sent_is_refused_without_being_shown(key: str, tmp_path: Path) -> None:
    with pytest.raises(ProviderError) as caught:
        check_key(key, "openai/gpt-5.5")
    assert "abc" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


def test_row_122_on_the_command_line(tmp_path: Path) -> None:
    (tmp_path / "p.jsonl").write_text(PROBES)
    words = ("run", "--probes", "p.jsonl", "--model", "openai/gpt-5.5")
    done = evaluator(*words, cwd=tmp_path, env={"OPENAI_API_KEY": "sk-very\u201dsecret"})
    assert done.returncode == 2
    assert "pasted with a typographic character" in done.stderr
    assert "secret" not in done.stderr


@pytest.mark.parametrize("name", API_PROVIDERS)
def test_row_123_no_key_is_ever_part_of_an_address(name: str) -> None:
    for wire in API_PROVIDERS[name].wires.values():
        assert "?" not in wire.path("model")
        assert wire.key_header in {"authorization", "x-api-key", "x-goog-api-key"}
    with pytest.raises(ProviderError) as caught:
        check_base_url("https://api.example/v1?key=sk-secret")
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("flag", ["--key", "--api-key", "--token", "--openai-api-key"])
def test_row_124_no_command_takes_a_key(flag: str, tmp_path: Path) -> None:
    for verb in ("run", "plan", "resume", "grade"):
        done = evaluator(verb, flag, "sk-secret", cwd=tmp_path)
        assert done.returncode == 2
        assert "no such option" in done.stderr.lower()


def test_row_124_a_key_in_the_file_is_refused_without_being_shown(tmp_path: Path) -> None:
    (tmp_path / "p.jsonl").write_text(PROBES)
    model = '[[model]]\nid = "openai/gpt-5.5"\napi_key_env = "sk-very-secret"\n'
    (tmp_path / "e.toml").write_text(f'probes = ["p.jsonl"]\n{model}')
    done = evaluator("run", "e.toml", cwd=tmp_path)
    assert done.returncode == 2
    assert "need the name of an environment variable, not a key" in done.stderr
    assert "secret" not in done.stderr
