"""Rows 122 to 124: keys that must not show."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from evaluator.errors import ProviderError
from evaluator.providers.client import HttpClient
from tests.cli.command import evaluator
from tests.faults.fault_server import chat, fault_server, http


@pytest.mark.parametrize("key", ["sk-\u2026SECRET", "sk-\u201cSECRET\u201d", "sk-\u0130SECRET"])
def test_row_122_a_pasted_typographic_character_is_told_without_the_key(key: str) -> None:
    with pytest.raises(ProviderError, match="typographic") as caught:
        HttpClient("http://127.0.0.1:9/v1", key=key)
    assert "SECRET" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_row_123_a_key_is_never_part_of_a_url() -> None:
    async def main(base_url: str) -> None:
        async with HttpClient(base_url, key="sk-SECRET", key_header="x-goog-api-key") as client:
            await client.post("/models/m:generateContent", b"{}", deadline_s=5.0)

    with fault_server([http(chat())]) as server:
        asyncio.run(main(server.base_url))
    line, *headers = server.heads[0].split("\r\n")
    assert "SECRET" not in line
    assert "x-goog-api-key: sk-secret" in [header.lower() for header in headers]


@pytest.mark.parametrize("flag", ["--key", "--api-key", "--openai-api-key"])
def test_row_124_a_key_on_the_command_line_is_not_accepted(tmp_path: Path, flag: str) -> None:
    done = evaluator("run", "--model", "openai/gpt-5.5", flag, "sk-SECRET", cwd=tmp_path)
    assert done.returncode == 2
    assert "SECRET" not in done.stdout
