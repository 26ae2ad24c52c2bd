"""`evaluator label ask` at a terminal: one key per answer, and the terminal is given back as it was."""

from __future__ import annotations

import json
import os
import pty
import select
import signal
import subprocess
import termios
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from evaluator.journal import RunDirectory
from tests.cli.command import command, environment, evaluator

PROMPT = "q quit"


class Terminal:
    """A person before a terminal."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.master, self.slave = pty.openpty()
        self.before = termios.tcgetattr(self.slave)
        self.process = subprocess.Popen(
            command("label", "ask", "r", "--annotator", "anna", *arguments),
            cwd=folder,
            env=environment({"TERM": "xterm"}),
            stdin=self.slave,
            stdout=subprocess.PIPE,
            stderr=self.slave,
            start_new_session=True,
        )
        self.seen = ""

    def until(self, text: str, n_times: int = 1) -> None:
        """Read the screen until `text` has come `n_times` since the last key."""
        deadline = time.monotonic() + 20
        while self.seen.count(text) < n_times:
            assert time.monotonic() < deadline, self.seen[-2000:]
            if select.select([self.master], [], [], 0.2)[0]:
                self.seen += os.read(self.master, 65536).decode()

    def press(self, key: str, then: str = PROMPT) -> None:
        # A key counts once the program waits for it: what is typed ahead is not for this answer.
        time.sleep(0.05)
        self.seen = ""
        os.write(self.master, key.encode())
        self.until(then)

    def end(self) -> str:
        stdout, _ = self.process.communicate(timeout=20)
        assert termios.tcgetattr(self.slave) == self.before
        return stdout.decode()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    probes = [{"probe_id": f"p{n}", "question": f"Capital {n}?", "targets": ["Canberra"]} for n in range(4)]
    answers = [{"probe_id": f"p{n}", "model": "secret-model", "text": "Sydney\x1b[2J\nor so"} for n in range(4)]
    (tmp_path / "probes.jsonl").write_text("".join(json.dumps(probe) + "\n" for probe in probes))
    (tmp_path / "answers.jsonl").write_text("".join(json.dumps(answer) + "\n" for answer in answers))
    evaluator("import", "--probes", "probes.jsonl", "--answers", "answers.jsonl", "--run-id", "r", cwd=tmp_path)
    done = evaluator("label", "draw", "r", "--out", "labels.csv", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    return tmp_path


@pytest.fixture
def terminal(folder: Path) -> Iterator[Terminal]:
    found = Terminal(folder)
    yield found
    if found.process.poll() is None:
        found.process.kill()
        found.process.wait()
    if found.process.stdout is not None:
        found.process.stdout.close()
    os.close(found.master)
    os.close(found.slave)


def labels(folder: Path) -> list[str]:
    return [label.label for label in RunDirectory(folder / "reports/r").read_gold()[1]]


def test_one_key_labels_and_the_label_is_on_disk_when_the_next_answer_shows(folder: Path, terminal: Terminal) -> None:
    terminal.until(PROMPT)
    assert "\x1b[2J" not in terminal.seen
    assert r"\x1b[2J" in terminal.seen
    assert "secret-model" not in terminal.seen
    terminal.press("w")
    assert labels(folder) == ["wrong"]
    assert "2 of 4" in terminal.seen
    terminal.press("C")
    terminal.press("u")
    assert labels(folder) == ["wrong"]
    terminal.press("a")
    assert labels(folder) == ["wrong", "abstained"]
    terminal.press("s")
    terminal.press("q", then="saved labels by anna")
    out = terminal.end()
    assert "2 of 4 drawn answers have a label" in out
    assert terminal.process.returncode == 0


def test_several_keys_at_once_label_nothing(folder: Path, terminal: Terminal) -> None:
    terminal.until(PROMPT)
    terminal.press("ccc", then="need one key")
    terminal.press("\x1b[A", then="need one key")
    assert labels(folder) == []
    terminal.press("c")
    assert labels(folder) == ["correct"]


def test_the_last_label_can_still_be_taken_back(folder: Path, terminal: Terminal) -> None:
    terminal.until(PROMPT)
    for _ in range(3):
        terminal.press("w")
    terminal.press("w", then="that was the last one")
    terminal.press("u")
    assert len(labels(folder)) == 3
    terminal.press("c", then="that was the last one")
    terminal.press("x", then="saved labels by anna: 4; answers left: 0")
    terminal.end()
    assert labels(folder) == ["wrong", "wrong", "wrong", "correct"]


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130), (None, 130)])
def test_a_signal_ends_it_with_everything_saved(
    folder: Path, terminal: Terminal, number: signal.Signals | None, code: int
) -> None:
    terminal.until(PROMPT)
    terminal.press("w")
    time.sleep(0.1)
    if number is None:
        os.write(terminal.master, b"\x03")
    else:
        terminal.process.send_signal(number)
    terminal.seen = ""
    terminal.until("saved labels by anna: 1; answers left: 3")
    terminal.end()
    assert terminal.process.returncode == code
    assert labels(folder) == ["wrong"]


def test_a_kill_loses_nothing_and_the_next_time_goes_on(folder: Path, terminal: Terminal) -> None:
    terminal.until(PROMPT)
    terminal.press("w")
    terminal.press("w")
    terminal.process.kill()
    terminal.process.wait()
    assert labels(folder) == ["wrong", "wrong"]
    done = evaluator("label", "ask", "r", "--annotator", "anna", "--json", cwd=folder)
    assert "1 of 2 (0% done)" in done.stderr
    assert json.loads(done.stdout)["n_labelled"] == 2
