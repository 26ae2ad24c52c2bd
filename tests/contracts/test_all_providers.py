"""Every provider: an answer comes whole, and whatever goes wrong comes back as data, never as an exception."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from evaluator import providers
from evaluator.errors import ProviderError
from evaluator.protocols import Provider
from evaluator.providers import open_provider, provider_of, with_defaults
from evaluator.records import Message, ModelSettings, Request, Response, Sampling
from tests.chat_server import Reply, answer, chat_server

REQUEST = Request(
    request_id="r",
    probe_id="p",
    model="server/m",
    prompt="none",
    repeat=0,
    messages=(Message(role="user", content="Capital of Australia?"),),
    sampling=Sampling(),
)
FAULTS = {
    "rate limit": Reply(b'{"error": {"message": "slow"}}', status=429, headers={"retry-after": "3"}),
    "overload": Reply(b"", status=503),
    "html": Reply(b"<html>login</html>"),
    "bad JSON": Reply(b'{"choices": ['),
    "empty text": answer(""),
    "silent close": Reply(close_silently=True),
    "cut body": Reply(b'{"choices": []}', cut=4),
    "never ends": Reply(b"x" * 1000, drip_s=0.05),
}


def ask(provider: AbstractAsyncContextManager[Provider]) -> Response:
    async def main() -> Response:
        async with provider as opened:
            return await opened.answer(REQUEST)

    return asyncio.run(main())


def server(base_url: str) -> AbstractAsyncContextManager[Provider]:
    return open_provider(ModelSettings(id="server/m", base_url=base_url, timeout_s=0.4), None)


def recorded(tmp_path: Path, line: dict[str, object]) -> AbstractAsyncContextManager[Provider]:
    (tmp_path / "answers.jsonl").write_text(json.dumps({"model": "m", "probe_id": "p", "text": "Canberra"} | line))
    return open_provider(ModelSettings(id="recorded/m", answers=str(tmp_path / "answers.jsonl")), None)


@pytest.mark.parametrize("name", ["server", "recorded"])
def test_an_answer_carries_the_identity_of_its_request(name: str, tmp_path: Path) -> None:
    with chat_server(lambda request, n: answer("Canberra")) as running:
        response = ask(server(running.base_url) if name == "server" else recorded(tmp_path, {}))
    assert (response.outcome, response.text, response.failure) == ("answered", "Canberra", None)
    identity = (response.request_id, response.probe_id, response.model, response.prompt, response.repeat)
    assert identity == ("r", "p", "server/m", "none", 0)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_of_the_wire_is_data_and_is_never_answered(fault: str) -> None:
    with chat_server(lambda request, n: FAULTS[fault]) as running:
        response = ask(server(running.base_url))
    assert response.outcome in {"failed", "malformed"}
    assert response.failure is not None
    assert response.failure.kind in {"transient", "rate_limited", "malformed"}
    assert response.text == ""
    assert (response.failure.wait_s == 3) == (fault == "rate limit")


@pytest.mark.parametrize(
    ("line", "outcome"),
    [
        ({"text": ""}, "malformed"),
        ({"finish_reason": "length"}, "truncated"),
        ({"finish_reason": "content_filter"}, "blocked"),
        ({"finish_reason": "refusal"}, "refused"),
        ({"finish_reason": "error"}, "failed"),
        ({"probe_id": "another"}, "failed"),
    ],
)
def test_a_recorded_fault_is_data_and_is_never_answered(tmp_path: Path, line: dict[str, object], outcome: str) -> None:
    assert ask(recorded(tmp_path, line)).outcome == outcome


@pytest.mark.parametrize("model", ["", "m", "/m", "server/", "nobody/m"])
def test_a_model_id_that_names_no_provider_is_refused(model: str) -> None:
    with pytest.raises(ProviderError, match=r"PROVIDER/NAME|unknown provider"):
        provider_of(model)


def test_a_third_party_provider_is_found_by_its_entry_point(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = EntryPoint(name="echo", value="tests.contracts.test_all_providers:open_echo", group="evaluator.providers")
    monkeypatch.setattr(providers, "_entries", lambda: (entry,))
    settings = with_defaults(ModelSettings(id="echo/x"))
    assert ask(open_provider(settings, None)).text == "Capital of Australia?"


class Echo:
    async def answer(self, request: Request) -> Response:
        return request.response(outcome="answered", text=request.messages[-1].content)


@asynccontextmanager
async def open_echo(settings: ModelSettings, key: str | None) -> AsyncIterator[Echo]:
    yield Echo()


def test_the_embedded_model_is_asked_at_temperature_zero_by_default() -> None:
    sampling = with_defaults(ModelSettings(id="local/smollm2-135m")).sampling
    assert (sampling.temperature, sampling.seed, sampling.max_tokens) == (0.0, 0, 256)
    own = ModelSettings(id="local/smollm2-135m", sampling=Sampling(temperature=0.7, seed=5, max_tokens=9))
    assert with_defaults(own).sampling == own.sampling


def test_a_token_limit_is_always_set_and_shown() -> None:
    assert with_defaults(ModelSettings(id="server/m")).sampling.max_tokens == 1024
