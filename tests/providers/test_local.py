"""The embedded model: the real one, when its weights are on this machine."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from evaluator.errors import ProviderError
from evaluator.providers import open_provider, with_defaults
from evaluator.providers.weights import gguf_path
from evaluator.records import Message, ModelSettings, Request, Response
from tests.cli.command import evaluator

MODEL = "local/smollm2-135m"


@pytest.fixture(autouse=True)
def _weights() -> None:
    if gguf_path("smollm2-135m") is None:
        pytest.skip("the embedded model's weights are not here: evaluator models fetch local/smollm2-135m")


def ask(*questions: str) -> list[Response]:
    settings = with_defaults(ModelSettings(id=MODEL))

    async def main() -> list[Response]:
        async with open_provider(settings, None) as provider:
            requests = [
                Request(
                    request_id=str(number),
                    probe_id="p",
                    model=MODEL,
                    prompt="none",
                    repeat=0,
                    messages=(Message(role="user", content=question),),
                    sampling=settings.sampling,
                )
                for number, question in enumerate(questions)
            ]
            return await asyncio.gather(*(provider.answer(request) for request in requests))

    return asyncio.run(main())


def test_it_answers_over_the_same_wire_as_any_server() -> None:
    first, second = ask("What is the capital of France? Answer in one word.", "Say hello.")
    assert first.outcome == second.outcome == "answered"
    assert "Paris" in first.text
    assert first.served_model == "smollm2-135m", "a name, not a path of this machine"
    assert first.cost_usd == 0
    assert first.usage is not None
    assert first.usage.completion_tokens


def test_a_file_llama_cpp_cannot_load_is_one_clear_error(tmp_path: Path) -> None:
    path = tmp_path / "broken.gguf"
    path.write_bytes(b"GGUF but nothing more")

    async def main() -> None:
        async with open_provider(ModelSettings(id=f"local/{path}"), None):
            pass

    with pytest.raises(ProviderError, match=r"broken\.gguf: llama.cpp cannot load it"):
        asyncio.run(main())


def test_the_main_job_runs_from_probes_to_summary(tmp_path: Path) -> None:
    probes = [
        {"probe_id": "a", "question": "What is the capital of France?", "targets": ["Paris"]},
        {
            "probe_id": "u",
            "question": "What is the capital of Blorvia?",
            "unanswerable": "nonexistent",
            "why": "made up",
        },
    ]
    (tmp_path / "probes.jsonl").write_text("\n".join(map(json.dumps, probes)))
    arguments = ("run", "--probes", "probes.jsonl", "--model", MODEL, "--max-tokens", "60", "--json", "--run-id", "r")
    done = evaluator(*arguments, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)["results"][0]
    assert result["outcomes"]["answered"] == 2
    assert result["counts"]["answerable"]["correct"] == 1
    assert result["cost"]["usd"] == 0
    assert evaluator("resume", "r", cwd=tmp_path).returncode == 0
