"""Rows 1 to 14: connections that cannot be made, or break."""

from __future__ import annotations

import asyncio
import errno
import json
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp.client_reqrep import ConnectionKey

from evaluator.cli import open_files
from evaluator.errors import ProviderError
from evaluator.providers import client as client_module
from evaluator.providers import open_provider
from evaluator.providers.client import HttpClient, transport_failure
from evaluator.providers.reply import HttpReply
from evaluator.records import Failure, ModelSettings
from evaluator.run.readiness import wait_until_ready
from tests.cli.command import evaluator
from tests.faults.fault_server import CLOSE, RESET, FaultServer, ask, ask_once, chat, fault_server, http, told
from tests.loopback import Asked, LoopbackServer, running
from tests.run.lanes.test_lane import World, fails

ANSWER = http(chat())


def post(base_url: str, *, deadline_s: float = 5.0) -> HttpReply | Failure:
    async def main() -> HttpReply | Failure:
        async with HttpClient(base_url) as client:
            return await client.post("/chat/completions", b"{}", deadline_s=deadline_s)

    return asyncio.run(main())


def opening_fails(base_url: str) -> str:
    async def main() -> None:
        async with open_provider(ModelSettings(id="server/m", base_url=base_url), None):
            pass

    with pytest.raises(ProviderError) as caught:
        asyncio.run(main())
    return str(caught.value)


def test_row_1_an_unknown_host_is_named_before_anything_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> list[Any]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    assert "no-such-host.test" in opening_fails("http://no-such-host.test/v1")
    failure = post("http://no-such-host.test/v1")
    assert isinstance(failure, Failure)
    assert (failure.kind, failure.maybe_paid) == ("transient", False)


def test_row_1_a_name_that_cannot_be_found_in_mid_run_costs_no_request_its_answer() -> None:
    world = World(300).run(lambda request, at: fails("transient") if 2 <= at < 40 else None)
    assert len(world.answered) == 300
    assert world.in_window(3, 40) < 40, "single looks, not hundreds of requests marked failed in a second"


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def test_row_3_a_server_that_is_not_up_is_asked_for() -> None:
    assert "is the server running?" in opening_fails(f"http://127.0.0.1:{free_port()}/v1")


def wait(port: int, max_wait_s: float) -> list[str]:
    notices: list[str] = []
    settings = ModelSettings(id="server/m", base_url=f"http://127.0.0.1:{port}/v1")
    asyncio.run(wait_until_ready([settings], {}, max_wait_s=max_wait_s, on_notice=notices.append))
    return notices


def test_row_3_a_server_that_is_starting_is_waited_for_and_named_once() -> None:
    server = FaultServer([[ANSWER]])
    server.port = free_port()
    later = threading.Timer(1.2, server.start)
    later.start()
    try:
        (notice,) = wait(server.port, 30.0)
    finally:
        later.join()
        server.stop()
    assert f"127.0.0.1:{server.port}" in notice
    assert "Waiting for it, at most 0.5 min (--max-wait)" in notice
    assert server.bodies == []


def test_row_3_a_run_waits_for_a_server_that_is_starting(tmp_path: Path) -> None:
    (tmp_path / "p.jsonl").write_text(
        '{"probe_id": "p", "question": "Capital of Australia?", "targets": ["Canberra"]}\n'
    )
    server = FaultServer([[ANSWER]])
    server.port = free_port()
    words = ("run", "--probes", "p.jsonl", "--model", "server/m", "--base-url", server.base_url, "--run-id", "r")
    at_once = evaluator(*words, cwd=tmp_path)
    assert at_once.returncode == 2
    assert "is the server running?" in at_once.stderr
    later = threading.Timer(3.0, server.start)
    later.start()
    try:
        done = evaluator(*words, "--max-wait", "1", cwd=tmp_path)
    finally:
        later.join()
        server.stop()
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("Waiting for it, at most 1 min (--max-wait)") == 1


def test_row_3_a_server_that_never_starts_is_waited_for_so_long_and_no_longer() -> None:
    start = time.monotonic()
    with pytest.raises(ProviderError, match="is the server running"):
        wait(free_port(), 1.0)
    assert time.monotonic() - start < 5


def test_row_3_what_answers_and_refuses_is_not_waited_for() -> None:
    with running(Refusing()) as server, pytest.raises(ProviderError, match="refuses the key"):
        wait(server.port, 60.0)


class Refusing(LoopbackServer):
    async def exchange(self, asked: Asked, writer: asyncio.StreamWriter) -> bool:
        writer.write(http(b"{}", 401))
        return True


@pytest.fixture
def deaf_port() -> Iterator[int]:
    """A port whose queue is full: connecting to it takes for ever."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(0)
        waiting = [socket.socket() for _ in range(3)]
        for each in waiting:
            each.setblocking(False)
            each.connect_ex(server.getsockname())
        yield int(server.getsockname()[1])
        for each in waiting:
            each.close()


def test_row_4_a_connection_that_takes_too_long_was_not_paid(deaf_port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "CONNECT_TIMEOUT_S", 0.2)
    failure = post(f"http://127.0.0.1:{deaf_port}/v1")
    assert isinstance(failure, Failure)
    assert (failure.kind, failure.maybe_paid) == ("transient", False)


def test_row_5_a_certificate_that_is_not_trusted_halts_and_names_the_way_out() -> None:
    key = ConnectionKey("api.example.com", 443, True, True, None, None, None)
    error = aiohttp.ClientConnectorCertificateError(key, ssl.SSLCertVerificationError("self-signed certificate"))
    failure = transport_failure(error)
    assert (failure.kind, failure.maybe_paid) == ("halted", False)
    assert "api.example.com" in failure.message
    assert "SSL_CERT_FILE" in failure.message


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("needs the openssl command to make a certificate")
    folder = tmp_path_factory.mktemp("tls")
    for host in ("localhost", "other.example"):
        made = ("-keyout", f"{host}.key", "-out", f"{host}.pem", "-subj", f"/CN={host}")
        names = ("-addext", f"subjectAltName=DNS:{host}")
        words = ("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *made, *names)
        subprocess.run([openssl, *words], cwd=folder, check=True, capture_output=True, timeout=60)
    return folder


@pytest.mark.parametrize(
    ("host", "is_trusted", "code"), [("localhost", False, 2), ("other.example", True, 2), ("localhost", True, 0)]
)
def test_row_5_no_question_is_asked_over_a_connection_that_cannot_be_trusted(
    tmp_path: Path, certificates: Path, host: str, is_trusted: bool, code: int
) -> None:
    (tmp_path / "p.jsonl").write_text('{"probe_id": "p", "question": "q", "targets": ["Canberra"]}\n')
    server = FaultServer([[ANSWER]])
    server.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.tls.load_cert_chain(certificates / f"{host}.pem", certificates / f"{host}.key")
    env = {"SSL_CERT_FILE": str(certificates / f"{host}.pem")} if is_trusted else {}
    with running(server):
        base_url = f"https://localhost:{server.port}/v1"
        words = ("run", "--probes", "p.jsonl", "--model", "server/m", "--base-url", base_url, "--max-wait", "1")
        done = evaluator(*words, cwd=tmp_path, env=env, timeout_s=40)
    assert done.returncode == code, done.stderr
    if code:
        assert "the certificate of localhost is not trusted" in done.stderr
        assert "SSL_CERT_FILE" in done.stderr
        assert "Waiting for it" not in done.stderr, "waiting mends no certificate"
        assert (server.bodies, len(done.stderr.splitlines())) == ([], 1)
    else:
        assert len(server.bodies) == 1, "the way out that is named is one"


def test_row_5_a_port_without_tls_is_never_spoken_to_in_the_clear(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "CONNECT_TIMEOUT_S", 0.2)
    with fault_server([ANSWER]) as server:
        failure = post(server.base_url.replace("http:", "https:"), deadline_s=2.0)
    assert isinstance(failure, Failure)
    assert not failure.maybe_paid
    assert server.heads == []


def test_row_7_a_proxy_that_wants_a_password_halts_without_showing_it(monkeypatch: pytest.MonkeyPatch) -> None:
    refusal = b"HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n"
    with fault_server([refusal]) as proxy:
        monkeypatch.setenv("https_proxy", f"http://user:SECRETpw@127.0.0.1:{proxy.port}")
        failure = post("https://api.example.com/v1")
    assert isinstance(failure, Failure)
    assert (failure.kind, failure.maybe_paid, failure.status) == ("halted", False, 407)
    assert "SECRETpw" not in failure.message


def test_row_8_a_kept_connection_that_the_server_drops_is_tried_again_and_counted() -> None:
    first, second, third = ask([ANSWER], [CLOSE], [ANSWER])
    assert told(second) == ("failed", "transient", True)
    assert first.text == third.text == "Canberra"


def test_row_8_in_a_run_what_may_have_been_paid_is_told_and_every_question_answered(tmp_path: Path) -> None:
    lines = [f'{{"probe_id": "p{n}", "question": "q{n}", "targets": ["Canberra"]}}\n' for n in range(4)]
    (tmp_path / "p.jsonl").write_text("".join(lines))
    with fault_server([ANSWER], [CLOSE], [RESET], [ANSWER]) as server:
        words = ("run", "--probes", "p.jsonl", "--model", "server/m", "--base-url", server.base_url, "--run-id", "r")
        done = evaluator(*words, "--concurrency", "1", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    result = json.loads((tmp_path / "reports/r/summary.json").read_text())["results"][0]
    assert result["outcomes"]["answered"] == 4
    assert len(server.bodies) == 4 + 2
    assert len(set(server.bodies)) == 4, "the same bytes each time"
    assert result["cost"]["ambiguous_sends"] == 2


def test_row_9_a_reset_before_the_headers_may_have_been_paid_and_is_named() -> None:
    response = ask_once(RESET)
    assert told(response) == ("failed", "transient", True)
    assert response.detail


def test_row_11_an_address_that_does_not_work_is_left_for_one_that_does(monkeypatch: pytest.MonkeyPatch) -> None:
    with fault_server([ANSWER]) as server:
        stream = (socket.SOCK_STREAM, socket.IPPROTO_TCP, "")
        dead = (socket.AF_INET6, *stream, ("::1", server.port, 0, 0))
        alive = (socket.AF_INET, *stream, ("127.0.0.1", server.port))
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [dead, alive])
        reply = post(server.base_url.replace("127.0.0.1", "two-faced.test"))
    assert isinstance(reply, HttpReply)


def test_row_13_more_requests_than_connections_wait_for_one() -> None:
    async def main(base_url: str) -> list[HttpReply | Failure]:
        async with HttpClient(base_url, connections=2) as client:
            return await asyncio.gather(*(client.post("/chat/completions", b"{}", deadline_s=5.0) for _ in range(20)))

    with fault_server([0.01, ANSWER]) as server:
        replies = asyncio.run(main(server.base_url))
    assert all(isinstance(reply, HttpReply) for reply in replies)


def test_row_14_too_few_file_descriptors_slow_the_lane_and_cost_no_request() -> None:
    key = ConnectionKey("127.0.0.1", 80, False, True, None, None, None)
    failure = transport_failure(aiohttp.ClientConnectorError(key, OSError(errno.EMFILE, "Too many open files")))
    assert (failure.kind, failure.maybe_paid) == ("rate_limited", False)
    world = World(100).run(lambda request, at: failure if 1 <= at < 5 else None)
    assert len(world.answered) == 100
    assert not world.failed


def test_row_14_the_limit_of_open_files_is_raised_or_told(monkeypatch: pytest.MonkeyPatch) -> None:
    limits = {"now": (256, 4096)}
    monkeypatch.setattr(open_files.resource, "getrlimit", lambda _: limits["now"])
    monkeypatch.setattr(open_files.resource, "setrlimit", lambda _, new: limits.update(now=new))
    assert open_files.make_room_for(100) is None
    assert limits["now"] == (256, 4096), "there is room"
    assert open_files.make_room_for(1000) is None
    assert limits["now"][0] >= 1000
    told_now = open_files.make_room_for(5000)
    assert told_now is not None
    assert "ulimit -n" in told_now
