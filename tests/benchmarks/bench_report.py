"""`evaluator report` on a large run: time, memory, size of the page, time to open it. Run by hand:

    python -m tests.benchmarks.bench_report [--responses 1000000] [--format json] [--keep FOLDER]

Writes made-up runs of 20 models, with topics and clusters: 1,000 probes, then as many as asked for (50,000).
Shows each with the command itself in a process of its own and prints seconds of CPU and of the clock, seconds
to the first output and the largest resident memory, beside what they may be at a million answers on two quiet
cores. For the page also its size and, where Chromium is, how long it takes to open, beside an empty page.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from evaluator.graders import default_grader
from evaluator.journal import Answered, Intent, RunDirectory
from evaluator.jsonl import write_records
from evaluator.probeset import content_sha256
from evaluator.records import ProbeSetRef, Response, Usage, Verdict
from tests.benchmarks import bench_summary

AT = "2026-01-01T00:00:00+00:00"
WORDS = ("river", "city", "year", "known", "first", "said", "named", "near", "old", "map", "north", "people")
FORMATS = ("terminal", "json", "html")
BOUNDS = {"json": "25 s, 1,500 MB", "html": "40 s, page below 25 MB"}
SMALL = 20_000
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"]
FLAGS += ["--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage", "--dump-dom"]


@dataclass(frozen=True)
class Used:
    """What a child process took."""

    wall_s: float
    cpu_s: float
    first_output_s: float | None
    peak_mb: float


def write_run(path: Path, n_responses: int) -> None:
    """Write a run as the package would have: an intent and an answer of 100 to 300 characters for every request."""
    made = bench_summary.Run(n_responses // bench_summary.N_MODELS)
    probes = made.probes
    ref = ProbeSetRef(name="made-up", path="made-up", sha256=content_sha256(probes), n_probes=len(probes))
    directory = RunDirectory(path)
    directory.create(msgspec.structs.replace(made.manifest, run_id=path.name, probe_sets=(ref,)), probes)
    with directory.journal_path.open("wb") as stream:
        write_records(stream, _entries(made))
    # By request id, as the package writes them.
    directory.write_verdicts(sorted(_verdicts(made), key=lambda verdict: verdict.request_id))


def _entries(made: bench_summary.Run) -> Iterator[Intent | Answered]:
    chance = random.Random(2)
    for name, place, label in made.labels():
        j, i = divmod(place, made.n_probes)
        model, probe_id, request_id = f"m{j}", f"p{i:06}", _request_id(name)
        yield Intent(request_id=request_id, model=model, probe_id=probe_id, attempt=1, at=AT, most_usd=0.001)
        response = Response(
            request_id=request_id,
            probe_id=probe_id,
            model=model,
            prompt="permit",
            repeat=0,
            outcome="answered",
            text=f"answer {label}: {' '.join(chance.choices(WORDS, k=chance.randrange(20, 60)))}",
            finish_reason="stop",
            usage=Usage(prompt_tokens=80, completion_tokens=chance.randrange(20, 90)),
            cost_usd=0.0001 * (1 + j),
            cost_source="list",
            latency_s=round(0.2 + chance.random(), 3),
            served_model=model,
            served_by=f"host{i % 3}",
        )
        yield Answered(at=AT, response=response)


def _verdicts(made: bench_summary.Run) -> Iterator[Verdict]:
    grader = default_grader().name
    for verdict in made.verdicts():
        request_id = _request_id(verdict.request_id)
        yield msgspec.structs.replace(verdict, request_id=request_id, grader=grader, evidence="answer", probability=0.9)


def _request_id(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()


def run_child(command: Sequence[str], to: Path) -> Used:
    """Run a command to its end; what it prints goes to the file `to`.

    Raises:
        SystemExit: If it fails.
    """
    start, first = time.perf_counter(), None
    with subprocess.Popen(command, stdout=subprocess.PIPE) as child, to.open("wb") as kept:
        assert child.stdout is not None
        while chunk := os.read(child.stdout.fileno(), 1 << 20):
            first = first or time.perf_counter() - start
            kept.write(chunk)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise SystemExit(f"{' '.join(command)}: exit code {child.returncode}")
    wall = time.perf_counter() - start
    return Used(wall, usage.ru_utime + usage.ru_stime, first, usage.ru_maxrss / 1024)


def time_to_open(page: Path, folder: Path) -> float:
    """Return the seconds Chromium takes to load `page` and print what it made of it, the best of 3."""
    best = float("inf")
    for n in range(3):
        command = [CHROMIUM or "", *FLAGS, f"--user-data-dir={folder / f'{page.stem}{n}'}", page.as_uri()]
        start = time.perf_counter()
        subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=300, check=True)
        best = min(best, time.perf_counter() - start)
    return best


def measure(run: Path, format_name: str, folder: Path) -> str:
    """Show the run in one format; return a line of figures."""
    to = folder / f"out.{format_name}"
    command = [sys.executable, "-m", "evaluator", "report", str(run), "--format", format_name, "--output", "-"]
    used = run_child(command, to)
    first = "none" if used.first_output_s is None else f"{used.first_output_s:.1f} s"
    line = f"{format_name:>8}: {used.cpu_s:.1f} s CPU, {used.wall_s:.1f} s, first output {first}"
    line += f", {used.peak_mb:,.0f} MB at most, {to.stat().st_size / 1e6:.1f} MB written"
    line += f" (at a million: {BOUNDS[format_name]})" if format_name in BOUNDS else ""
    if format_name == "html" and CHROMIUM:
        empty = folder / "empty.html"
        empty.write_text("<!doctype html><title>empty</title>")
        line += f"; Chromium opens it in {time_to_open(to, folder):.2f} s"
        line += f", an empty page in {time_to_open(empty, folder):.2f} s"
    return line


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--responses", type=int, default=1_000_000)
    parser.add_argument("--format", action="append", dest="formats", choices=FORMATS)
    parser.add_argument("--keep", type=Path, help="a folder to make the runs in, which are used again next time")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = options.keep or Path(name)
        for n_responses in dict.fromkeys((min(SMALL, options.responses), options.responses)):
            run = folder / f"made-up-{n_responses}"
            if not (run / "verdicts.jsonl").exists():
                write_run(run, n_responses)
            n_bytes = sum(file.stat().st_size for file in run.iterdir())
            sys.stdout.write(f"{n_responses:,} responses, {n_bytes / 1e6:,.0f} MB on disk\n")
            for format_name in options.formats or FORMATS:
                sys.stdout.flush()
                sys.stdout.write(measure(run, format_name, Path(name)) + "\n")


if __name__ == "__main__":
    main()
