"""Standard streams that are closed, full or of another encoding: no traceback, no run ended, the true exit code."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import time
from pathlib import Path

import pytest

from tests.chat_server import Reply, answer, chat_server
from tests.cli.command import command, environment, evaluator

LOST = "error: cannot write the result to standard output: "
STARTING_S = 2.0
"""Long enough for the command to come to its result."""
SAVED = "; the run is saved\n"
needs_dev_full = pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")


@pytest.fixture
def probes(tmp_path: Path) -> str:
    probe = {"probe_id": "a", "question": "Capital of Australia?", "targets": ["Canberra"]}
    (tmp_path / "probes.jsonl").write_text(json.dumps(probe))
    return "probes.jsonl"


@pytest.fixture
def finished(tmp_path: Path, probes: str) -> Path:
    """A folder with the finished run `r`."""
    with chat_server(lambda request, n: answer("Canberra.")) as server:
        done = evaluator(*run_words(server.base_url), cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    return tmp_path


def run_words(base_url: str) -> tuple[str, ...]:
    return ("run", "--probes", "probes.jsonl", "--model", "server/m", "--base-url", base_url, "--run-id", "r")


def broken_pipe() -> int:
    """The write end of a pipe whose reader is gone."""
    read_end, write_end = os.pipe()
    os.close(read_end)
    return write_end


def full_pipe() -> tuple[int, int]:
    """Both ends of a non-blocking pipe that takes not one byte more."""
    read_end, write_end = os.pipe()
    os.set_blocking(write_end, False)
    with contextlib.suppress(BlockingIOError):
        while True:
            os.write(write_end, b"\0")
    return read_end, write_end


def started(*words: str, cwd: Path, stdout: int) -> subprocess.Popen[bytes]:
    """Start the command and leave `stdout` to it alone."""
    child = subprocess.Popen(
        command(*words), cwd=cwd, env=environment(), stdin=subprocess.DEVNULL, stdout=stdout, stderr=subprocess.PIPE
    )
    os.close(stdout)
    return child


def evaluator_on(
    *words: str, cwd: Path, stdout: int = subprocess.PIPE, stderr: int = subprocess.PIPE, env: dict[str, str]
) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        command(*words),
        cwd=cwd,
        env=environment(env),
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=stderr,
        timeout=60,
        check=False,
    )


def redirected(redirection: str, *words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run the command under a shell redirection such as `2>&-`."""
    shell = ["sh", "-c", f'exec "$@" {redirection}', "sh", *command(*words)]
    return subprocess.run(
        shell, cwd=cwd, env=environment(), capture_output=True, text=True, encoding="utf-8", timeout=60, check=False
    )


def shown_report(folder: Path) -> str:
    return evaluator("report", "r", cwd=folder).stdout


@pytest.mark.parametrize("unbuffered", ["", "1"], ids=["buffered", "unbuffered"])
def test_a_run_outlives_the_reader_of_its_messages(tmp_path: Path, probes: str, unbuffered: str) -> None:
    write_end = broken_pipe()
    with chat_server(lambda request, n: answer("Canberra.")) as server:
        words = run_words(server.base_url)
        done = evaluator_on(*words, cwd=tmp_path, stderr=write_end, env={"PYTHONUNBUFFERED": unbuffered})
        again = evaluator_on(*words, cwd=tmp_path, stderr=write_end, env={"FORCE_COLOR": "1"})
    os.close(write_end)
    assert (done.returncode, again.returncode) == (0, 0)
    assert sum(server.ledger.values()) == 1
    assert (tmp_path / "reports/r/summary.json").exists()
    assert b"Run: reports/r" in done.stdout


@pytest.mark.parametrize("redirection", ["2>&-", "2>&- </dev/null", pytest.param("2>/dev/full", marks=needs_dev_full)])
def test_a_run_needs_no_stderr(tmp_path: Path, probes: str, redirection: str) -> None:
    with chat_server(lambda request, n: answer("Canberra.")) as server:
        done = redirected(redirection, *run_words(server.base_url), cwd=tmp_path)
    assert done.returncode == 0
    assert (tmp_path / "reports/r/summary.json").exists()
    assert "Run: reports/r" in done.stdout


def test_an_incomplete_run_tells_it_by_its_exit_code_alone(tmp_path: Path, probes: str) -> None:
    write_end = broken_pipe()
    with chat_server(lambda request, n: Reply(b'{"error": {"message": "bad key"}}', status=401)) as server:
        done = evaluator_on(*run_words(server.base_url), cwd=tmp_path, stdout=write_end, stderr=write_end, env={})
    os.close(write_end)
    assert done.returncode == 4


def test_wrong_input_keeps_its_exit_code_without_stderr(tmp_path: Path) -> None:
    assert redirected("2>&-", "report", "nowhere", cwd=tmp_path).returncode == 2
    assert redirected(">&- 2>&-", "report", "--nonsense", cwd=tmp_path).returncode == 2


@pytest.mark.parametrize(
    ("redirection", "reason"),
    [
        (">&-", "Bad file descriptor"),
        ("<&- >&-", "Bad file descriptor"),
        pytest.param(">/dev/full", "No space left on device", marks=needs_dev_full),
    ],
)
def test_a_result_that_cannot_be_shown_is_told_and_is_saved(
    tmp_path: Path, probes: str, redirection: str, reason: str
) -> None:
    with chat_server(lambda request, n: answer("Canberra.")) as server:
        done = redirected(redirection, *run_words(server.base_url), cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.splitlines(keepends=True)[-1] == f"{LOST}{reason}{SAVED}"
    assert "Traceback" not in done.stderr
    journals = list((tmp_path / "reports/r").glob("*.jsonl"))
    assert journals
    for path in journals:
        assert [json.loads(line) for line in path.read_text().splitlines()], "nothing else is written into the files"
    assert "Canberra" in "".join(path.read_text() for path in journals)
    assert shown_report(tmp_path)


@needs_dev_full
@pytest.mark.parametrize(
    "words", [("report", "r"), ("report", "r", "--format", "json"), ("report", "r", "--format", "md"), ("--version",)]
)
def test_no_command_ends_in_a_traceback_when_stdout_is_full(finished: Path, words: tuple[str, ...]) -> None:
    done = redirected(">/dev/full", *words, cwd=finished)
    assert done.returncode == 2
    assert done.stderr == f"{LOST}No space left on device{SAVED}"


def test_a_verb_that_failed_keeps_its_own_exit_code_when_stdout_is_closed(tmp_path: Path) -> None:
    (tmp_path / "bad.jsonl").write_text('{"probe_id": "a", "question": "q", "targets": ["q"]}\n' * 2)
    plain = evaluator("probes", "check", "bad.jsonl", cwd=tmp_path)
    closed = redirected(">&-", "probes", "check", "bad.jsonl", cwd=tmp_path)
    assert plain.returncode != 0
    assert closed.returncode == plain.returncode


@pytest.mark.parametrize("words", [("report", "r"), ("report", "r", "--format", "json"), ("--help",), ("--version",)])
def test_a_reader_that_leaves_early_is_no_failure(finished: Path, words: tuple[str, ...]) -> None:
    write_end = broken_pipe()
    done = evaluator_on(*words, cwd=finished, stdout=write_end, env={})
    os.close(write_end)
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_reader_that_leaves_while_the_result_is_written_is_no_failure(finished: Path) -> None:
    read_end, write_end = full_pipe()
    os.set_blocking(write_end, True)
    with started("report", "r", cwd=finished, stdout=write_end) as child:
        time.sleep(STARTING_S)
        assert child.poll() is None, "it waits for its reader"
        os.close(read_end)
        assert child.stderr is not None
        assert child.stderr.read() == b""
        assert child.wait(60) == 0


def test_a_slow_reader_of_a_non_blocking_pipe_gets_every_byte(finished: Path) -> None:
    expected = shown_report(finished)
    read_end, write_end = full_pipe()
    with started("report", "r", cwd=finished, stdout=write_end) as child, os.fdopen(read_end, "rb") as reader:
        time.sleep(STARTING_S)
        assert child.poll() is None, "it waits for its reader"
        assert reader.read().lstrip(b"\0").decode("utf-8") == expected
        assert child.wait(60) == 0


@pytest.mark.parametrize(
    "env",
    [{"PYTHONIOENCODING": "ascii"}, {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}],
    ids=["ascii", "C locale"],
)
def test_output_is_utf_8_whatever_the_locale_says(finished: Path, env: dict[str, str]) -> None:
    expected = shown_report(finished)
    assert not expected.isascii(), "the table has characters that ASCII has not"
    done = evaluator_on("report", "r", cwd=finished, env=env)
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.decode("utf-8") == expected


def test_messages_are_utf_8_and_never_fail_on_half_a_character(tmp_path: Path) -> None:
    done = evaluator_on("report", "caf\u00e9", cwd=tmp_path, env={"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "1"})
    assert done.returncode == 2
    assert "caf\u00e9" in done.stderr.decode("utf-8")
    words = [*command("report"), b"caf\xe9"]
    broken = subprocess.run(words, cwd=tmp_path, env=environment(), capture_output=True, timeout=60, check=False)
    assert broken.returncode == 2
    assert b"Traceback" not in broken.stderr
