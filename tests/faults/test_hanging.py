"""Nothing waits for ever: servers that never answer, names that are never found, a process that was stopped."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from evaluator.errors import ProviderError
from evaluator.journal import read_journal
from evaluator.providers import client as client_module
from evaluator.providers import listing, open_provider, openai_server
from evaluator.providers.client import HttpClient
from evaluator.providers.reply import HttpReply
from evaluator.records import Failure, ModelSettings
from tests.chat_server import Reply, answer, chat_server
from tests.cli.command import command, environment, evaluator
from tests.faults.fault_server import Step, ask_once, http, told
from tests.loopback import Asked, LoopbackServer, running

N_PROBES = 60


class Mute(LoopbackServer):
    """Takes every request and never answers."""

    async def exchange(self, asked: Asked, writer: asyncio.StreamWriter) -> bool:
        await asyncio.Event().wait()
        return True


class Dripping(LoopbackServer):
    """Answers every request with one byte now and then."""

    async def exchange(self, asked: Asked, writer: asyncio.StreamWriter) -> bool:
        writer.write(http(b"", length=10_000))
        while True:
            writer.write(b" ")
            await writer.drain()
            await asyncio.sleep(0.05)


def probes(folder: Path, n: int) -> None:
    lines = [f'{{"probe_id": "p{k}", "question": "Capital number {k}?", "targets": ["Canberra"]}}' for k in range(n)]
    (folder / "p.jsonl").write_text("\n".join(lines))


def test_a_head_that_comes_byte_by_byte_ends_at_the_deadline() -> None:
    head: list[Step] = [step for byte in http(b"{}") for step in (bytes([byte]), 0.05)]
    start = time.monotonic()
    assert told(ask_once(*head, timeout_s=0.4)) == ("failed", "transient", True)
    assert time.monotonic() - start < 3


def test_a_name_that_is_never_found_ends_at_the_deadline_and_was_not_paid(monkeypatch: pytest.MonkeyPatch) -> None:
    let_go, took, before = threading.Event(), [], threading.enumerate()

    def never(*_: object, **__: object) -> list[Any]:
        let_go.wait(30)
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    monkeypatch.setattr(socket, "getaddrinfo", never)

    async def main() -> HttpReply | Failure:
        async with HttpClient("http://slow-name.test/v1") as client:
            start = time.monotonic()
            reply = await client.post("/chat/completions", b"{}", deadline_s=5.0)
            took.append(time.monotonic() - start)
            return reply

    monkeypatch.setattr(client_module, "CONNECT_TIMEOUT_S", 0.3)
    start = time.monotonic()
    try:
        failure = asyncio.run(main())
        took.append(time.monotonic() - start)
        left = [each for each in threading.enumerate() if each not in before]
    finally:
        let_go.set()
    assert isinstance(failure, Failure)
    assert (failure.kind, failure.maybe_paid) == ("transient", False)
    assert max(took) < 3, "neither the request nor the end of the loop waits for the lookup"
    assert left
    assert all(each.daemon for each in left), "nor does the end of the process"


@pytest.mark.parametrize("kind", [Mute, Dripping])
def test_reaching_a_server_that_never_answers_ends(kind: type[LoopbackServer], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openai_server, "PREFLIGHT_S", 0.3)
    monkeypatch.setattr(listing, "LIST_S", 0.3)

    async def main(base_url: str) -> None:
        async with open_provider(ModelSettings(id="server/m", base_url=base_url), None):
            pass
        with contextlib.suppress(ProviderError):
            await listing.listed_models("server", base_url, None)

    start = time.monotonic()
    with running(kind()) as server:
        asyncio.run(main(server.base_url))
    assert time.monotonic() - start < 5


def test_a_run_against_a_server_that_takes_all_and_answers_nothing_ends_resumable(tmp_path: Path) -> None:
    probes(tmp_path, 3)
    with running(Mute()) as server:
        tables = f'[[model]]\nid = "server/m"\nbase_url = "{server.base_url}"\ntimeout_s = 0.5\nmax_attempts = 2\n'
        (tmp_path / "e.toml").write_text(f'probes = ["p.jsonl"]\n{tables}')
        done = evaluator("run", "e.toml", "--run-id", "r", cwd=tmp_path)
    assert done.returncode == 4, done.stderr
    assert "continue with: evaluator resume" in done.stderr
    responses = read_journal(tmp_path / "reports/r/journal.jsonl").responses.values()
    assert {(r.outcome, r.attempts, r.ambiguous_sends) for r in responses} == {("failed", 2, 2)}


def test_a_process_that_is_stopped_and_continued_holds_its_deadlines_and_loses_nothing(tmp_path: Path) -> None:
    probes(tmp_path, N_PROBES)

    def script(request: dict[str, Any], n: int) -> Reply:
        reply = answer("Canberra")
        reply.delay_s = 0.1
        return reply

    with chat_server(script) as server:
        tables = f'[[model]]\nid = "server/m"\nbase_url = "{server.base_url}"\nconcurrency = 4\ntimeout_s = 1.0\n'
        (tmp_path / "e.toml").write_text(f'probes = ["p.jsonl"]\n{tables}')
        child = subprocess.Popen(
            command("run", "e.toml", "--run-id", "r"),
            cwd=tmp_path,
            env=environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            deadline = time.monotonic() + 30
            while sum(server.ledger.values()) < 12 and time.monotonic() < deadline:
                time.sleep(0.01)
            os.kill(child.pid, signal.SIGSTOP)
            time.sleep(2.5)
            os.kill(child.pid, signal.SIGCONT)
            _, err = child.communicate(timeout=40)
        finally:
            child.kill()
            child.wait()
        n_sent = sum(server.ledger.values())
    assert child.returncode == 0, err
    result = json.loads((tmp_path / "reports/r/summary.json").read_text())["results"][0]
    assert result["outcomes"]["answered"] == N_PROBES
    assert n_sent - N_PROBES <= result["cost"]["ambiguous_sends"] <= 4, (
        "what was in flight may be asked again, and is told"
    )
