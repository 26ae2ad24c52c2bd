"""Bad input: one clear line on stderr, exit code 2, nothing sent, nothing left behind."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.chat_server import answer, chat_server
from tests.cli.command import evaluator

GOOD = '{"probe_id": "a", "question": "Capital of Australia?", "targets": ["Canberra"]}'


def fails(*arguments: str, cwd: Path, says: tuple[str, ...]) -> None:
    done = evaluator(*arguments, cwd=cwd)
    assert done.returncode == 2, done.stderr
    assert done.stdout == ""
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("error: ")
    for text in says:
        assert text in lines[0]
    assert not (cwd / "reports").exists(), "nothing is left behind"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b'{"probe_id": "a"\n', (":1:", "JSON")),
        (GOOD.encode() + b"\n" + GOOD.encode(), (":2:", "probe_id", "'a'")),
        (b'{"probe_id": "a", "question": "q", "targets": ["x"], "unanswerable": "future"}', (":1:", "both")),
        (b'{"probe_id": "a", "question": "q"}', (":1:", "neither")),
        (b'{"probe_id": "a", "question": "q", "tragets": ["x"]}', (":1:", "tragets", "targets")),
        (b'{"probe_id": 7, "question": "q", "targets": ["x"]}', (":1:", "probe_id", "str", "int")),
        (b'{"probe_id": "a", "question": "q", "targets": []}', (":1:", "neither")),
        (b"", ("empty",)),
        (b"\n\n", ("empty",)),
        (b'{"probe_id": "a", "question": "caf\xe9", "targets": ["x"]}', (":1:", "UTF-8", "0xe9")),
        (GOOD.encode("utf-16"), (":1:", "UTF-8")),
        (b'{"probe_id": "a", "question": "' + b"x" * 10_000_000, (":1:", "bytes")),
        (GOOD.replace("Capital", "Cap\x00ital").encode(), (":1:", "NUL")),
        (b"[" * 100_000, (":1:",)),
        (GOOD.encode().rstrip() + b",\n" + GOOD.replace('"a"', '"b"').encode(), (":1:", "JSON")),
    ],
    ids=[
        "broken line",
        "duplicate id",
        "both",
        "neither",
        "unknown field",
        "wrong type",
        "no target",
        "empty",
        "blank",
        "latin-1",
        "utf-16",
        "10 MB line",
        "NUL",
        "nesting",
        "trailing comma",
    ],
)
def test_a_bad_probe_file_names_line_and_field(tmp_path: Path, content: bytes, says: tuple[str, ...]) -> None:
    (tmp_path / "probes.jsonl").write_bytes(content)
    with chat_server(lambda request, n: answer("x")) as server:
        base = ("--model", "server/m", "--base-url", server.base_url)
        fails("run", "--probes", "probes.jsonl", *base, cwd=tmp_path, says=("probes.jsonl", *says))
        assert not server.ledger, "nothing was sent"


@pytest.mark.parametrize("content", [b"\xef\xbb\xbf" + GOOD.encode() + b"\n", GOOD.encode() + b"\r\n\r\n"])
def test_a_byte_order_mark_and_crlf_are_accepted(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "probes.jsonl").write_bytes(content)
    with chat_server(lambda request, n: answer("Canberra")) as server:
        done = evaluator(
            "run", "--probes", "probes.jsonl", "--model", "server/m", "--base-url", server.base_url, cwd=tmp_path
        )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["run"], ("--probes",)),
        (["run", "--probes", "missing", "--model", "server/m"], ("missing",)),
        (["run", "--probes", "good.jsonl"], ("--model",)),
        (["run", "--probes", "good.jsonl", "--model", "m"], ("'m'", "PROVIDER/NAME")),
        (["run", "--probes", "good.jsonl", "--model", "nobody/m"], ("unknown provider", "'nobody'", "server")),
        (["run", "--probes", "good.jsonl", "--model", "local/nothing"], ("local/nothing", "local/smollm2-135m")),
        (["run", "--probes", "good.jsonl", "--model", "local/x.gguf"], ("x.gguf",)),
        (["run", "--probes", "good.jsonl", "--model", "server/m"], ("--base-url",)),
        (
            ["run", "--probes", "good.jsonl", "--model", "server/m", "--base-url", "http://127.0.0.1:9/v1"],
            ("running?",),
        ),
        (["run", "--probes", "good.jsonl", "--model", "server/m", "--base-url", "host:80"], ("base URL",)),
        (["run", "--probes", "good.jsonl", "--model", "recorded/m"], ("--answers",)),
        (["run", "--probes", "good.jsonl", "--model", "recorded/m", "--base-url", "http://x"], ("--base-url",)),
        (["run", "--probes", "good.jsonl", "--probes", "good.jsonl", "--model", "server/m"], ("good.jsonl",)),
        (["run", "--probes", "good.jsonl", "--model", "server/m", "--model", "server/m"], ("named 2 times",)),
        (["run", "--probes", "good.jsonl", "--model", "server/m", "--prompt", "forbid"], ("'forbid'", "target:T")),
        (["run", "--probes", "good.jsonl", "--model", "server/m", "--repeats", "0"], ("repeats", "0")),
        (["run", "--probes", "good.jsonl", "--model", "server/m", "--run-id", "../x"], ("run id",)),
        (["run", "missing.toml"], ("missing.toml",)),
        (["run", "typo.toml"], ("typo.toml", "'temprature'", "'temperature'")),
        (["run", "broken.toml"], ("broken.toml", "TOML")),
        (["run", "keyed.toml"], ("NO_SUCH_KEY",)),
        (["import", "--probes", "good.jsonl", "--answers", "missing.jsonl"], ("missing.jsonl",)),
        (["import", "--probes", "good.jsonl", "--answers", "stray.jsonl"], ("stray.jsonl:1", "'zzz'")),
        (["import", "--probes", "good.jsonl", "--answers", "double.jsonl"], ("double.jsonl:2", "line 1")),
        (["resume", "nothing"], ("'nothing'",)),
        (["grade", "nothing"], ("'nothing'",)),
        (["report", "nothing"], ("'nothing'",)),
        (["report", "good.jsonl"], ("good.jsonl",)),
        (["schema", "sumary"], ("sumary", "summary")),
        (["models", "fetch", "local/nothing"], ("smollm2-135m",)),
        (["probes", "check", "missing"], ("missing",)),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_bad_usage_is_one_line(tmp_path: Path, arguments: list[str], says: tuple[str, ...]) -> None:
    (tmp_path / "good.jsonl").write_text(GOOD)
    (tmp_path / "typo.toml").write_text('probes = ["good.jsonl"]\n[[model]]\nid = "server/m"\ntemprature = 1\n')
    (tmp_path / "broken.toml").write_text("probes = [")
    (tmp_path / "keyed.toml").write_text(
        'probes = ["good.jsonl"]\n[[model]]\nid = "server/m"\n'
        'base_url = "http://127.0.0.1:9"\napi_key_env = "NO_SUCH_KEY"\n'
    )
    (tmp_path / "stray.jsonl").write_text('{"model": "m", "probe_id": "zzz", "text": "x"}')
    line = json.dumps({"model": "m", "probe_id": "a", "text": "x"})
    (tmp_path / "double.jsonl").write_text(f"{line}\n{line}\n")
    fails(*arguments, cwd=tmp_path, says=says)


def test_a_wrong_key_is_found_before_anything_is_sent_and_never_shown(tmp_path: Path) -> None:
    (tmp_path / "good.jsonl").write_text(GOOD)
    for key in ("sk-se…cret", "sk-secret\x07x"):
        done = evaluator(
            *("run", "--probes", "good.jsonl", "--model", "server/m", "--base-url", "http://127.0.0.1:9/v1"),
            cwd=tmp_path,
            env={"SERVER_API_KEY": key},
        )
        assert done.returncode == 2
        assert "API key" in done.stderr
        assert "sk-" not in done.stderr + done.stdout


def test_an_unknown_option_is_wrong_usage(tmp_path: Path) -> None:
    done = evaluator("run", "--modell", "x", cwd=tmp_path)
    assert done.returncode == 2
    assert "--model" in done.stderr
