"""The HTTP client: deadlines, sizes, what may have been paid, and keys that never show."""

from __future__ import annotations

import asyncio
import socket

import pytest

from evaluator.errors import ProviderError
from evaluator.providers import client as client_module
from evaluator.providers.address import check_base_url, check_key
from evaluator.providers.client import HttpClient
from evaluator.providers.reply import HttpReply
from evaluator.records import Failure
from tests.chat_server import Reply, answer, chat_server


def post(base_url: str, *, deadline_s: float = 5.0, key: str | None = None) -> HttpReply | Failure:
    async def main() -> HttpReply | Failure:
        async with HttpClient(base_url, key=key) as client:
            body = b'{"messages": [{"content": "q"}]}'
            return await client.post("/chat/completions", body, deadline_s=deadline_s)

    return asyncio.run(main())


def test_a_reply_comes_whole() -> None:
    with chat_server(lambda request, n: answer("Paris")) as server:
        reply = post(server.base_url)
    assert isinstance(reply, HttpReply)
    assert reply.status == 200
    assert b"Paris" in reply.body


def test_the_key_travels_in_its_header_only() -> None:
    with chat_server(lambda request, n: answer("Paris")) as server:
        post(server.base_url, key="sk-secret")
    assert server.headers[0]["authorization"] == "Bearer sk-secret"
    assert "sk-secret" not in str(server.asked)


def test_a_refused_connection_was_not_paid() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    failure = post(f"http://127.0.0.1:{port}/v1")
    assert isinstance(failure, Failure)
    assert (failure.kind, failure.maybe_paid) == ("transient", False)
    assert failure.message


def test_a_dripping_body_ends_at_the_deadline_and_may_have_been_paid() -> None:
    with chat_server(lambda request, n: Reply(b"x" * 10_000, drip_s=0.02)) as server:
        failure = post(server.base_url, deadline_s=0.5)
    assert isinstance(failure, Failure)
    assert failure.maybe_paid
    assert "0.5 s" in failure.message


@pytest.mark.parametrize("reply", [Reply(close_silently=True), Reply(b'{"choices": []}', cut=5)])
def test_a_connection_lost_after_sending_may_have_been_paid(reply: Reply) -> None:
    with chat_server(lambda request, n: reply) as server:
        failure = post(server.base_url)
    assert isinstance(failure, Failure)
    assert (failure.kind, failure.maybe_paid) == ("transient", True)
    assert failure.message


def test_a_body_over_the_limit_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "MAX_BODY_BYTES", 1000)
    with chat_server(lambda request, n: Reply(b"x" * 100_000)) as server:
        failure = post(server.base_url)
    assert isinstance(failure, Failure)
    assert (failure.kind, failure.maybe_paid) == ("malformed", True)


def test_bad_compression_is_a_failure() -> None:
    with chat_server(lambda request, n: Reply(b"not gzip", headers={"content-encoding": "gzip"})) as server:
        failure = post(server.base_url)
    assert isinstance(failure, Failure)
    assert failure.maybe_paid


def test_a_redirect_is_not_followed() -> None:
    target = {"location": "http://127.0.0.1:9/v1/chat/completions"}
    with chat_server(lambda request, n: Reply(status=307, headers=target)) as server:
        reply = post(server.base_url, key="sk-secret")
    assert isinstance(reply, HttpReply)
    assert reply.status == 307


@pytest.mark.parametrize("key", ["sk-…secret", "sk secret", "sk\nsecret", "sk-\x00secret", "   "])
def test_a_key_that_cannot_be_sent_is_refused_without_showing_it(key: str) -> None:
    with pytest.raises(ProviderError) as caught:
        check_key(key)
    assert "secret" not in str(caught.value)


def test_spaces_around_a_key_are_forgiven() -> None:
    assert check_key(" sk-x\n") == "sk-x"


@pytest.mark.parametrize("url", ["", "127.0.0.1:8000", "ftp://host/v1", "http://", "file:///etc/passwd"])
def test_a_base_url_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(ProviderError, match="base URL"):
        check_base_url(url)


@pytest.mark.parametrize("url", ["http://user:sk-secret@host/v1", "https://host/v1?key=sk-secret"])
def test_a_base_url_with_a_key_in_it_is_refused_without_showing_it(url: str) -> None:
    with pytest.raises(ProviderError) as caught:
        check_base_url(url)
    assert "sk-secret" not in str(caught.value)
