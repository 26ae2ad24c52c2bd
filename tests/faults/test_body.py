"""Rows 48 to 61: bytes that are no answer, and answers that are hard to read."""

from __future__ import annotations

import asyncio
import gzip
import json
import math
import re
import time
import tracemalloc

import pytest

from evaluator.graders import default_grader
from evaluator.journal import Answered
from evaluator.jsonl import encode_line
from evaluator.providers import client as client_module
from evaluator.providers import open_provider
from evaluator.providers.client import HttpClient
from evaluator.providers.reply import HttpReply
from evaluator.records import Failure, ModelSettings, Probe
from evaluator.report.safe_text import safe_text
from tests.faults.fault_server import CLOSE, QUESTION, ask_once, chat, fault_server, http, told
from tests.loopback import Asked, LoopbackServer, running

MALFORMED = ("malformed", "malformed")


def test_row_48_html_is_no_answer_and_its_start_is_kept() -> None:
    response = ask_once(http(b"<html>\x1b[31mlogin" + b"x" * 10_000, 200, "content-type: text/html"))
    assert told(response)[:2] == MALFORMED
    assert response.detail is not None
    assert response.detail.startswith("html: <html>")
    assert len(response.detail) <= 2100


def test_row_49_a_body_shorter_than_told_may_have_been_paid() -> None:
    body = chat()
    assert told(ask_once(http(body, length=len(body) + 50), CLOSE)) == ("failed", "transient", True)


@pytest.mark.parametrize("more", [b'{"choices": []}', b"trailing", b"]", b"\x00"])
def test_row_50_whatever_follows_the_json_makes_it_none(more: bytes) -> None:
    assert told(ask_once(http(chat() + more)))[:2] == MALFORMED


def test_row_51_a_byte_order_mark_is_accepted() -> None:
    assert ask_once(http(b"\xef\xbb\xbf" + chat())).text == "Canberra"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32", "utf-32-be"])
def test_row_52_another_encoding_than_utf_8_is_refused(encoding: str) -> None:
    assert told(ask_once(http(chat().decode().encode(encoding))))[:2] == MALFORMED


def test_row_53_broken_utf_8_is_never_graded() -> None:
    response = ask_once(http(chat("Canb\u00e9rra").replace(b"\\u00e9", b"\xc3")))
    assert told(response)[:2] == MALFORMED
    assert response.text == ""
    assert response.detail is not None
    assert "\\xc3" in response.detail, "what came is kept, escaped"


def test_row_54_control_characters_are_stored_escaped_and_shown_harmless() -> None:
    nasty = "a\x00b\x1b[2Jc\r\u202ed"
    response = ask_once(http(chat(nasty)))
    assert response.text == nasty
    line = encode_line(Answered(at="now", response=response))
    assert all(32 <= byte < 127 for byte in line[:-1])
    assert not set(safe_text(response.text)) & {"\x00", "\x1b", "\r", "\u202e"}


@pytest.mark.parametrize("literal", [b"NaN", b"Infinity", b"-Infinity"])
def test_row_55_numbers_that_are_none_are_refused(literal: bytes) -> None:
    body = b'{"choices": [{"finish_reason": "stop", "message": {"content": "x"}}], "usage": {"prompt_tokens": %s}}'
    assert told(ask_once(http(body % literal)))[:2] == MALFORMED


def test_row_55_no_file_of_ours_holds_one() -> None:
    line = encode_line(Answered(at="now", response=QUESTION.response(outcome="answered", latency_s=math.nan)))
    assert b"NaN" not in line
    assert json.loads(line)["response"]["latency_s"] is None


def test_row_56_a_number_of_five_thousand_digits_raises_nothing() -> None:
    body = b'{"choices": [{"finish_reason": "stop", "message": {"content": "x"}}], "usage": {"prompt_tokens": %s}}'
    response = ask_once(http(body % (b"9" * 5000)))
    assert response.outcome in {"answered", "malformed"}
    assert response.usage is None or response.usage.prompt_tokens is None


@pytest.mark.parametrize("bracket", [b"[", b'{"a":'])
def test_row_57_brackets_without_end_raise_nothing(bracket: bytes) -> None:
    assert told(ask_once(http(bracket * 200_000)))[:2] == MALFORMED


def test_row_58_a_long_answer_is_taken_and_graded_in_bounded_time() -> None:
    response = ask_once(http(chat("very " * 400_000)), timeout_s=20.0)
    assert response.outcome == "answered"
    assert len(response.text) == 2_000_000
    start = time.process_time()
    verdict = default_grader().grade(Probe(probe_id="p", question="q", targets=("Canberra",)), response)
    assert time.process_time() - start < 5
    assert verdict.label != "correct"


def test_row_62_a_file_of_many_long_lines_is_never_held_as_a_whole() -> None:
    line, n_lines, sizes = b"x" * 2_000_000 + b"\n", 20, []

    async def main(base_url: str) -> HttpReply | Failure:
        async with HttpClient(base_url) as client:
            return await client.get_lines("/file", lambda each: sizes.append(len(each)), deadline_s=30.0)

    with running(FileServer([line] * n_lines)) as server:
        tracemalloc.start()
        reply = asyncio.run(main(server.base_url))
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert isinstance(reply, HttpReply)
    assert sizes == [len(line) - 1] * n_lines
    assert peak < 0.5 * n_lines * len(line)


def test_row_62_a_line_without_end_is_cut_at_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "MAX_BODY_BYTES", 100_000)

    async def main(base_url: str) -> HttpReply | Failure:
        async with HttpClient(base_url) as client:
            return await client.get_lines("/file", lambda line: None, deadline_s=30.0)

    with running(FileServer([b"short\n", b"x" * 500_000])) as server:
        reply = asyncio.run(main(server.base_url))
    assert isinstance(reply, Failure)
    assert reply.kind == "malformed"


class FileServer(LoopbackServer):
    """Answers every GET with a file, in parts."""

    def __init__(self, parts: list[bytes]) -> None:
        super().__init__()
        self.parts = parts

    async def exchange(self, asked: Asked, writer: asyncio.StreamWriter) -> bool:
        writer.write(http(b"", length=sum(map(len, self.parts))))
        for part in self.parts:
            writer.write(part)
            await writer.drain()
        return True


def test_row_59_a_body_without_end_is_cut_at_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "MAX_BODY_BYTES", 100_000)
    endless = [b"x" * 50_000 for _ in range(20)]
    assert told(ask_once(http(b"", length=10**9), *endless, 5.0)) == ("malformed", "malformed", True)


def test_row_59_what_counts_is_the_size_after_decompression(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "MAX_BODY_BYTES", 100_000)
    bomb = gzip.compress(b" " * 5_000_000)
    assert len(bomb) < 100_000
    assert told(ask_once(http(bomb, 200, "content-encoding: gzip"))) == ("malformed", "malformed", True)


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
def test_row_60_bad_compression_is_tried_again_and_may_have_been_paid(encoding: str) -> None:
    response = ask_once(http(b"not compressed at all", 200, f"content-encoding: {encoding}"))
    assert told(response) == ("failed", "transient", True)


def test_row_60_after_a_bad_compression_none_is_asked_for() -> None:
    scripts = [[http(chat())], [http(b"none at all", 200, "content-encoding: gzip")], [http(chat())]]

    async def main(base_url: str) -> list[str]:
        async with open_provider(ModelSettings(id="server/m", base_url=base_url), None) as provider:
            return [(await provider.answer(QUESTION)).outcome for _ in scripts]

    with fault_server(*scripts) as server:
        assert asyncio.run(main(server.base_url)) == ["answered", "failed", "answered"]
    asked = [re.search(r"accept-encoding: (.*)\r", head, re.IGNORECASE) for head in server.heads]
    assert [found and found[1] for found in asked] == ["gzip, deflate", "gzip, deflate", "identity"]


def test_row_61_the_charset_of_the_header_is_ignored() -> None:
    body = json.dumps({"choices": [{"finish_reason": "stop", "message": {"content": "né"}}]}, ensure_ascii=False)
    headers = "content-type: application/json; charset=latin-1"
    assert ask_once(http(body.encode(), 200, headers)).text == "né"
