"""Ten thousand requests to a server that misbehaves in every way, through deaths and resumes."""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from evaluator.journal import read_journal
from tests.cli.command import command, environment, evaluator
from tests.faults.fault_server import CLOSE, RESET, FaultServer, Step, chat, http
from tests.loopback import Asked, running

SEED = 20261124
MODELS = tuple(f"server/m{n}" for n in range(5))
N_PROBES = 2000
CONCURRENCY = 16
TIMEOUT_S = 3.0
MOST_S = 240.0
"""Of the stormy run, deaths and resumes included."""
DEATHS = (
    (0.12, signal.SIGKILL),
    (0.3, signal.SIGTERM),
    (0.45, signal.SIGKILL),
    (0.6, signal.SIGINT),
    (0.8, signal.SIGKILL),
)
"""After which share of all requests the process dies, and of what."""
FAULTS = {
    "429 and when to come back": 4,
    "429": 4,
    "500": 25,
    "502": 15,
    "503 and when to come back": 2,
    "529": 3,
    "reset": 20,
    "closed without a word": 20,
    "cut body": 25,
    "slow body": 15,
    "late": 3,
    "html": 8,
    "no JSON": 8,
    "not UTF-8": 8,
    "no choices": 8,
    "sent twice": 15,
    "bad gzip": 5,
}
"""Kinds by weight."""
UNREADABLE = frozenset({"html", "no JSON", "not UTF-8", "no choices", "sent twice", "bad gzip"})
SHARE = 0.1
PAID = frozenset({"reset", "closed without a word", "cut body", "slow body", "late", *UNREADABLE})
"""Faults after the work was done: the server sends a bill, and no answer that can be used."""


def text_of(model: str, number: int) -> str:
    """Right, wrong and abstaining by turns, another turn for each model."""
    return (f"It is {number + 7}.", "It is 99999.", "I don't know.")[(number * 7 + MODELS.index(model)) % 5 % 3]


class Storm(FaultServer):
    """Answers, or fails by a seed, and keeps the only true ledger."""

    def __init__(self, share: float) -> None:
        super().__init__([])
        self.share = share
        self.sent: Counter[tuple[str, int]] = Counter()
        self.paid: Counter[tuple[str, int]] = Counter()
        self.well_answered: Counter[tuple[str, int]] = Counter()
        self.faults: Counter[str] = Counter()
        self.in_flight = 0

    async def exchange(self, asked: Asked, writer: asyncio.StreamWriter) -> bool:
        self.in_flight += asked.method == "POST"
        try:
            return await super().exchange(asked, writer)
        finally:
            self.in_flight -= asked.method == "POST"

    def script(self, asked: Asked) -> list[Step]:
        request = json.loads(asked.body)
        model, number = f"server/{request['model']}", int(request["messages"][-1]["content"].split()[2])
        one = (model, number)
        self.sent[one] += 1
        draw = random.Random(f"{SEED}/{one}/{self.sent[one]}")
        answer = http(chat(text_of(model, number), id_=f"{model}/{number}"))
        wait: list[Step] = [draw.uniform(0.005, 0.03)]
        # A request that fails more often would end without an answer, and none of its labels would be known.
        if self.sent[one] > 2 or draw.random() >= self.share:
            self.paid[one] += 1
            self.well_answered[one] += 1
            return [*wait, answer]
        kinds = [kind for kind in FAULTS if kind not in UNREADABLE or self.sent[one] == 1]
        kind = draw.choices(kinds, [FAULTS[kind] for kind in kinds])[0]
        self.faults[kind] += 1
        self.paid[one] += kind in PAID
        return wait + steps_of(kind, answer, draw)


def steps_of(kind: str, answer: bytes, draw: random.Random) -> list[Step]:
    """What a server sends that fails so."""
    error = b'{"error": {"message": "no"}}'
    at = draw.randrange(1, len(answer))
    scripts: dict[str, list[Step]] = {
        "429": [http(error, 429)],
        "429 and when to come back": [http(error, 429, "retry-after: 1")],
        "503 and when to come back": [http(error, 503, "retry-after: 1")],
        "reset": [RESET],
        "closed without a word": [CLOSE],
        "cut body": [answer[:at], CLOSE],
        "slow body": [step for n in range(len(answer)) for step in (answer[n : n + 1], 0.1)],
        "late": [TIMEOUT_S + 0.7, answer],
        "html": [http(b"<html>hello</html>")],
        "no JSON": [http(b"Canberra")],
        "not UTF-8": [http(chat("It is 7.").replace(b"7", b"\xff"))],
        "no choices": [http(b'{"id": "x", "choices": []}')],
        "sent twice": [http(chat("It is 99999.") * 2)],
        "bad gzip": [http(b"\x1f\x8bnonsense", 200, "content-encoding: gzip")],
    }
    return scripts[kind] if kind in scripts else [http(error, int(kind))]


def folder_with(server: Storm, path: Path) -> Path:
    path.mkdir()
    lines = []
    for number in range(N_PROBES):
        probe: dict[str, object] = {"probe_id": f"p{number:04}", "question": f"What is {number} plus seven?"}
        probe |= (
            {"unanswerable": "nonexistent"} if number % 3 == 2 else {"targets": [str(number + 7)], "match": "number"}
        )
        lines.append(json.dumps(probe))
    (path / "p.jsonl").write_text("\n".join(lines))
    same = f'base_url = "{server.base_url}"\nconcurrency = {CONCURRENCY}\ntimeout_s = {TIMEOUT_S}'
    tables = [f'[[model]]\nid = "{model}"\n{same}' for model in MODELS]
    (path / "e.toml").write_text("\n".join(['probes = ["p.jsonl"]', *tables]))
    return path


def labels(folder: Path) -> dict[str, str]:
    verdicts = map(json.loads, (folder / "reports/r/verdicts.jsonl").read_text().splitlines())
    return {verdict["request_id"]: verdict.get("label") or verdict["ungraded"] for verdict in verdicts}


def counts(folder: Path) -> dict[str, object]:
    results = json.loads((folder / "reports/r/summary.json").read_text())["results"]
    return {result["model"]: (result["outcomes"], result["counts"], result["tallies"]) for result in results}


class Sitting:
    """One process of the run, watched from outside."""

    def __init__(self, words: tuple[str, ...], folder: Path) -> None:
        self.stderr = (folder / "stderr.txt").open("a")
        self.child = subprocess.Popen(
            command(*words), cwd=folder, env=environment(), stderr=self.stderr, stdout=subprocess.DEVNULL
        )
        self.most_kb = self.most_files = 0

    def look(self) -> None:
        try:
            status = Path(f"/proc/{self.child.pid}/status").read_text(encoding="utf-8")
            self.most_kb = max(self.most_kb, int(status.split("VmHWM:")[1].split()[0]))
            self.most_files = max(self.most_files, len(os.listdir(f"/proc/{self.child.pid}/fd")))  # noqa: PTH208
        except (OSError, IndexError):
            return

    def end(self, number: int | None, timeout_s: float) -> int:
        """Send a signal, if one is given, and return the exit code."""
        try:
            if number is not None:
                self.child.send_signal(number)
            return self.child.wait(timeout_s)
        finally:
            self.child.kill()
            self.child.wait()
            self.stderr.close()


@pytest.mark.slow
def test_ten_thousand_requests_through_every_fault_and_several_deaths(tmp_path: Path) -> None:
    n_all = N_PROBES * len(MODELS)
    with running(Storm(0.0)) as calm_server:
        calm = folder_with(calm_server, tmp_path / "calm")
        assert evaluator("run", "e.toml", "--run-id", "r", cwd=calm, timeout_s=MOST_S).returncode == 0
    start, most_kb, most_files = time.monotonic(), 0, 0
    flying: Counter[str] = Counter()
    n_sittings, words, code = 0, ("run", "e.toml", "--run-id", "r"), -1
    with running(Storm(SHARE)) as server:
        folder = folder_with(server, tmp_path / "stormy")
        deaths = list(DEATHS)
        while code != 0 and time.monotonic() - start < MOST_S:
            sitting = Sitting(words, folder)
            n_sittings, words = n_sittings + 1, ("resume", "r")
            share, number = deaths.pop(0) if deaths else (2.0, None)
            while sitting.child.poll() is None and len(server.sent) < share * n_all:
                sitting.look()
                assert time.monotonic() - start < MOST_S, (folder / "stderr.txt").read_text()[-3000:]
                time.sleep(0.02)
            if number == signal.SIGKILL:
                flying["SIGKILL"] += server.in_flight
            code = sitting.end(number if sitting.child.poll() is None else None, MOST_S)
            most_kb, most_files = max(most_kb, sitting.most_kb), max(most_files, sitting.most_files)
        wall_s = time.monotonic() - start
    assert code == 0, (folder / "stderr.txt").read_text()[-3000:]
    ledger = check(folder, server, n_deaths=flying_deaths())
    assert labels(folder) == labels(calm)
    assert counts(folder) == counts(calm)
    assert evaluator("verify", "r", cwd=folder, timeout_s=120).returncode == 0
    assert most_kb < 400_000
    assert most_files < len(MODELS) * CONCURRENCY + 100
    figures = {
        "requests": n_all,
        "sends": sum(server.sent.values()),
        "faults": sum(server.faults.values()),
        "sittings": n_sittings,
        **ledger,
        "in flight at SIGKILL": flying["SIGKILL"],
        "most MB": most_kb // 1000,
        "most open files": most_files,
        "seconds": round(wall_s),
    }
    sys.stdout.write(f"{figures}\n{dict(server.faults)}\n")


def flying_deaths() -> int:
    """How often the process died without a chance to save."""
    return sum(number == signal.SIGKILL for _, number in DEATHS)


def check(folder: Path, server: Storm, *, n_deaths: int) -> dict[str, int]:
    """Hold the journal against the server's ledger; return how often it was paid beside an answer, and told."""
    finals: Counter[str] = Counter()
    for line in (folder / "reports/r/journal.jsonl").read_bytes().splitlines():
        if line.startswith(b'{"kind":"response"'):
            finals[json.loads(line)["response"]["request_id"]] += 1
    responses = read_journal(folder / "reports/r/journal.jsonl").responses
    assert len(responses) == N_PROBES * len(MODELS)
    assert set(finals) == set(responses), "every request has a final response"
    assert set(finals.values()) == {1}, "and only one"
    n_twice = n_beside = n_told = 0
    for response in responses.values():
        one = (response.model, int(response.probe_id[1:]))
        assert server.sent[one] <= response.attempts, "every send is told"
        assert server.paid[one] - 1 <= response.ambiguous_sends, "what was paid beside the answer is told"
        n_twice += server.well_answered[one] - 1
        n_beside += server.paid[one] - 1
        n_told += response.ambiguous_sends
    # A good answer is paid for twice only where a death took the first: at most what was in flight.
    assert n_twice <= n_deaths * len(MODELS) * CONCURRENCY
    return {"answered twice": n_twice, "paid beside an answer": n_beside, "told as maybe paid": n_told}
