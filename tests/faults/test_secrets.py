"""Rows 122 to 124: keys that must not show."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from evaluator.errors import ProviderError
from evaluator.providers.client import HttpClient
from evaluator.providers.reply import HttpReply
from evaluator.records import Failure
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


def test_a_redirect_is_not_followed_and_the_key_reaches_nobody_else() -> None:
    async def main(base_url: str) -> HttpReply | Failure:
        async with HttpClient(base_url, key="sk-SECRET-1") as client:
            return await client.post("/chat/completions", b"{}", deadline_s=5.0)

    for status in (301, 302, 303, 307, 308):
        with fault_server([http(chat())]) as other:
            away = http(b"", status, f"location: {other.base_url}/chat/completions")
            with fault_server([away]) as server:
                reply = asyncio.run(main(server.base_url))
            assert isinstance(reply, HttpReply)
            assert reply.status == status
            assert other.heads == []


WORDS = {
    "run": ("--probes", "p.jsonl", "--model", "openai/gpt-5.5"),
    "plan": ("--probes", "p.jsonl", "--model", "openai/gpt-5.5"),
    "models list": ("openai", "--live"),
    "models check": ("--model", "openai/gpt-5.5"),
}
PROBE = '{"probe_id": "p", "question": "q", "targets": ["t"]}\n'


@pytest.mark.parametrize("verb", WORDS)
@pytest.mark.parametrize("host", ["user:SECRETpw@api.example", "api.example/v1?key=SECRETpw"])
def test_a_password_in_a_base_url_is_refused_and_not_repeated(tmp_path: Path, verb: str, host: str) -> None:
    (tmp_path / "p.jsonl").write_text(PROBE)
    env = {"OPENAI_API_KEY": "sk-SECRET-key-1"}
    done = evaluator(*verb.split(), *WORDS[verb], "--base-url", f"http://{host}", cwd=tmp_path, env=env)
    assert done.returncode == (1 if verb == "models check" else 2), done.stderr
    assert "base URL: need scheme, host and path only" in done.stdout + done.stderr
    assert "SECRET" not in done.stdout + done.stderr
    assert not list(tmp_path.rglob("manifest.json"))


@pytest.mark.parametrize(
    "key", ["\ufeffsk-SECRET-1", "sk-SECRET\n-1", "sk-SECRET 1", "sk-SECRET\u20ac", "sk-SECRET\x7f"]
)
def test_a_key_that_cannot_be_sent_is_refused_and_not_repeated(tmp_path: Path, key: str) -> None:
    (tmp_path / "p.jsonl").write_text(PROBE)
    words = ("run", "--probes", "p.jsonl", "--model", "openai/gpt-5.5", "--base-url", "http://127.0.0.1:9")
    done = evaluator(*words, cwd=tmp_path, env={"OPENAI_API_KEY": key})
    assert done.returncode == 2
    assert "API key: need printable ASCII" in done.stderr
    assert "SECRET" not in done.stdout + done.stderr


def test_a_key_in_place_of_the_name_of_its_variable_is_not_repeated(tmp_path: Path) -> None:
    key = "AIzaSyA1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q"
    (tmp_path / "p.jsonl").write_text(PROBE)
    model = f'[[model]]\nid = "gemini/gemini-3.1-pro-preview"\napi_key_env = "{key}"\n'
    (tmp_path / "e.toml").write_text(f'probes = ["p.jsonl"]\n{model}')
    done = evaluator("run", "e.toml", cwd=tmp_path)
    assert done.returncode == 2
    assert "need the name of an environment variable, not a key" in done.stderr
    assert key not in done.stdout + done.stderr


def test_a_key_that_every_error_repeats_is_in_no_file_of_the_run(tmp_path: Path) -> None:
    key = "sk-SECRET-every-where"
    forms = (key, "".join(f"\\u{ord(letter):04x}" for letter in key), key.replace("-", "%2D"))
    (tmp_path / "p.jsonl").write_text(
        "".join(f'{{"probe_id": "p{n}", "question": "q{n}", "targets": ["t"]}}\n' for n in range(9))
    )
    scripts = [
        [http(f'{{"error": {{"message": "bad {form}", "code": "{form}"}}}}'.encode(), status, f"x-request-id: {form}")]
        for form in forms
        for status in (400, 500, 200)
    ]
    with fault_server(*scripts, [http(chat(f"Is it {key}?"))]) as server:
        words = ("run", "--probes", "p.jsonl", "--model", "server/m", "--base-url", server.base_url, "--run-id", "r")
        done = evaluator(*words, cwd=tmp_path, env={"SERVER_API_KEY": key})
    assert done.returncode in {0, 4}, done.stderr
    files = [path.read_bytes() for path in (tmp_path / "reports/r").iterdir()]
    assert len(files) >= 5
    for data in (done.stdout.encode(), done.stderr.encode(), *files):
        for form in ("SECRET", *forms):
            assert form.encode() not in data
    assert any(b"[key]" in data for data in files), "the server did repeat it"
