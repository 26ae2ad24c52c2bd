"""Example replies of every provider, from the facts sheet beside this checkout: each has the outcome it must have.

The project's own copies of these shapes are in golden/replies.jsonl; here the originals are read, and none may be
left out.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from evaluator.providers.reply import HttpReply
from evaluator.providers.wires.reading import Reading
from tests.conftest import SHARED
from tests.providers.wires.test_recorded_replies import WIRES

SHEET = SHARED / "PROVIDERS.md"
WIRE_OF = {"responses": "openai-responses", "vllm": "server", "llama.cpp": "server"}
OUTCOME = {
    "openrouter success": "answered I don't know.",
    "openrouter model refusal": "refused",
    "openrouter moderation block": "blocked",
    "openrouter guardrail block of your own account": "halted",
    "openrouter output filter inside 200": "blocked",
    "openrouter rate limit": "rate_limited 40",
    "openrouter overload": "transient",
    "openrouter in-flight budget full": "rate_limited 8",
    "openrouter out of credit": "halted",
    "openrouter key budget spent": "halted",
    "openrouter error inside 200, choice level": "transient",
    "openrouter error inside 200, top level": "transient",
    "openrouter malformed: warming up": "malformed",
    "openai chat success": "answered Canberra",
    "openai chat refusal": "refused I'm sorry, I can't help with that.",
    "openai chat block by filter": "blocked",
    "openai block as": "blocked",
    "openai reasoning ate the budget": "truncated no room",
    "openai rate limit": "rate_limited 2",
    "openai burst": "rate_limited",
    "openai billing": "halted",
    "openai overload": "transient",
    "openai context": "truncated context exceeded",
    "openai unsupported parameter": "permanent",
    "openai unknown model": "halted",
    "openai malformed: no choices": "malformed",
    "responses success": "answered Canberra",
    "responses refusal": "refused I can't help with that.",
    "responses block": "blocked",
    "responses policy failure in 200": "blocked",
    "responses budget eaten": "truncated no room",
    "responses rate limit inside 200": "rate_limited",
    "responses overload inside 200": "transient",
    "responses malformed: completed but no message item": "malformed",
    "anthropic success": "answered Canberra",
    "anthropic classifier refusal = blocked": "blocked",
    "anthropic output filter": "blocked",
    "anthropic budget eaten by thinking": "truncated no room",
    "anthropic rate limit": "rate_limited 12",
    "anthropic spend cap": "halted",
    "anthropic overload": "transient",
    "anthropic removed parameter": "permanent",
    "anthropic too long": "truncated context exceeded",
    "anthropic malformed: null content and null stop": "malformed",
    "gemini success": "answered Canberra",
    "gemini prompt block": "blocked",
    "gemini output block": "blocked",
    "gemini recitation: blocked": "blocked",
    "gemini soft refusal is plain text": "answered I cannot help with that.",
    "gemini budget eaten": "truncated no room",
    "gemini rate limit": "rate_limited 46",
    "gemini daily quota": "rate_limited 35642.7",
    "gemini no credit": "halted",
    "gemini overload": "transient",
    "gemini bad key": "halted",
    "gemini too long": "truncated context exceeded",
    "gemini malformed": "malformed",
    "deepseek success": "answered Canberra",
    "deepseek refusal is text": "answered Sorry, that's beyond my current scope. Let's talk about something else.",
    "deepseek block": "blocked",
    "deepseek block as": "blocked",
    "deepseek capacity inside 200": "transient",
    "deepseek rate limit": "rate_limited",
    "deepseek overload": "transient",
    "deepseek no balance": "halted",
    "deepseek too long": "truncated context exceeded",
    "deepseek malformed: empty choices": "malformed",
    "moonshot success": "answered Canberra",
    "moonshot refusal is text": "answered I can't discuss that topic.",
    "moonshot block": "blocked",
    "moonshot output block in 200": "blocked",
    "moonshot rate limit": "rate_limited 1",
    "moonshot overload": "rate_limited",
    "moonshot quota": "halted",
    "moonshot pinned parameter": "permanent",
    "moonshot malformed: error as string": "transient",
    "minimax success": "answered Canberra",
    "minimax think tag in content: strip before grading": "answered Canberra",
    "minimax refusal is text": "answered Sorry, I can't answer that.",
    "minimax input block in": "blocked",
    "minimax output block in": "blocked",
    "minimax rate limit in": "rate_limited",
    "minimax overload in": "transient",
    "minimax no balance in": "halted",
    "minimax malformed: status_code as string": "rate_limited",
    "vllm success": "answered Canberra",
    "vllm context": "truncated context exceeded",
    "vllm overload": "transient",
    "vllm engine dead": "transient",
    "vllm old-style error": "halted",
    "llama.cpp success": "answered Canberra",
    "llama.cpp loading": "loading",
    "llama.cpp context": "truncated context exceeded",
    "ollama success": "answered Canberra",
    "ollama length with nothing said": "truncated no room",
    "ollama unknown model": "halted",
    "ollama busy": "transient",
    "ollama malformed: done false in a non-stream reply": "malformed",
}


def read_cases(path: Path) -> dict[str, tuple[HttpReply, str]]:
    """Every case of the sheet by its short name, with its reply and its wire; names carry status and headers."""
    found = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line.startswith('{"_case"'):
            continue
        body: dict[str, Any] = json.loads(line)
        name = body.pop("_case")
        status = re.search(r"HTTP (\d{3})", name)
        headers = {key.lower(): value for key, value in re.findall(r", (?:header )?([A-Za-z-]+): ([^,]+)", name)}
        data = json.dumps(body).encode()
        if "newlines" in name:
            data = b"\n\n" + data
        short = re.split(r",? HTTP \d{3}| \(| = blocked, but", name)[0]
        short = re.sub(r", (?:header|x-|do not|often|but a sign).*", "", short)
        wire = name.split()[0]
        reply = HttpReply(status=int(status[1]) if status else 200, headers=headers, body=data)
        found[short] = (reply, WIRE_OF.get(wire, wire))
    return found


CASES = read_cases(SHEET) if SHEET.exists() else {}


def told(reading: Reading) -> str:
    """What a reading says, in the words of the table."""
    if reading.failure is not None:
        wait = reading.failure.wait_s
        return reading.failure.kind + ("" if wait is None else f" {wait:g}")
    if reading.outcome == "truncated":
        detail = str(reading.detail)
        return f"truncated {'context exceeded' if detail.startswith('context exceeded') else 'no room'}"
    text = reading.text if reading.outcome in {"answered", "refused"} else ""
    return f"{reading.outcome} {text}".strip()


@pytest.mark.skipif(not CASES, reason="the facts sheet is not beside this checkout")
@pytest.mark.parametrize("name", CASES)
def test_a_case_has_its_outcome(name: str) -> None:
    reply, wire = CASES[name]
    assert told(WIRES[wire].read(reply)) == OUTCOME[name]


@pytest.mark.skipif(not CASES, reason="the facts sheet is not beside this checkout")
def test_no_case_is_left_out() -> None:
    n_lines = sum(line.startswith('{"_case"') for line in SHEET.read_text(encoding="utf-8").splitlines())
    assert len(CASES) == n_lines
    assert set(CASES) == set(OUTCOME)
