"""Runs to gate: imported in this process, quickly."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from evaluator.cli.app import app

UNSURE = "I don't know."
Answer = Callable[[int, random.Random], str]


def write(path: Path, lines: Iterable[dict[str, Any]]) -> str:
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return path.name


def probe(i: int, **fields: Any) -> dict[str, Any]:
    if i % 3 == 2:
        known = {"question": f"Who is Dr {i}?", "unanswerable": "nonexistent", "why": "-"}
    else:
        known = {"question": f"What is {i} plus {i}?", "targets": [str(2 * i)], "match": "number"}
        known |= {"topic": "even" if i % 2 == 0 else "odd"}
    return {"probe_id": f"p{i:03}"} | known | fields


def right(i: int) -> str:
    return f"It is {2 * i}."


def bold(share: float, skill: int = 5) -> Answer:
    """Right on `skill` of ten answerable probes; of the rest it makes up this share, by chance."""

    def say(i: int, chance: random.Random) -> str:
        if i % 3 != 2 and i % 10 < skill:
            return right(i)
        return "It is 99999." if chance.random() < share else UNSURE

    return say


def run_command(*arguments: str) -> tuple[int, str, Exception | None]:
    """Exit code, standard output, and the error of wrong input."""
    done = CliRunner().invoke(app, list(arguments), catch_exceptions=True)
    error = done.exception if isinstance(done.exception, Exception) else None
    return done.exit_code, done.stdout, error


def make_run(
    run_id: str, say: Answer | dict[str, Answer], *, n: int = 90, repeats: int = 1, seed: int = 0, edited: int = 0
) -> Path:
    """Import a run with one answer of every model to every probe and repeat into ./reports."""
    by_model = say if isinstance(say, dict) else {"m": say}
    probes = write(
        Path(f"{run_id}.probes.jsonl"), (probe(i, topic="new") if i < edited else probe(i) for i in range(n))
    )
    lines = []
    for model, answer in by_model.items():
        chance = random.Random(f"{seed}{model}")
        lines += [
            {"model": model, "probe_id": f"p{i:03}", "repeat": k, "text": answer(i, chance)}
            for i in range(n)
            for k in range(repeats)
        ]
    answers = write(Path(f"{run_id}.answers.jsonl"), lines)
    code, _, error = run_command("import", "--probes", probes, "--answers", answers, "--run-id", run_id)
    assert code == 0, error
    return Path("reports") / run_id
