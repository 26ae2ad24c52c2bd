"""Every provider of the table, against a server on loopback: one contract for all."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from evaluator.errors import ProviderError
from evaluator.graders import default_grader
from evaluator.providers import key_variables, open_provider, with_defaults
from evaluator.providers import pricing as pricing_module
from evaluator.providers.prices import PriceList
from evaluator.providers.table import API_PROVIDERS
from evaluator.records import Message, ModelSettings, Privacy, Probe, Request, Response, Sampling
from tests.chat_server import ChatServer, Reply, chat_server

KEY = 'sk-secret"key\\1'
PROBE = Probe(probe_id="p", question="Capital of Australia?", targets=("Canberra",))
APIS = [(provider.name, api) for provider in API_PROVIDERS.values() for api in provider.wires]
EVERY_API = pytest.mark.parametrize(("name", "api"), APIS)


def settings_for(name: str, base_url: str, api: str | None = None, **more: Any) -> ModelSettings:
    given = {"timeout_s": 2.0} | more
    return ModelSettings(id=API_PROVIDERS[name].example, base_url=base_url, api=api, **given)


def request_for(settings: ModelSettings) -> Request:
    messages = (Message(role="system", content="Be brief."), Message(role="user", content=PROBE.question))
    return Request(
        request_id="r",
        probe_id="p",
        model=settings.id,
        prompt="none",
        repeat=0,
        messages=messages,
        sampling=settings.sampling,
    )


def ask(settings: ModelSettings, key: str | None = KEY) -> Response:
    async def main() -> Response:
        async with open_provider(settings, key) as provider:
            return await provider.answer(request_for(settings))

    return asyncio.run(main())


def well_formed(name: str, api: str, text: str, model: str | None = None) -> Reply:
    served = model or API_PROVIDERS[name].example.partition("/")[2]
    body: dict[str, Any]
    if name == "anthropic":
        usage = {"input_tokens": 10, "output_tokens": 5}
        content = [{"type": "text", "text": text}]
        body = {"id": "x", "model": served, "content": content, "stop_reason": "end_turn", "usage": usage}
    elif name == "gemini":
        usage = {"promptTokenCount": 10, "candidatesTokenCount": 5}
        candidate = {"content": {"parts": [{"text": text}]}, "finishReason": "STOP"}
        body = {"responseId": "x", "modelVersion": served, "candidates": [candidate], "usageMetadata": usage}
    elif api == "responses":
        usage = {"input_tokens": 10, "output_tokens": 5}
        item = {"type": "message", "content": [{"type": "output_text", "text": text}]}
        body = {"id": "x", "model": served, "status": "completed", "output": [item], "usage": usage}
    elif name == "ollama":
        message = {"role": "assistant", "content": text}
        body = {"model": served, "message": message, "done": True, "done_reason": "stop"}
        body |= {"prompt_eval_count": 10, "eval_count": 5}
        return Reply(json.dumps(body).encode(), headers={"x-request-id": "x"})
    else:
        usage = {"prompt_tokens": 10, "completion_tokens": 5}
        choice = {"finish_reason": "stop", "message": {"role": "assistant", "content": text}}
        body = {"id": "x", "model": served, "choices": [choice], "usage": usage}
    return Reply(json.dumps(body).encode())


def answering(name: str, api: str, reply: Reply | None = None) -> Any:
    return chat_server(lambda request, n: reply or well_formed(name, api, "Canberra"))


@EVERY_API
def test_an_answer_comes_whole_and_the_key_travels_in_its_header_only(name: str, api: str) -> None:
    with answering(name, api) as server:
        response = ask(settings_for(name, server.base_url, api))
    assert (response.outcome, response.text, response.failure, response.flags) == ("answered", "Canberra", None, ())
    assert (response.served_model, response.provider_request_id) == (API_PROVIDERS[name].example.partition("/")[2], "x")
    assert response.usage is not None
    assert (response.usage.prompt_tokens, response.usage.completion_tokens) == (10, 5)
    sent = server.headers[0]
    holders = {header for header, value in sent.items() if KEY in value}
    assert holders == {API_PROVIDERS[name].wire(api).key_header}
    assert KEY not in json.dumps(server.asked)
    assert KEY not in str(server.paths)
    assert server.ledger == {PROBE.question: 1}


@EVERY_API
def test_the_system_prompt_and_the_limit_are_sent(name: str, api: str) -> None:
    with answering(name, api) as server:
        settings = with_defaults(settings_for(name, server.base_url, api))
        ask(settings)
    sent = json.dumps(server.asked[0])
    assert "Be brief." in sent
    assert str(settings.sampling.max_tokens) in sent


FAULTS = {
    "rate limit": Reply(b'{"error": {"message": "slow"}}', status=429, headers={"retry-after": "3"}),
    "overload": Reply(b"", status=503),
    "html": Reply(b"<html>login</html>"),
    "html error": Reply(b"<html>Bad Gateway</html>", status=502),
    "bad JSON": Reply(b'{"choices": ['),
    "not UTF-8": Reply(b'{"id": "\xff"}'),
    "deep": Reply(b"[" * 100_000),
    "empty": Reply(b""),
    "silent close": Reply(close_silently=True),
    "cut body": Reply(b'{"choices": []}', cut=4),
    "never ends": Reply(b"x" * 1000, drip_s=0.05),
    "bad gzip": Reply(b"not gzip", headers={"content-encoding": "gzip"}),
}


@EVERY_API
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_data_and_is_never_answered(name: str, api: str, fault: str) -> None:
    with answering(name, api, FAULTS[fault]) as server:
        response = ask(settings_for(name, server.base_url, api, timeout_s=0.4))
    assert response.outcome in {"failed", "malformed"}
    assert response.failure is not None
    assert response.failure.kind in {"transient", "rate_limited", "malformed"}
    assert (response.text, response.cost_usd) == ("", None)
    assert (response.failure.wait_s == 3) == (fault == "rate limit")


@EVERY_API
@pytest.mark.parametrize("status", [200, 401, 500])
def test_a_key_that_a_server_repeats_never_comes_back(name: str, api: str, status: int) -> None:
    escaped = "".join(f"\\u{ord(letter):04x}" for letter in KEY)
    body = b'{"error": {"message": "bad key ' + escaped.encode() + b' and sk-other-key-12345"}}'
    with answering(name, api, Reply(body, status=status)) as server:
        response = ask(settings_for(name, server.base_url, api))
    assert response.outcome == "failed"
    assert KEY not in repr(response)
    assert "sk-other" not in repr(response)


@EVERY_API
def test_an_answer_of_another_model_is_kept_but_not_graded(name: str, api: str) -> None:
    with answering(name, api, well_formed(name, api, "Canberra", "cheap-model-1")) as server:
        response = ask(settings_for(name, server.base_url, api))
    assert (response.outcome, response.text) == ("answered", "Canberra")
    assert "substituted" in response.flags
    verdict = default_grader().grade(PROBE, response)
    assert (verdict.label, verdict.ungraded) == (None, "substituted")
    assert "cheap-model-1" in verdict.evidence


@pytest.mark.parametrize("name", [name for name, provider in API_PROVIDERS.items() if provider.needs_key])
def test_without_its_key_a_provider_is_not_asked(name: str) -> None:
    settings = with_defaults(ModelSettings(id=API_PROVIDERS[name].example))
    with pytest.raises(ProviderError) as caught:
        ask(settings, None)
    assert f"need an API key in the environment variable {' or '.join(key_variables(settings))}" in str(caught.value)


def test_the_key_variables_are_the_conventional_ones() -> None:
    assert {name: provider.key_variables[0] for name, provider in API_PROVIDERS.items()} == {
        "openrouter": "OPENROUTER_API_KEY",
        "openai": "OPENAI_API_KEY",
        "anthropic": "ANTHROPIC_API_KEY",
        "gemini": "GOOGLE_API_KEY",
        "deepseek": "DEEPSEEK_API_KEY",
        "moonshot": "MOONSHOT_API_KEY",
        "minimax": "MINIMAX_API_KEY",
        "ollama": "OLLAMA_API_KEY",
    }


@EVERY_API
@pytest.mark.parametrize(
    ("status", "body"), [(401, b'{"error": {"message": "no"}}'), (400, b'{"error": {"status": "API_KEY_INVALID"}}')]
)
def test_a_refused_key_is_found_before_the_first_question(name: str, api: str, status: int, body: bytes) -> None:
    with chat_server(lambda request, n: Reply(), lambda path: Reply(body, status=status)) as server:
        with pytest.raises(ProviderError, match="refuses the key") as caught:
            ask(settings_for(name, server.base_url, api))
        assert server.asked == []
    assert KEY not in str(caught.value)


@pytest.mark.parametrize("name", API_PROVIDERS)
def test_a_dead_address_is_named(name: str) -> None:
    with pytest.raises(ProviderError, match=r"nothing answers at http://127\.0\.0\.1:9"):
        ask(settings_for(name, "http://127.0.0.1:9"))


@pytest.mark.parametrize("name", API_PROVIDERS)
def test_a_key_never_travels_unencrypted(name: str) -> None:
    with pytest.raises(ProviderError, match="unencrypted"):
        ask(settings_for(name, "http://gateway.example/v1"))


def test_the_cost_comes_from_the_list_when_the_provider_names_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pricing_module, "prices_of", lambda settings, is_batch: PriceList("openai", "gpt-5.5"))
    with answering("openai", "chat") as server:
        response = ask(settings_for("openai", server.base_url))
    assert response.cost_usd == pytest.approx(10 * 5e-6 + 5 * 30e-6)
    assert response.cost_source is not None
    assert response.cost_source.startswith("genai-prices ")


@pytest.mark.parametrize("cost", [0.0001, 5.0])
def test_the_cost_that_the_router_reports_is_taken_and_checked(cost: float, monkeypatch: pytest.MonkeyPatch) -> None:
    prices = PriceList("openrouter", "moonshotai/kimi-k2.6")
    monkeypatch.setattr(pricing_module, "prices_of", lambda settings, is_batch: prices)
    body = json.loads(well_formed("openrouter", "chat", "Canberra").body)
    body["usage"]["cost"] = cost
    with answering("openrouter", "chat", Reply(json.dumps(body).encode())) as server:
        response = ask(settings_for("openrouter", server.base_url))
    if cost < 1:
        assert (response.cost_usd, response.cost_source, response.flags) == (cost, "usage.cost", ())
        return
    # Not believed: what the list says stands in its place, and what was said is kept beside it.
    assert response.cost_usd is not None
    assert 0 < response.cost_usd < 0.001
    assert (response.reported_usd, response.flags) == (cost, ("cost_odd",))
    assert response.cost_source is not None
    assert response.cost_source.startswith("genai-prices")


def endpoints(*hosts: tuple[str, str, str], parameters: tuple[str, ...] = ("max_tokens", "temperature")) -> Reply:
    listed = [
        {"provider_name": name, "tag": tag, "quantization": quantization, "supported_parameters": list(parameters)}
        for name, tag, quantization in hosts
    ]
    return Reply(json.dumps({"data": {"id": "moonshotai/kimi-k2.6", "endpoints": listed}}).encode())


TWO_HOSTS = endpoints(("Moonshot AI", "moonshotai/int4", "int4"), ("DeepInfra", "deepinfra/fp4", "fp4"))


def route(server: ChatServer, privacy: Privacy, **more: Any) -> Response:
    return ask(settings_for("openrouter", server.base_url, privacy=privacy, **more))


def routed(served_by: str | None = "Moonshot AI", listing: Reply = TWO_HOSTS) -> Any:
    body = json.loads(well_formed("openrouter", "chat", "Canberra").body) | {"provider": served_by}
    return chat_server(lambda request, n: Reply(json.dumps(body).encode()), lambda path: listing)


@pytest.mark.parametrize(
    ("privacy", "sent"),
    [
        (Privacy(), {}),
        (Privacy(data_collection="deny", zdr=True), {"data_collection": "deny", "zdr": True}),
        (Privacy(pinned_host="moonshotai"), {"only": ["moonshotai"], "allow_fallbacks": False}),
        (
            Privacy(forbidden_hosts=("deepinfra",), quantizations=("int4",)),
            {"ignore": ["deepinfra"], "quantizations": ["int4"]},
        ),
    ],
)
def test_privacy_travels_with_every_request(privacy: Privacy, sent: dict[str, Any]) -> None:
    with routed() as server:
        response = route(server, privacy)
    assert server.asked[0]["provider"] == {"require_parameters": True, **sent}
    assert (response.served_by, response.flags) == ("Moonshot AI", ())


@pytest.mark.parametrize(
    "privacy",
    [
        Privacy(pinned_host="deepinfra"),
        Privacy(allowed_hosts=("deepinfra",)),
        Privacy(forbidden_hosts=("moonshotai",)),
    ],
)
def test_an_answer_of_an_excluded_host_is_kept_but_not_graded(privacy: Privacy) -> None:
    with routed("Moonshot AI") as server:
        response = route(server, privacy)
    assert (response.outcome, response.flags) == ("answered", ("substituted",))
    verdict = default_grader().grade(PROBE, response)
    assert (verdict.label, verdict.ungraded) == (None, "substituted")
    assert "host Moonshot AI" in verdict.evidence


def test_a_host_that_is_not_named_is_flagged_when_it_matters() -> None:
    with routed(None) as server:
        assert route(server, Privacy()).flags == ()
        assert route(server, Privacy(pinned_host="moonshotai")).flags == ("served_by_unknown",)


@pytest.mark.parametrize(
    ("privacy", "problem"),
    [
        (Privacy(pinned_host="azure"), r"leaves no host for this model; it is offered by moonshotai/int4 \(int4\)"),
        (Privacy(allowed_hosts=("deepinfra",), quantizations=("int4",)), "leaves no host"),
        (Privacy(forbidden_hosts=("moonshotai", "deepinfra")), "leaves no host"),
    ],
)
def test_a_route_without_a_host_is_refused_before_any_request(privacy: Privacy, problem: str) -> None:
    with routed() as server:
        with pytest.raises(ProviderError, match=problem):
            route(server, privacy)
        assert server.asked == []


def test_a_parameter_that_no_host_takes_is_refused_before_any_request() -> None:
    with routed() as server:
        with pytest.raises(ProviderError, match="no host of this model takes seed;"):
            route(server, Privacy(), sampling=Sampling(seed=1, temperature=1.0))
        assert server.asked == []
        assert route(server, Privacy(), sampling=Sampling(temperature=1.0, max_tokens=5)).outcome == "answered"


def test_an_unknown_model_is_refused_before_any_request() -> None:
    def listing(path: str) -> Reply:
        return Reply(b'{"error": {"code": 404}}', status=404 if path.endswith("/endpoints") else 200)

    with chat_server(lambda request, n: Reply(), listing) as server:
        with pytest.raises(ProviderError, match=r"knows no model moonshotai/kimi-k2\.6"):
            route(server, Privacy())
        assert server.asked == []


@pytest.mark.parametrize("body", [b"", b"[]", b"<html>", b'{"data": []}', b'{"data": {"endpoints": 5}}'])
def test_a_list_of_hosts_that_cannot_be_read_stops_nothing(body: bytes) -> None:
    with routed(listing=Reply(body)) as server:
        assert route(server, Privacy(pinned_host="moonshotai")).flags == ()


def test_hosts_that_say_nothing_about_themselves_exclude_nothing() -> None:
    with routed(listing=endpoints(("Moonshot AI", "moonshotai", "int4"), parameters=())) as server:
        assert route(server, Privacy(), sampling=Sampling(seed=1)).outcome == "answered"
