"""From probes to exit code, in child processes, against a server that keeps its own ledger."""

from __future__ import annotations

import itertools
import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.chat_server import ChatServer, Reply, answer, chat_server
from tests.cli.command import command, environment, evaluator

N = 120
CONCURRENCY = 8


@pytest.fixture
def probe_file(tmp_path: Path) -> str:
    lines = []
    for number in range(N):
        probe: dict[str, Any] = {"probe_id": f"p{number:03}", "question": f"What is {number + 10} plus one?"}
        if number % 3 == 2:
            probe |= {"unanswerable": "nonexistent", "why": "made up"}
        else:
            probe |= {"targets": [str(number + 11)], "match": "number"}
        lines.append(json.dumps(probe | {"topic": "sums" if number % 2 else "more sums"}))
    (tmp_path / "probes.jsonl").write_text("\n".join(lines))
    return "probes.jsonl"


def number_in(request: dict[str, Any]) -> int:
    """Which probe the request asks."""
    return int(request["messages"][-1]["content"].split()[2]) - 10


def mixed(request: dict[str, Any], n: int) -> Reply:
    """Right, wrong and abstaining by turns, the same for the same question."""
    number = number_in(request)
    text = (f"It is {number + 11}.", "It is 99999.", "I don't know.")[number % 5 % 3]
    return answer(text)


def slow(request: dict[str, Any], n: int) -> Reply:
    reply = mixed(request, n)
    reply.delay_s = 0.05
    return reply


def run_arguments(server: ChatServer, probe_file: str, *more: str) -> tuple[str, ...]:
    base = ("--model", "server/m", "--base-url", server.base_url, "--concurrency", str(CONCURRENCY))
    return ("run", "--probes", probe_file, *base, "--run-id", "r", *more)


def measured(folder: Path, run: str = "r") -> dict[str, Any]:
    """The summary without what depends on the clock."""
    summary = json.loads((folder / "reports" / run / "summary.json").read_text())
    del summary["manifest"]
    for result in summary["results"]:
        del result["latency"], result["cost"]
    return summary


def interrupt(arguments: tuple[str, ...], folder: Path, number: int, when: Callable[[], bool]) -> tuple[int, str]:
    """Start the command, send a signal once `when` holds, and return exit code and stderr."""
    child = subprocess.Popen(
        command(*arguments), cwd=folder, env=environment(), stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True
    )
    deadline = time.monotonic() + 30
    while not when() and time.monotonic() < deadline:
        assert child.poll() is None, child.stderr.read() if child.stderr else ""
        time.sleep(0.005)
    os.kill(child.pid, number)
    _, err = child.communicate(timeout=60)
    return child.returncode, err


def test_a_run_counts_every_answer_once(tmp_path: Path, probe_file: str) -> None:
    with chat_server(mixed) as server:
        done = evaluator(*run_arguments(server, probe_file), cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        assert len(server.ledger) == sum(server.ledger.values()) == N
        assert server.peak_in_flight <= CONCURRENCY
    result = measured(tmp_path)["results"][0]
    assert result["outcomes"]["answered"] == result["n_planned"] == N
    counts = result["counts"]["all"]
    turns = [(number % 5 % 3, number % 3 == 2) for number in range(N)]
    assert counts == {
        "correct": sum(turn == 0 and not unanswerable for turn, unanswerable in turns),
        "wrong": sum(turn == 1 or (turn == 0 and unanswerable) for turn, unanswerable in turns),
        "abstained": sum(turn == 2 for turn, _ in turns),
        "ungraded": 0,
    }
    assert "hallucination" in done.stdout.lower()
    assert "reports/r" in done.stdout


def test_kill_9_in_mid_run_and_resume_give_the_same_summary_and_pay_twice_only_what_was_in_flight(
    tmp_path: Path, probe_file: str
) -> None:
    calm, stormy = tmp_path / "calm", tmp_path / "stormy"
    for folder in (calm, stormy):
        folder.mkdir()
        (folder / probe_file).write_bytes((tmp_path / probe_file).read_bytes())
    with chat_server(mixed) as server:
        assert evaluator(*run_arguments(server, probe_file), cwd=calm).returncode == 0
    with chat_server(slow) as server:
        for share in (0.3, 0.6):
            arguments = run_arguments(server, probe_file) if share == 0.3 else ("resume", "r")
            code, _ = interrupt(arguments, stormy, signal.SIGKILL, lambda s=share: sum(server.ledger.values()) > s * N)
            assert code == -signal.SIGKILL
        done = evaluator("resume", "r", cwd=stormy)
        assert done.returncode == 0, done.stderr
        asked_twice = sum(server.ledger.values()) - N
        assert len(server.ledger) == N
        assert 0 <= asked_twice <= 2 * CONCURRENCY
    assert measured(stormy) == measured(calm)
    summary = json.loads((stormy / "reports/r/summary.json").read_text())
    # A request whose intent was written but which had not left yet counts too: an upper bound.
    assert asked_twice <= summary["results"][0]["cost"]["ambiguous_sends"] <= 2 * CONCURRENCY


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_saves_says_how_to_resume_and_loses_nothing(
    tmp_path: Path, probe_file: str, number: int, code: int
) -> None:
    with chat_server(slow) as server:
        arguments = run_arguments(server, probe_file)
        ended, err = interrupt(arguments, tmp_path, number, lambda: sum(server.ledger.values()) > N / 3)
        assert ended == code, err
        assert "evaluator resume reports/r" in err
        result = measured(tmp_path)["results"][0]
        assert result["outcomes"]["answered"] == sum(server.ledger.values()), "what was in flight was kept"
        assert result["outcomes"]["pending"] == N - result["outcomes"]["answered"]
        done = evaluator("resume", "reports/r", cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        assert sum(server.ledger.values()) == N, "nothing was asked twice"


def test_a_run_out_of_time_ends_incomplete_and_is_continued_by_the_same_command(
    tmp_path: Path, probe_file: str
) -> None:
    with chat_server(slow) as server:
        done = evaluator(*run_arguments(server, probe_file, "--max-minutes", "0.005"), cwd=tmp_path)
        assert done.returncode == 4, done.stderr
        assert "the time is up" in done.stderr
        assert 0 < sum(server.ledger.values()) < N
        done = evaluator(*run_arguments(server, probe_file), cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        assert sum(server.ledger.values()) == N, "nothing was asked twice"


def test_a_second_signal_ends_at_once(tmp_path: Path, probe_file: str) -> None:
    def stuck(request: dict[str, Any], n: int) -> Reply:
        reply = mixed(request, n)
        reply.delay_s = 60
        return reply

    with chat_server(stuck) as server:
        child = subprocess.Popen(
            command(*run_arguments(server, probe_file)),
            cwd=tmp_path,
            env=environment(),
            stderr=subprocess.PIPE,
            text=True,
        )
        while not server.ledger:
            time.sleep(0.01)
        child.send_signal(signal.SIGINT)
        time.sleep(0.3)
        assert child.poll() is None, "requests in flight may finish first"
        start = time.monotonic()
        child.send_signal(signal.SIGINT)
        _, err = child.communicate(timeout=20)
        assert child.returncode == 130, err
        assert time.monotonic() - start < 10


def test_a_server_that_fails_for_some_leaves_the_run_incomplete_and_resumable(tmp_path: Path, probe_file: str) -> None:
    broken = {"is": True}

    def script(request: dict[str, Any], n: int) -> Reply:
        if broken["is"] and number_in(request) % 10 == 7:
            return Reply(b'{"error": {"message": "Unsupported"}}', status=400)
        return mixed(request, n)

    with chat_server(script) as server:
        done = evaluator(*run_arguments(server, probe_file), cwd=tmp_path)
        assert done.returncode == 4, done.stderr
        assert "evaluator resume" in done.stderr
        outcomes = measured(tmp_path)["results"][0]["outcomes"]
        assert outcomes["failed"] == 12
        assert sum(outcomes.values()) == N
        broken["is"] = False
        before = sum(server.ledger.values())
        assert evaluator("resume", "r", cwd=tmp_path).returncode == 0
        assert sum(server.ledger.values()) - before == 12


def test_a_refused_key_halts_within_one_window(tmp_path: Path, probe_file: str) -> None:
    with chat_server(lambda request, n: Reply(b'{"error": {"message": "bad key"}}', status=401)) as server:
        done = evaluator(*run_arguments(server, probe_file), cwd=tmp_path)
        assert done.returncode == 4
        assert "halted" in done.stderr
        assert sum(server.ledger.values()) <= CONCURRENCY
    result = measured(tmp_path)["results"][0]
    assert result["outcomes"]["pending"] == N
    rates = [e for e in result["estimates"] if e["name"] == "hallucination_rate"]
    assert rates
    assert all(rate["value"] is None for rate in rates), "no answer is no rate"


def test_a_rate_limit_is_waited_for_and_costs_nothing_but_time(tmp_path: Path, probe_file: str) -> None:
    limited = Reply(b'{"error": {"message": "slow down"}}', status=429, headers={"retry-after": "1"})
    times: list[float] = []

    def script(request: dict[str, Any], n: int) -> Reply:
        if number_in(request) == 7:
            times.append(time.monotonic())
        return limited if number_in(request) == 7 and n <= 2 else mixed(request, n)

    with chat_server(script) as server:
        done = evaluator(*run_arguments(server, probe_file), cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        assert sum(server.ledger.values()) == N + 2
    assert len(times) == 3
    assert min(later - earlier for earlier, later in itertools.pairwise(times)) >= 1
    assert measured(tmp_path)["results"][0]["outcomes"]["answered"] == N


def test_instrument_failures_are_never_scored(tmp_path: Path, probe_file: str) -> None:
    odd = (
        answer("", finish="length"),
        answer("It is wro", finish="length"),
        answer("", finish="content_filter"),
        answer(""),
        Reply(b"", status=500),
    )

    def script(request: dict[str, Any], n: int) -> Reply:
        return odd[number_in(request) % len(odd)]

    with chat_server(script) as server:
        arguments = (*run_arguments(server, probe_file), "--json")
        config = tmp_path / "fast.toml"
        config.write_text("max_attempts = 1\n")
        done = evaluator("run", "fast.toml", *arguments[1:], cwd=tmp_path)
    assert done.returncode == 4
    result = json.loads(done.stdout)["results"][0]
    counts = result["counts"]["all"]
    assert (counts["correct"], counts["wrong"], counts["abstained"]) == (0, 0, 0)
    assert counts["ungraded"] == N
    assert result["ungraded"]["truncated"] == 48
    assert result["ungraded"]["blocked"] == 24
    assert result["ungraded"]["empty"] == 24


def test_the_same_command_continues_its_run_and_another_plan_is_refused(tmp_path: Path, probe_file: str) -> None:
    with chat_server(mixed) as server:
        assert evaluator(*run_arguments(server, probe_file), cwd=tmp_path).returncode == 0
        again = evaluator(*run_arguments(server, probe_file), cwd=tmp_path)
        assert again.returncode == 0, again.stderr
        assert sum(server.ledger.values()) == N
        other = evaluator(*run_arguments(server, probe_file, "--prompt", "permit"), cwd=tmp_path)
        assert other.returncode == 2
        assert "another --run-id" in other.stderr
        assert sum(server.ledger.values()) == N


def test_answers_of_another_run_are_reused_where_the_request_is_equal(tmp_path: Path, probe_file: str) -> None:
    with chat_server(mixed) as server:
        assert evaluator(*run_arguments(server, probe_file), cwd=tmp_path).returncode == 0
        more = ("--run-id", "second", "--repeats", "2", "--reuse", "r")
        done = evaluator(*run_arguments(server, probe_file, *more), cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        assert sum(server.ledger.values()) == 2 * N
    assert measured(tmp_path, "second")["results"][0]["outcomes"]["answered"] == 2 * N


def test_a_config_file_and_flags_mean_the_same(tmp_path: Path, probe_file: str) -> None:
    with chat_server(mixed) as server:
        (tmp_path / "evaluation.toml").write_text(
            f"""
            probes = ["{probe_file}"]
            prompts = ["permit", "target:0.75"]
            repeats = 2
            [sampling]
            temperature = 0.5
            max_tokens = 99
            [[model]]
            id = "server/m"
            base_url = "{server.base_url}"
            """
        )
        flags = ("--prompt", "permit", "--prompt", "target:0.75", "--repeats", "2", "--temperature", "0.5")
        first = evaluator("run", "evaluation.toml", "--run-id", "a", cwd=tmp_path)
        arguments = run_arguments(server, probe_file, *flags, "--max-tokens", "99", "--run-id", "b")
        second = evaluator(*arguments, cwd=tmp_path)
    assert (first.returncode, second.returncode) == (0, 0), first.stderr + second.stderr
    hashes = [json.loads((tmp_path / f"reports/{run}/manifest.json").read_text())["plan_sha256"] for run in "ab"]
    assert hashes[0] == hashes[1]
    assert measured(tmp_path, "a") == measured(tmp_path, "b")
    assert server.asked[0]["temperature"] == 0.5
    assert server.asked[0]["max_tokens"] == 99


def test_a_run_that_is_being_written_is_not_touched(tmp_path: Path, probe_file: str) -> None:
    released = threading.Event()

    def wait(request: dict[str, Any], n: int) -> Reply:
        reply = mixed(request, n)
        reply.delay_s = 0.0 if released.is_set() else 5.0
        return reply

    with chat_server(wait) as server:
        arguments = command(*run_arguments(server, probe_file))
        with subprocess.Popen(
            arguments, cwd=tmp_path, env=environment(), stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL
        ) as child:
            while not server.ledger:
                time.sleep(0.01)
            second = evaluator("resume", "r", cwd=tmp_path)
            released.set()
            assert child.wait(30) == 0
        assert second.returncode == 2
        assert "another process" in second.stderr
        assert sum(server.ledger.values()) == N


def test_grade_report_and_resume_of_a_finished_run_ask_nobody(tmp_path: Path, probe_file: str) -> None:
    with chat_server(mixed) as server:
        assert evaluator(*run_arguments(server, probe_file), cwd=tmp_path).returncode == 0
    summary = (tmp_path / "reports/r/summary.json").read_text()
    assert evaluator("report", "r", "--format", "json", cwd=tmp_path).stdout == summary
    assert evaluator("report", "reports/r/summary.json", "--format", "json", cwd=tmp_path).stdout == summary
    assert "|" in evaluator("report", "r", "--format", "md", cwd=tmp_path).stdout
    graded = evaluator("grade", "r", "--json", cwd=tmp_path)
    assert graded.stdout == summary
    assert "0 verdicts changed" in graded.stderr
    (tmp_path / "reports/r/verdicts.jsonl").unlink()
    (tmp_path / "reports/r/summary.json").unlink()
    assert evaluator("report", "r", "--format", "json", cwd=tmp_path).stdout == summary


def test_imported_answers_are_graded_like_asked_ones(tmp_path: Path, probe_file: str) -> None:
    with chat_server(mixed) as server:
        assert evaluator(*run_arguments(server, probe_file), cwd=tmp_path).returncode == 0
    journal = (tmp_path / "reports/r/journal.jsonl").read_text().splitlines()
    responses = [json.loads(line)["response"] for line in journal if '"kind":"response"' in line]
    answers = [{"model": "m", "probe_id": r["probe_id"], "text": r["text"]} for r in responses]
    (tmp_path / "answers.jsonl").write_text("\n".join(map(json.dumps, answers)))
    done = evaluator("import", "--probes", probe_file, "--answers", "answers.jsonl", "--run-id", "i", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    asked, imported = measured(tmp_path)["results"][0], measured(tmp_path, "i")["results"][0]
    assert imported["counts"] == asked["counts"]
    assert imported["tallies"] == asked["tallies"]
    resumed = evaluator("resume", "i", cwd=tmp_path)
    assert resumed.returncode == 2
    assert "imported" in resumed.stderr


def test_recorded_answers_are_asked_like_a_model(tmp_path: Path, probe_file: str) -> None:
    answers = [{"model": "old", "probe_id": f"p{number:03}", "text": "I don't know."} for number in range(N)]
    (tmp_path / "answers.jsonl").write_text("\n".join(map(json.dumps, answers)))
    arguments = (
        "run",
        "--probes",
        probe_file,
        "--model",
        "recorded/old",
        "--answers",
        "answers.jsonl",
        "--run-id",
        "r",
    )
    done = evaluator(*arguments, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert measured(tmp_path)["results"][0]["counts"]["all"]["abstained"] == N


def test_the_key_is_sent_and_never_written(tmp_path: Path, probe_file: str) -> None:
    with chat_server(mixed) as server:
        done = evaluator(*run_arguments(server, probe_file), cwd=tmp_path, env={"SERVER_API_KEY": "sk-very-secret"})
        assert done.returncode == 0, done.stderr
        assert server.headers[0]["authorization"] == "Bearer sk-very-secret"
    written = b"".join(path.read_bytes() for path in (tmp_path / "reports").rglob("*") if path.is_file())
    assert b"sk-very-secret" not in written
    assert "sk-very-secret" not in done.stdout + done.stderr
