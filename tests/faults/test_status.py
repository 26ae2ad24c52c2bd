"""Rows 25 to 47: what an HTTP status means, and what the lane makes of it."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from evaluator.journal import read_journal
from evaluator.providers import open_provider
from evaluator.providers.reply import HttpReply
from evaluator.providers.table import API_PROVIDERS
from evaluator.providers.wires.faults import kind_of_status
from evaluator.records import ModelSettings, Request, Response
from evaluator.run.lanes.retries import MALFORMED_ATTEMPTS
from tests.cli.command import evaluator
from tests.faults.fault_server import QUESTION, FaultServer, ask_once, chat, fault_server, http, told
from tests.loopback import Asked, running
from tests.run.lanes.test_lane import World, fails


def error(status: int, message: str, *headers: str, **fields: object) -> bytes:
    return http(json.dumps({"error": {"message": message} | fields}).encode(), status, *headers)


def meant(status: int, message: str, *headers: str, **fields: object) -> tuple[str, str | None, bool]:
    return told(ask_once(error(status, message, *headers, **fields)))


def test_row_26_a_prompt_that_is_too_long_is_truncated_and_not_asked_again() -> None:
    assert meant(400, "This model's maximum context length is 8192 tokens") == ("truncated", None, False)


def test_row_27_a_policy_refusal_by_status_is_blocked() -> None:
    assert meant(400, "flagged", code="invalid_prompt") == ("blocked", None, False)
    assert meant(400, "rejected", type="content_filter") == ("blocked", None, False)


def test_row_28_an_upload_that_was_cut_is_sent_again() -> None:
    message = "The request body is not valid JSON: unexpected end of data"
    assert meant(400, message) == ("failed", "transient", False)


def test_row_29_a_refused_key_halts_within_one_window_and_is_not_shown(tmp_path: Path) -> None:
    lines = [f'{{"probe_id": "p{n}", "question": "q{n}", "targets": ["Canberra"]}}\n' for n in range(60)]
    (tmp_path / "p.jsonl").write_text("".join(lines))
    refusal = [0.2, error(401, "Incorrect API key provided: sk-SECRET-key-1", code="invalid_api_key")]
    with fault_server(refusal) as bad, fault_server([http(chat())]) as good:
        tables = [
            f'[[model]]\nid = "server/{name}"\nbase_url = "{server.base_url}"\nconcurrency = 4\n'
            for name, server in (("bad", bad), ("m", good))
        ]
        (tmp_path / "e.toml").write_text('probes = ["p.jsonl"]\n' + "".join(tables))
        done = evaluator("run", "e.toml", "--run-id", "r", cwd=tmp_path, env={"SERVER_API_KEY": "sk-SECRET-key-1"})
    assert done.returncode == 4, done.stderr
    assert len(bad.bodies) <= 4, "one window"
    assert len(good.bodies) == 60, "the other lane goes on"
    outcomes = [each["outcomes"] for each in json.loads((tmp_path / "reports/r/summary.json").read_text())["results"]]
    assert sorted(each["pending"] for each in outcomes) == [0, 60]
    assert "Incorrect API key provided: [key]" in done.stderr
    files = [path.read_bytes() for path in (tmp_path / "reports/r").iterdir()]
    assert not [data for data in (done.stdout.encode(), done.stderr.encode(), *files) if b"SECRET" in data]


def test_row_31_out_of_credit_leaves_the_rest_pending() -> None:
    world = World(500)
    world.run(lambda request, at: fails("halted", status=402) if at >= 3 else None)
    assert world.lane.halted is not None
    assert len(world.answered) == 20 + 40 + 80, "what was answered stays"
    assert not world.failed
    assert len(world.sent) == 20 + 40 + 80 + 100, "one window is lost, not the run"


def test_row_31_and_32_what_a_402_says_tells_them_apart() -> None:
    metadata = {"error_type": "payment_required", "limit_source": "openrouter_in_flight_budget"}
    assert meant(402, "Insufficient credits") == ("failed", "halted", False)
    assert meant(402, "in flight", "retry-after: 5", metadata=metadata) == ("failed", "rate_limited", False)
    assert meant(402, "no credit", metadata={"error_type": "payment_required"}) == ("failed", "halted", False)


def test_row_32_a_full_budget_in_flight_is_a_rate_limit() -> None:
    world = World(300)
    full = fails("rate_limited", status=402, wait_s=8.0)
    world.run(lambda request, at: full if 2 <= at < 6 else None)
    assert len(world.answered) == 300
    assert world.lane.limit.value < 100


@pytest.mark.parametrize("metadata", [{"reasons": ["violence"]}, {"flagged_input": "how do I"}])
def test_row_33_moderation_is_blocked(metadata: dict[str, object]) -> None:
    body = json.dumps({"error": {"code": 403, "message": "flagged", "metadata": metadata}}).encode()
    assert told(ask_once(http(body, 403))) == ("blocked", None, False)


@pytest.mark.parametrize("metadata", [{"patterns": ["ignore"]}, {"limit_source": "openrouter_key_limit"}])
def test_row_34_a_guardrail_or_budget_of_ones_own_is_not_the_models(metadata: dict[str, object]) -> None:
    body = json.dumps({"error": {"code": 403, "message": "no", "metadata": metadata}}).encode()
    assert told(ask_once(http(body, 403))) == ("failed", "halted", False)


def test_row_35_a_challenge_page_may_pass_and_names_its_ray() -> None:
    response = ask_once(http(b"<html>Just a moment...</html>", 403, "cf-ray: 8f1a2b3c4d5e6f70-FRA"))
    assert told(response) == ("failed", "transient", False)
    assert response.detail is not None
    assert "8f1a2b3c4d5e6f70-FRA" in response.detail


def test_row_36_a_model_that_is_gone_halts_its_lane() -> None:
    assert meant(404, "The model `m` does not exist", code="model_not_found") == ("failed", "halted", False)


@pytest.mark.parametrize("status", [404, 410])
def test_row_36_what_the_server_has_instead_is_shown_and_not_asked(status: int) -> None:
    listing = http(json.dumps({"data": [{"id": name} for name in ("qwen3-8b", "m-2", "m-2-mini")]}).encode())
    gone = http(json.dumps({"error": {"message": "no such model"}}).encode(), status)

    class Server(FaultServer):
        async def exchange(self, asked: Asked, writer: asyncio.StreamWriter) -> bool:
            if asked.method == "GET":
                writer.write(listing)
                return True
            return await super().exchange(asked, writer)

    async def main(base_url: str) -> Response:
        async with open_provider(ModelSettings(id="server/m-1", base_url=base_url), None) as provider:
            return await provider.answer(QUESTION)

    with running(Server([[gone]])) as server:
        response = asyncio.run(main(server.base_url))
    assert response.failure is not None
    assert response.failure.kind == "halted"
    assert response.failure.message == (
        f"HTTP {status}: no such model; near its name there is m-2: another model is another run"
    )
    assert [json.loads(body)["model"] for body in server.bodies] == ["m-1"]


def test_row_36_what_the_router_suggests_is_shown_and_not_asked() -> None:
    availability = {"code": "model_deprecated", "retryable": False, "fallback_models": ["a/b", "c/d", 7]}
    error = {"error": {"message": "deprecated", "availability": availability}}
    response = ask_once(http(json.dumps(error).encode(), 404))
    assert told(response) == ("failed", "halted", False)
    assert response.failure is not None
    assert "deprecated (it suggests a/b, c/d: another model is another run)" in response.failure.message


@pytest.mark.parametrize("status", [408, 409, 425, 499, 500, 502, 503, 504, *range(520, 531)])
def test_row_38_what_may_pass_is_tried_again(status: int) -> None:
    assert kind_of_status(status) == "transient"
    assert meant(status, "sorry")[:2] == ("failed", "transient")


@pytest.mark.parametrize("code", ["credit_balance_exhausted", "organization_spend_limit_exceeded"])
def test_row_40_a_429_about_money_halts(code: str) -> None:
    assert meant(429, "You exceeded your quota", type="insufficient_quota", code=code) == ("failed", "halted", False)


def test_row_41_a_limit_of_zero_halts() -> None:
    assert meant(429, "Quota exceeded for metric x, limit: 0") == ("failed", "halted", False)


def test_row_42_a_429_in_html_is_a_rate_limit_all_the_same() -> None:
    page = http(b"<html><h1>429 Too Many Requests</h1></html>", 429, "content-type: text/html")
    assert told(ask_once(page)) == ("failed", "rate_limited", False)


@pytest.mark.parametrize("status", [200, 204, 205])
def test_row_45_an_empty_body_is_no_answer(status: int) -> None:
    response = ask_once(http(b"", status))
    assert told(response) == ("malformed", "malformed", True), "who says that it worked may bill it"
    assert response.detail == "empty body"


@pytest.mark.parametrize("name", API_PROVIDERS)
@pytest.mark.parametrize("status", [200, 202, 204, 205])
def test_row_45_an_empty_body_is_no_answer_of_any_provider(name: str, status: int) -> None:
    for wire in API_PROVIDERS[name].wires.values():
        reading = wire.read(HttpReply(status=status, headers={}, body=b""))
        assert reading.failure is not None
        assert (reading.outcome, reading.failure.kind, reading.failure.maybe_paid) == ("malformed", "malformed", True)


def test_row_45_what_stays_empty_is_asked_a_bounded_number_of_times_and_kept_as_malformed(tmp_path: Path) -> None:
    (tmp_path / "p.jsonl").write_text('{"probe_id": "p", "question": "q", "targets": ["Canberra"]}\n')
    with fault_server([http(b"", 204)]) as server:
        words = ("run", "--probes", "p.jsonl", "--model", "server/m", "--base-url", server.base_url, "--run-id", "r")
        done = evaluator(*words, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    (kept,) = read_journal(tmp_path / "reports/r/journal.jsonl").responses.values()
    assert (kept.outcome, kept.attempts, kept.ambiguous_sends) == ("malformed", len(server.bodies), len(server.bodies))
    assert len(server.bodies) == MALFORMED_ATTEMPTS
    result = json.loads((tmp_path / "reports/r/summary.json").read_text())["results"][0]
    assert result["outcomes"]["malformed"] == 1
    assert {each["value"] for each in result["estimates"] if each["name"] == "hallucination_rate"} == {None}


def test_row_46_early_hints_are_no_answer() -> None:
    hints = b"HTTP/1.1 103 Early Hints\r\nlink: </style.css>; rel=preload\r\n\r\n"
    assert ask_once(hints, http(chat())).text == "Canberra"


def test_row_47_a_stream_that_nobody_asked_for_is_malformed() -> None:
    events = b'data: {"choices": [{"delta": {"content": "Canb"}}]}\n\ndata: [DONE]\n\n'
    response = ask_once(http(events, 200, "content-type: text/event-stream"))
    assert told(response)[:2] == ("malformed", "malformed")
    assert response.text == ""


def test_rows_81_to_87_no_wire_asks_for_a_stream() -> None:
    request = Request(
        request_id="r", probe_id="p", model="m", prompt="none", repeat=0, messages=(), sampling=QUESTION.sampling
    )
    for provider in API_PROVIDERS.values():
        assert not provider.wire(provider.default_api).body(request, "m").get("stream")
