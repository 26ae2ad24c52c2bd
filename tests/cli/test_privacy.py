"""Privacy in a whole run: refused before anything is sent, or kept, counted and never scored."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.chat_server import Reply, answer, chat_server
from tests.cli.command import evaluator

KEY = {"OPENROUTER_API_KEY": "sk-very-secret"}
MODEL = "moonshotai/kimi-k2.6"
PROBES = "".join(f'{{"probe_id": "p{n}", "question": "Who is {n}?", "targets": ["X"]}}\n' for n in range(4))
HOSTS = [("Moonshot AI", "moonshotai/int4", "int4"), ("DeepInfra", "deepinfra/fp4", "fp4")]


def listing(path: str) -> Reply:
    hosts = [{"provider_name": name, "tag": tag, "quantization": q} for name, tag, q in HOSTS]
    return Reply(json.dumps({"data": {"id": MODEL, "endpoints": hosts}}).encode())


def served(host: str, model: str = MODEL) -> Reply:
    body = json.loads(answer("X", model=model).body) | {"provider": host}
    body["usage"]["cost"] = 0.0001
    return Reply(json.dumps(body).encode())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "p.jsonl").write_text(PROBES)
    return tmp_path


def run(folder: Path, base_url: str, privacy: str, *more: str) -> Any:
    model = f'[[model]]\nid = "openrouter/{MODEL}"\nbase_url = "{base_url}"\n'
    (folder / "e.toml").write_text(f'probes = ["p.jsonl"]\n{model}[privacy]\n{privacy}\n')
    return evaluator("run", "e.toml", "--run-id", "r", *more, cwd=folder, env=KEY)


def summary(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "reports/r/summary.json").read_text())["results"][0]
    return found


def test_the_hosts_that_answered_are_counted_and_shown(folder: Path) -> None:
    def script(request: dict[str, Any], n: int) -> Reply:
        return served("DeepInfra" if "Who is 1?" in str(request) else "Moonshot AI")

    with chat_server(script, listing) as server:
        done = run(folder, server.base_url, 'data_collection = "deny"')
    assert done.returncode == 0, done.stderr
    assert summary(folder)["served_by"] == {"DeepInfra": 1, "Moonshot AI": 3}
    assert "Who answered" in done.stdout
    assert "75.0%" in done.stdout


def test_row_72_an_answer_of_another_model_is_kept_and_not_scored(folder: Path) -> None:
    def script(request: dict[str, Any], n: int) -> Reply:
        return served("DeepInfra", "other/cheap-1" if "Who is 1?" in str(request) else MODEL)

    with chat_server(script, listing) as server:
        done = run(folder, server.base_url, "zdr = true")
    assert done.returncode == 0, done.stderr
    found = summary(folder)
    assert found["ungraded"] == {"substituted": 1}
    assert found["counts"]["all"]["correct"] == 3
    assert "other/cheap-1" in (folder / "reports/r/journal.jsonl").read_text()
    assert "1 answer came from another model or host than asked" in " ".join(done.stdout.split())


def test_row_73_an_answer_of_a_host_outside_the_pin_is_kept_and_not_scored(folder: Path) -> None:
    def script(request: dict[str, Any], n: int) -> Reply:
        return served("DeepInfra" if "Who is 1?" in str(request) else "Moonshot AI")

    with chat_server(script, listing) as server:
        done = run(folder, server.base_url, 'pinned_host = "moonshotai"')
        assert all(request["provider"]["allow_fallbacks"] is False for request in server.asked)
    assert done.returncode == 0, done.stderr
    assert summary(folder)["ungraded"] == {"substituted": 1}
    assert summary(folder)["served_by"]["DeepInfra"] == 1


def test_row_37_a_route_that_the_router_refuses_is_found_by_the_first_question(folder: Path) -> None:
    error = {"code": 404, "message": "No endpoints match", "availability": {"code": "constraint_filtered"}}
    error["availability"] |= {"retryable": False}  # type: ignore[operator]
    with chat_server(lambda request, n: Reply(json.dumps({"error": error}).encode(), status=404), listing) as server:
        done = run(folder, server.base_url, 'data_collection = "deny"')
        assert len(server.asked) == 1
    assert done.returncode == 2
    assert "No endpoints match" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not (folder / "reports").exists()


@pytest.mark.parametrize(
    ("privacy", "problem"),
    [
        ('pinned_host = "fireworks"', "leaves no host for this model"),
        ('quantizations = ["bf16"]', "leaves no host for this model"),
        ('allowed_hosts = ["moonshotai"]\nforbidden_hosts = ["moonshotai"]', "leaves none of moonshotai"),
    ],
)
def test_what_no_route_can_honour_is_refused_before_any_request(folder: Path, privacy: str, problem: str) -> None:
    with chat_server(lambda request, n: served("DeepInfra"), listing) as server:
        done = run(folder, server.base_url, privacy)
        assert not server.asked
    assert done.returncode == 2
    assert problem in done.stderr
