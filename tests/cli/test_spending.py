"""Money on the command line: the cap, the first small question, prices that nobody knows."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evaluator.run.preflight import QUESTION
from tests.chat_server import ChatServer, Reply, chat_server
from tests.cli.command import command, environment, evaluator

N_PROBES = 40
PRICE = 1e-6
"""USD per token, in and out."""
KEY = {"OPENAI_API_KEY": "sk-very-secret"}
PROBES = "".join(f'{{"probe_id": "p{n}", "question": "Who is {n}?", "targets": ["X"]}}\n' for n in range(N_PROBES))


Tells = Callable[[int, float], object]


class Till:
    """A server that charges for every request it answers."""

    def __init__(
        self,
        *,
        tokens: int = 400,
        model: str = "m",
        delay_s: float = 0.0,
        tells: Callable[[int, float], Any] | None = None,
    ) -> None:
        """`tells` makes what the server says of its costs from the number of the request and what it charges."""
        self.usd, self.n, self.tells = 0.0, 0, tells
        self.tokens, self.model, self.delay_s = tokens, model, delay_s

    def __call__(self, request: dict[str, Any], n: int) -> Reply:
        self.usd += (10 + self.tokens) * PRICE
        message = {"role": "assistant", "content": "X"}
        usage: dict[str, Any] = {
            "prompt_tokens": 10,
            "completion_tokens": self.tokens,
            "total_tokens": 10 + self.tokens,
        }
        if self.tells is not None:
            usage["cost"] = self.tells(self.n, (10 + self.tokens) * PRICE)
        self.n += 1
        choices = [{"index": 0, "finish_reason": "stop", "message": message}]
        body = {"id": "x", "model": self.model, "choices": choices, "usage": usage}
        return Reply(json.dumps(body).encode(), delay_s=self.delay_s)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "p.jsonl").write_text(PROBES)
    return tmp_path


def config(folder: Path, server: ChatServer, *more: str, model: str = "server/m", priced: bool = True) -> None:
    price = ["price.prompt = 1.0", "price.completion = 1.0"] if priced else []
    lines = ['probes = ["p.jsonl"]', "[sampling]", "max_tokens = 500", "[[model]]", f'id = "{model}"', *price]
    lines += [f'base_url = "{server.base_url}"', "concurrency = 8", *more]
    (folder / "e.toml").write_text("\n".join(lines) + "\n")


def answered(folder: Path) -> int:
    summary = json.loads((folder / "reports/r/summary.json").read_text())
    return int(sum(result["outcomes"]["answered"] for result in summary["results"]))


def test_the_cap_holds_and_the_rest_is_asked_with_a_higher_one(folder: Path) -> None:
    till = Till()
    with chat_server(till) as server:
        config(folder, server)
        done = evaluator("run", "e.toml", "--run-id", "r", "--max-usd", "0.01", cwd=folder)
        assert done.returncode == 4, done.stderr
        assert till.usd <= 0.01
        n_first = answered(folder)
        # An attempt can cost 0.0008 at most, so little of the cap is left.
        assert till.usd > 0.0085
        assert n_first == sum(server.ledger.values())
        assert "of 0.01 USD are spent" in done.stderr
        assert "continue with: evaluator resume" in done.stderr
        again = evaluator("resume", "r", cwd=folder)
        assert (again.returncode, sum(server.ledger.values())) == (4, n_first), "the same cap buys nothing more"
        more = evaluator("resume", "r", "--max-usd", "0.02", cwd=folder)
        assert more.returncode == 0, more.stderr
        assert till.usd <= 0.02
        assert set(server.ledger.values()) == {1}
    assert answered(folder) == N_PROBES


def test_the_cap_may_stand_in_the_file(folder: Path) -> None:
    till = Till()
    with chat_server(till) as server:
        config(folder, server)
        text = (folder / "e.toml").read_text()
        (folder / "e.toml").write_text("max_usd = 0.005\n" + text)
        assert evaluator("run", "e.toml", "--run-id", "r", cwd=folder).returncode == 4
        assert 0.003 < till.usd <= 0.005
        plan = json.loads(evaluator("plan", "e.toml", "--json", cwd=folder).stdout)
        assert plan["max_usd"] == 0.005
        (folder / "e.toml").write_text("max_usd = -1.0\n" + text)
        done = evaluator("run", "e.toml", "--run-id", "s", cwd=folder)
        assert done.returncode == 2
        assert "max_usd: need US dollars above 0" in done.stderr


def test_row_117_a_cap_without_a_price_is_refused_before_anything_is_sent(folder: Path) -> None:
    with chat_server(Till()) as server:
        config(folder, server, priced=False)
        done = evaluator("run", "e.toml", "--run-id", "r", "--max-usd", "1", cwd=folder)
        assert done.returncode == 2
        assert "the price of server/m is not known" in done.stderr
        assert "--allow-unknown-price" in done.stderr
        assert len(done.stderr.splitlines()) == 1
        assert not server.ledger
        assert not (folder / "reports").exists()
        allowed = evaluator("run", "e.toml", "--run-id", "r", "--max-usd", "1", "--allow-unknown-price", cwd=folder)
        assert allowed.returncode == 0, allowed.stderr


def test_of_an_unknown_price_the_run_says_what_the_cap_can_hold_and_stops_at_what_is_reported(folder: Path) -> None:
    till = Till(tells=lambda n, usd: usd)
    words = ("run", "e.toml", "--run-id", "r", "--max-usd", "0.006", "--allow-unknown-price")
    with chat_server(till) as server:
        config(folder, server, priced=False)
        done = evaluator(*words, cwd=folder)
        assert done.returncode == 4, done.stderr
        assert "the price of server/m is not known, so --max-usd cannot be held by setting money aside" in done.stderr
        assert "nothing more is sent once they reach 0.006 USD; up to 8 requests in flight" in done.stderr
        assert 0.0055 < till.usd <= 0.006 + 8 * 410e-6
        assert "of 0.006 USD are spent" in done.stderr
        n_before = sum(server.ledger.values())
        assert evaluator("resume", "r", cwd=folder).returncode == 4
        assert sum(server.ledger.values()) <= n_before + 1, "what is left of the cap buys one request at most"
    cost = json.loads((folder / "reports/r/summary.json").read_text())["results"][0]["cost"]
    assert cost["usd"] == pytest.approx(till.usd)


def test_what_reports_no_cost_is_said_to_be_in_no_sum(folder: Path) -> None:
    till = Till(tells=lambda n, usd: usd if n % 2 else None)
    with chat_server(till) as server:
        config(folder, server, priced=False)
        done = evaluator("run", "e.toml", "--run-id", "r", "--max-usd", "1", "--allow-unknown-price", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert "20 requests have a cost that nobody told: not in the $0.0082 that count for --max-usd" in done.stderr


@pytest.mark.parametrize("odd", [-1, "free", 1e300, True])
def test_row_71_costs_that_cannot_be_are_told_once_and_not_counted(folder: Path, odd: object) -> None:
    till = Till(tells=lambda n, usd: odd)
    words = ("run", "e.toml", "--run-id", "r", "--max-usd", "1", "--allow-unknown-price")
    with chat_server(till) as server:
        config(folder, server, priced=False)
        done = evaluator(*words, cwd=folder)
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("it reports a cost that cannot be one") == 1
    assert json.loads((folder / "reports/r/summary.json").read_text())["results"][0]["cost"]["usd"] is None


@pytest.mark.parametrize("priced", [True, False])
@pytest.mark.parametrize("capped", [True, False])
def test_row_71_an_absurd_cost_is_in_no_sum_and_under_a_cap_ends_its_model(
    folder: Path, priced: bool, capped: bool
) -> None:
    till = Till(tells=lambda n, usd: 1e9 if n == 3 else usd)
    cap = ("--max-usd", "1", "--allow-unknown-price") if capped else ()
    with chat_server(till) as server:
        config(folder, server, priced=priced)
        done = evaluator("run", "e.toml", "--run-id", "r", *cap, cwd=folder)
        n_asked = sum(server.ledger.values())
        cost = json.loads((folder / "reports/r/summary.json").read_text())["results"][0]["cost"]
        again = evaluator("resume", "r", cwd=folder)
    assert done.stderr.count("it reports 1,000,000,000.0000 USD for one answer, far above") == 1, done.stderr
    assert done.returncode == (4 if capped else 0)
    assert (n_asked < 20) == capped
    assert cost["usd"] == pytest.approx((n_asked - (not priced)) * 410e-6)
    assert again.returncode == 0, again.stderr
    assert set(server.ledger.values()) == {1}


def test_the_cap_holds_over_a_death_and_what_was_in_flight_counts(folder: Path) -> None:
    till = Till(delay_s=0.05)
    with chat_server(till) as server:
        config(folder, server)
        words = command("run", "e.toml", "--run-id", "r", "--max-usd", "0.012")
        process = subprocess.Popen(words, cwd=folder, env=environment(), stderr=subprocess.DEVNULL, stdout=-3)
        deadline = time.monotonic() + 30
        while sum(server.ledger.values()) < 12 and time.monotonic() < deadline:
            time.sleep(0.01)
        os.kill(process.pid, signal.SIGKILL)
        process.wait(10)
        done = evaluator("resume", "r", cwd=folder)
        assert done.returncode == 4
        assert till.usd <= 0.012
        evaluator("resume", "r", "--max-usd", "1", cwd=folder)
    cost = json.loads((folder / "reports/r/summary.json").read_text())["results"][0]["cost"]
    assert answered(folder) == N_PROBES
    assert 1 <= cost["ambiguous_sends"] <= 8
    assert cost["maybe_paid_usd"] == pytest.approx(cost["ambiguous_sends"] * 0.00085, rel=0.2)
    assert cost["usd"] <= till.usd <= cost["usd"] + cost["maybe_paid_usd"]


def test_judges_spend_from_the_same_purse(folder: Path) -> None:
    till, bench = Till(), Till()
    with chat_server(till) as server, chat_server(bench) as judge:
        table = ["[[judge]]", 'id = "server/j"', f'base_url = "{judge.base_url}"', "price.prompt = 1.0"]
        config(folder, server, *table, "price.completion = 1.0", "max_tokens = 500")
        words = ("run", "e.toml", "--run-id", "r", "--judge-all", "--max-usd", "0.03", "--allow-self-grading")
        done = evaluator(*words, cwd=folder)
        assert done.returncode == 4, done.stderr
        assert sum(server.ledger.values()) == N_PROBES
        assert 0 < sum(judge.ledger.values()) < N_PROBES
        assert till.usd + bench.usd <= 0.03
    assert "requests to judges have no reply" in done.stderr


def test_a_model_that_fails_the_first_question_is_refused_before_anything_else(folder: Path) -> None:
    error = b'{"error": {"message": "Unsupported parameter: seed", "code": "unsupported_parameter"}}'
    with chat_server(Till()) as good, chat_server(lambda request, n: Reply(error, status=400)) as bad:
        config(folder, good, "[[model]]", 'id = "openai/gpt-5.5"', f'base_url = "{bad.base_url}"')
        done = evaluator("run", "e.toml", "--run-id", "r", cwd=folder, env=KEY)
        assert done.returncode == 2
        assert "openai/gpt-5.5: HTTP 400: Unsupported parameter: seed" in done.stderr
        assert len(done.stderr.splitlines()) == 1
        assert list(bad.ledger) == [QUESTION]
        assert not good.ledger
        assert not (folder / "reports").exists()
        skipped = evaluator("run", "e.toml", "--run-id", "r", "--no-preflight", cwd=folder, env=KEY)
        assert skipped.returncode == 4
        assert bad.ledger[QUESTION] == 1


def test_a_model_that_another_one_answers_for_is_refused(folder: Path) -> None:
    with chat_server(Till(model="cheap-1")) as server:
        config(folder, server, model="openai/gpt-5.5")
        done = evaluator("run", "e.toml", "--run-id", "r", cwd=folder, env=KEY)
    assert done.returncode == 2
    assert "answered by cheap-1" in done.stderr


def test_a_first_question_that_meets_an_overload_refuses_nothing(folder: Path) -> None:
    till = Till(model="gpt-5.5")

    def script(request: dict[str, Any], n: int) -> Reply:
        is_first = request["messages"][-1]["content"] == QUESTION
        return Reply(b'{"error": {"message": "busy"}}', status=503) if is_first else till(request, n)

    with chat_server(script) as server:
        config(folder, server, model="openai/gpt-5.5")
        done = evaluator("run", "e.toml", "--run-id", "r", cwd=folder, env=KEY)
    assert done.returncode == 0, done.stderr


def test_the_first_question_is_paid_from_the_cap(folder: Path) -> None:
    till = Till(model="gpt-5.5")
    with chat_server(till) as server:
        config(folder, server, model="openai/gpt-5.5")
        evaluator("run", "e.toml", "--run-id", "r", "--max-usd", "0.004", cwd=folder, env=KEY)
        assert server.ledger[QUESTION] == 1
        assert 0.002 < till.usd <= 0.004
    lines = [json.loads(line) for line in (folder / "reports/r/journal.jsonl").read_text().splitlines()]
    expenses = [line for line in lines if line["kind"] == "expense"]
    assert [(line["what"], line["cost_usd"]) for line in expenses] == [("preflight", pytest.approx(410e-6))]


def test_row_118_in_a_whole_run(folder: Path) -> None:
    # Forty tokens are planned for an answer; they are fifty times as many.
    till = Till(tokens=2000)
    with chat_server(till) as server:
        config(folder, server)
        text = (folder / "e.toml").read_text().replace("max_tokens = 500", "max_tokens = 2000")
        (folder / "e.toml").write_text(text.replace("concurrency = 8", "concurrency = 1"))
        words = ("run", "e.toml", "--run-id", "r", "--max-usd", "0.06")
        done = evaluator(*words, cwd=folder)
        assert done.returncode == 4
        assert "after 20 answers the rest is expected to cost $0.0402" in done.stderr
        assert sum(server.ledger.values()) == 20
        on = evaluator(*words, "--yes", cwd=folder)
        assert on.returncode == 4
        assert 25 < sum(server.ledger.values()) < N_PROBES
        assert till.usd <= 0.06


def test_a_judge_that_binds_no_reply_to_a_schema_is_found_by_its_first_question(folder: Path) -> None:
    error = b'{"error": {"message": "response_format is not supported", "code": "unsupported_parameter"}}'

    def script(request: dict[str, Any], n: int) -> Reply:
        return Reply(error, status=400) if "response_format" in request else Till(model="gpt-5.5")(request, n)

    with chat_server(Till()) as server, chat_server(script) as judge:
        table = ["[[judge]]", 'id = "openai/gpt-5.5"', f'base_url = "{judge.base_url}"', "structured_output = true"]
        config(folder, server, *table)
        done = evaluator("run", "e.toml", "--run-id", "r", cwd=folder, env=KEY)
        assert done.returncode == 2
        assert "openai/gpt-5.5: HTTP 400: response_format is not supported" in done.stderr
        assert not server.ledger
