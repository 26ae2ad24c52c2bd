"""Runs that go wrong in ways a user meets: nothing leaks, nothing is paid twice, no number lies."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from tests.chat_server import ChatServer, Reply, answer, chat_server
from tests.cli.command import command, environment, evaluator
from tests.test_end_to_end import interrupt

KEY = "sk-SECRETKEY1234567890abcdef"
N = 40


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_probes(tmp_path, "Canberra")
    return tmp_path


def write_probes(folder: Path, target: str) -> None:
    probes = [{"probe_id": f"p{n}", "question": f"Capital number {n}?", "targets": [target]} for n in range(N)]
    (folder / "probes.jsonl").write_text("\n".join(map(json.dumps, probes)))


def run(server: ChatServer, *more: str) -> tuple[str, ...]:
    base = ("--model", "server/m", "--base-url", server.base_url, "--concurrency", "4")
    return ("run", "--probes", "probes.jsonl", *base, "--run-id", "r", *more)


def good(request: dict[str, Any], n: int) -> Reply:
    return answer("Canberra")


def summary(folder: Path) -> Any:
    return json.loads((folder / "reports/r/summary.json").read_text())["results"][0]


@pytest.mark.parametrize("status", [400, 401, 500, 200])
def test_a_key_that_the_server_repeats_is_blotted_out_everywhere(folder: Path, status: int) -> None:
    def echo(request: dict[str, Any], n: int) -> Reply:
        message = f"Incorrect API key provided: {KEY}"
        body = answer(message).body if status == 200 else json.dumps({"error": {"message": message}}).encode()
        return Reply(body, status=status)

    (folder / "once.toml").write_text("max_attempts = 1\n")
    with chat_server(echo) as server:
        done = evaluator(
            "run", "once.toml", *run(server)[1:], "--max-wait", "0.01", cwd=folder, env={"SERVER_API_KEY": KEY}
        )
    written = b"".join(path.read_bytes() for path in (folder / "reports").rglob("*") if path.is_file())
    assert KEY.encode() not in written
    assert KEY not in done.stdout + done.stderr


@pytest.mark.parametrize(
    "base_url", ["ftp://user:SECRETpw@host/v1", "htps://user:SECRETpw@host", "http://u:SECRETpw@[::1"]
)
def test_a_password_in_a_base_url_is_never_repeated(folder: Path, base_url: str) -> None:
    done = evaluator("run", "--probes", "probes.jsonl", "--model", "server/m", "--base-url", base_url, cwd=folder)
    assert done.returncode == 2
    assert "SECRETpw" not in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("base_url", ["http://127.0.0.1:abc/v1", "http://[127.0.0.1:9/v1", "http://127.0.0.1:99999/v1"])
def test_an_odd_base_url_is_one_line(folder: Path, base_url: str) -> None:
    done = evaluator("run", "--probes", "probes.jsonl", "--model", "server/m", "--base-url", base_url, cwd=folder)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1


def test_a_key_where_the_name_of_its_variable_belongs_is_not_repeated(folder: Path) -> None:
    (folder / "c.toml").write_text(
        'probes = ["probes.jsonl"]\n[[model]]\nid = "server/m"\nbase_url = "http://127.0.0.1:9"\n'
        f'api_key_env = "{KEY}"\n'
    )
    done = evaluator("run", "c.toml", cwd=folder)
    assert done.returncode == 2
    assert KEY not in done.stderr


def test_report_grades_what_a_killed_resume_had_received(folder: Path) -> None:
    broken = {"is": True}

    def script(request: dict[str, Any], n: int) -> Reply:
        reply = Reply(b'{"error": {"message": "no"}}', status=400) if broken["is"] else answer("Canberra")
        reply.delay_s = 0.0 if broken["is"] else 0.05
        return reply

    with chat_server(script) as server:
        assert evaluator(*run(server), cwd=folder).returncode == 4
        broken["is"] = False
        asked = sum(server.ledger.values())
        interrupt(("resume", "r"), folder, signal.SIGKILL, lambda: sum(server.ledger.values()) > asked + N / 2)
    result = json.loads(evaluator("report", "r", "--format", "json", cwd=folder).stdout)["results"][0]
    assert result["outcomes"]["answered"] > 0
    assert result["counts"]["all"]["correct"] == result["outcomes"]["answered"]


def test_changed_targets_under_an_old_run_id_are_refused(folder: Path) -> None:
    with chat_server(good) as server:
        assert evaluator(*run(server), cwd=folder).returncode == 0
        write_probes(folder, "Sydney")
        done = evaluator(*run(server), cwd=folder)
    assert done.returncode == 2
    assert "probes were changed" in done.stderr


def test_probes_of_a_run_that_were_edited_are_noticed(folder: Path) -> None:
    with chat_server(good) as server:
        assert evaluator(*run(server), cwd=folder).returncode == 0
    path = folder / "reports/r/probes.jsonl"
    path.write_text(path.read_text().replace("Canberra", "Sydney"))
    for verb in ("report", "grade", "resume"):
        done = evaluator(verb, "r", cwd=folder)
        assert done.returncode == 2, verb
        assert "probes.jsonl" in done.stderr


def test_a_run_goes_on_where_the_command_now_says_its_server_is(folder: Path) -> None:
    def half(request: dict[str, Any], n: int) -> Reply:
        number = int(request["messages"][-1]["content"].split()[2].rstrip("?"))
        return answer("Canberra") if number % 2 else Reply(b'{"error": {"message": "no"}}', status=400)

    with chat_server(half) as old, chat_server(good) as new:
        assert evaluator(*run(old), cwd=folder).returncode == 4
        before = sum(old.ledger.values())
        done = evaluator(*run(new), cwd=folder)
        assert done.returncode == 0, done.stderr
        assert sum(old.ledger.values()) == before
        assert sum(new.ledger.values()) == N / 2
        assert new.base_url in done.stderr


def test_two_spellings_of_one_prompt_are_asked_once(folder: Path) -> None:
    with chat_server(good) as server:
        done = evaluator(*run(server, "--prompt", "target:.5", "--prompt", "target:0.50"), cwd=folder)
        assert done.returncode == 0, done.stderr
        assert sum(server.ledger.values()) == N
    assert summary(folder)["n_planned"] == N


@pytest.mark.parametrize("body", [b"<html>Hotel Wi-Fi: please log in</html>", b""])
def test_a_login_page_in_mid_run_halts_and_leaves_the_rest_to_resume(folder: Path, body: bytes) -> None:
    page = {"is": False}

    def script(request: dict[str, Any], n: int) -> Reply:
        page["is"] = page["is"] or len(server.ledger) > 10
        return Reply(body) if page["is"] else answer("Canberra")

    with chat_server(script) as server:
        done = evaluator(*run(server), cwd=folder)
        assert done.returncode == 4, done.stderr
        assert "in place of the API" in done.stderr
        assert summary(folder)["outcomes"]["pending"] > N / 2
    with chat_server(good) as server:
        assert evaluator(*run(server), cwd=folder).returncode == 0


def test_an_empty_answer_that_was_asked_again_counts_as_maybe_paid(folder: Path) -> None:
    with chat_server(lambda request, n: answer("" if n == 1 else "Canberra")) as server:
        assert evaluator(*run(server), cwd=folder).returncode == 0
        assert sum(server.ledger.values()) == 2 * N
    assert summary(folder)["cost"]["ambiguous_sends"] == N


def test_no_prompt_at_all_is_wrong_usage(folder: Path) -> None:
    (folder / "c.toml").write_text('probes = ["probes.jsonl"]\nprompts = []\n[[model]]\nid = "server/m"\n')
    done = evaluator("run", "c.toml", cwd=folder)
    assert done.returncode == 2
    assert "prompts" in done.stderr


def test_reuse_is_taken_over_by_a_run_that_exists(folder: Path) -> None:
    with chat_server(good) as server:
        assert evaluator(*run(server), cwd=folder).returncode == 0
    with chat_server(lambda request, n: Reply(b'{"error": {"message": "bad key"}}', status=401)) as server:
        assert evaluator(*run(server, "--run-id", "second"), cwd=folder).returncode == 4
        asked = sum(server.ledger.values())
        done = evaluator(*run(server, "--run-id", "second", "--reuse", "r"), cwd=folder)
        assert done.returncode == 0, done.stderr
        assert sum(server.ledger.values()) == asked


def test_a_journal_that_is_gone_is_not_paid_for_again(folder: Path) -> None:
    with chat_server(good) as server:
        assert evaluator(*run(server), cwd=folder).returncode == 0
        (folder / "reports/r/journal.jsonl").unlink()
        for arguments in (("resume", "r"), run(server), ("report", "r")):
            done = evaluator(*arguments, cwd=folder)
            assert done.returncode == 2
            assert "journal.jsonl" in done.stderr
        assert sum(server.ledger.values()) == N


def test_a_pattern_that_does_not_compile_is_found_before_anything_is_sent(folder: Path) -> None:
    with (folder / "probes.jsonl").open("a") as file:
        file.write("\n" + json.dumps({"probe_id": "zz", "question": "q?", "targets": ["("], "match": "regex"}))
    with chat_server(good) as server:
        done = evaluator(*run(server), cwd=folder)
        assert done.returncode == 2
        assert "zz" in done.stderr
        assert not server.ledger
    assert not (folder / "reports").exists()


@pytest.mark.parametrize("out", ["probes.jsonl", "dangling", "loop", "x" * 5000])
def test_a_place_for_runs_that_cannot_be_one_is_one_line(folder: Path, out: str) -> None:
    (folder / "dangling").symlink_to("nowhere/at/all")
    (folder / "loop").symlink_to("loop")
    with chat_server(good) as server:
        done = evaluator(*run(server, "--out", out), cwd=folder)
        assert done.returncode == 2, done.stderr
        assert len(done.stderr.splitlines()) == 1
        assert not server.ledger
    assert evaluator("report", "x" * 5000, cwd=folder).returncode == 2


def test_a_server_that_still_loads_its_model_is_waited_for(folder: Path) -> None:
    loading = {"until": float("inf")}

    def script(request: dict[str, Any], n: int) -> Reply:
        loading["until"] = min(loading["until"], time.monotonic() + 1)
        is_loading = time.monotonic() < loading["until"]
        return Reply(b'{"error": {"message": "Loading model"}}', status=503) if is_loading else answer("Canberra")

    with chat_server(script) as server:
        done = evaluator(*run(server, "--concurrency", "16"), cwd=folder)
        assert done.returncode == 0, done.stderr
        assert sum(server.ledger.values()) <= N + 16, "one window, then one look at a time"


def test_a_full_disk_ends_incomplete_and_resumable(folder: Path) -> None:
    with chat_server(good) as server:
        words = ["bash", "-c", 'ulimit -f 12; trap "" XFSZ; exec "$@"', "limited", *command(*run(server))]
        done = subprocess.run(words, cwd=folder, env=environment(), capture_output=True, text=True, check=False)
        assert done.returncode == 4, done.stderr
        assert "resume" in done.stderr
        asked = sum(server.ledger.values())
        assert evaluator("resume", "r", cwd=folder).returncode == 0
        assert sum(server.ledger.values()) - N <= 4, "no more than what was in flight is asked twice"
        assert asked > 0
