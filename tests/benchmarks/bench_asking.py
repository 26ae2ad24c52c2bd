"""How fast, how light and how safely questions are asked, beside bare loops on the same server.

    python -m tests.benchmarks.bench_asking [--quick] [--long]

`--quick` leaves out 20,000 questions, `--long` adds 102,000, by which memory is seen to grow or not.
Every line names its bound. CPU is user + system time of the whole process; what a run of one question
takes is subtracted where a line says "start-up subtracted".
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parent.parent.parent
KEPT = ("PATH", "HOME", "LANG", "TMPDIR", "VIRTUAL_ENV")


@dataclass
class Cost:
    wall_s: float
    cpu_s: float
    peak_mb: float
    code: int


@contextmanager
def server(latency_s: float) -> Iterator[str]:
    words = [sys.executable, "-m", "tests.benchmarks.mock_server", str(latency_s)]
    child = subprocess.Popen(words, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert child.stdin is not None
    assert child.stdout is not None
    try:
        yield f"http://127.0.0.1:{int(child.stdout.readline())}/v1"
    finally:
        child.stdin.close()
        child.wait(10)


def n_asked(base_url: str) -> int:
    with urllib.request.urlopen(base_url.removesuffix("/v1") + "/asked", timeout=10) as reply:
        return int(reply.read())


def spawn(words: list[str], folder: Path) -> subprocess.Popen[bytes]:
    env = {name: os.environ[name] for name in KEPT if name in os.environ} | {"PYTHONPATH": str(ROOT)}
    with (folder / "out.txt").open("ab") as out:
        return subprocess.Popen(words, cwd=folder, env=env, stdin=subprocess.DEVNULL, stdout=out, stderr=out)


def measured(words: list[str], folder: Path) -> Cost:
    start = time.perf_counter()
    child = spawn(words, folder)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    wall_s = time.perf_counter() - start
    return Cost(wall_s, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, child.returncode)


def write_probes(folder: Path, n: int) -> Path:
    path = folder / f"probes-{n}.jsonl"
    with path.open("w", encoding="utf-8") as file:
        for number in range(n):
            question = f"What is the capital of country number {number}?"
            file.write(json.dumps({"probe_id": f"p{number}", "question": question, "targets": ["Canberra"]}) + "\n")
    return path


def run_words(base_url: str, probes: Path, concurrency: int, run_id: str) -> list[str]:
    words = ["run", "--probes", str(probes), "--model", "server/m", "--base-url", base_url, "--run-id", run_id]
    return [sys.executable, "-m", "evaluator", *words, "--concurrency", str(concurrency)]


def bare(kind: str, base_url: str, n: int, concurrency: int) -> dict[str, float]:
    words = [sys.executable, "-m", "tests.benchmarks.bare_loop", kind, base_url, str(n), str(concurrency)]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True, timeout=300)
    return json.loads(done.stdout)


def say(what: str, found: str, bound: str = "") -> None:
    sys.stdout.write(f"{what:<58}{found:>22}   {bound}\n")
    sys.stdout.flush()


def written(folder: Path, run_id: str) -> int:
    return sum(path.stat().st_size for path in (folder / "reports" / run_id).rglob("*") if path.is_file())


def start_up(folder: Path) -> Cost:
    probes = write_probes(folder, 1)
    with server(0.0) as base_url:
        costs = [measured(run_words(base_url, probes, 1, f"one-{turn}"), folder) for turn in range(5)]
    assert all(cost.code == 0 for cost in costs), (folder / "out.txt").read_text()
    least = min(costs, key=lambda cost: cost.cpu_s)
    say("one question, whole process: CPU (median of 5; least)", f"{median(c.cpu_s for c in costs):.2f} s", "<= 0.8 s")
    say("", f"{least.cpu_s:.2f} s")
    say("one question: wall; peak memory", f"{median(c.wall_s for c in costs):.2f} s; {least.peak_mb:.0f} MB")
    return Cost(median(c.wall_s for c in costs), median(c.cpu_s for c in costs), least.peak_mb, 0)


def workload(folder: Path, n: int, latency_s: float, concurrency: int, bound: float, once: Cost) -> Cost:
    ideal_s = n * latency_s / concurrency
    with server(latency_s) as base_url:
        for kind in ("aiohttp", "httpx"):
            cost = bare(kind, base_url, n, concurrency)
            label = f"{n:,} x {latency_s * 1000:.0f} ms x {concurrency}: bare {kind}"
            say(label, f"{cost['wall_s'] / ideal_s:.2f} x; {cost['cpu_s'] * 1000 / n:.2f} ms each")
        probes = write_probes(folder, n)
        ours = measured(run_words(base_url, probes, concurrency, f"w-{n}-{time.monotonic_ns()}"), folder)
        assert ours.code == 0, (folder / "out.txt").read_text()[-2000:]
    wall_s, cpu_s = ours.wall_s - once.wall_s, ours.cpu_s - once.cpu_s
    label = f"{n:,} x {latency_s * 1000:.0f} ms x {concurrency}: evaluator"
    say(f"{label}, wall (start-up subtracted)", f"{wall_s / ideal_s:.2f} x {ideal_s:.1f} s", f"<= {bound} x")
    say(f"{label}, CPU (start-up subtracted)", f"{cpu_s * 1000 / n:.2f} ms each", "<= 1.0 ms")
    say(f"{label}, peak memory", f"{ours.peak_mb:.0f} MB", "<= 150 MB")
    return ours


def bytes_written(folder: Path) -> None:
    with server(0.0) as base_url:
        cost = measured(run_words(base_url, write_probes(folder, 2000), 100, "bytes"), folder)
    assert cost.code == 0
    say("2,000 questions: bytes in the run directory", f"{written(folder, 'bytes') / 1e6:.2f} MB", "<= 3 MB")


def killed(folder: Path, n: int, latency_s: float, concurrency: int) -> None:
    probes = write_probes(folder, n)
    with server(latency_s) as base_url:
        child = spawn(run_words(base_url, probes, concurrency, "killed"), folder)
        while n_asked(base_url) < n / 2 and child.poll() is None:
            time.sleep(0.01)
        os.kill(child.pid, signal.SIGKILL)
        child.wait()
        cost = measured([sys.executable, "-m", "evaluator", "resume", "killed"], folder)
        twice = n_asked(base_url) - n
    assert cost.code == 0, (folder / "out.txt").read_text()[-2000:]
    say(f"kill -9 half way through {n:,}, resume: paid twice", f"{twice}", f"<= {concurrency} in flight")


def growth(folder: Path, n: int) -> None:
    """Peak memory of n questions against that of 2,000, as many in flight: connections take memory, too."""
    with server(0.002) as base_url:
        few, many = (
            measured(run_words(base_url, write_probes(folder, each), 100, f"g-{n}-{each}"), folder)
            for each in (2000, n)
        )
    assert (few.code, many.code) == (0, 0), (folder / "out.txt").read_text()[-2000:]
    found = (many.peak_mb - few.peak_mb) / (n - 2000) * 100_000
    say(f"2,000 to {n:,} questions: peak memory", f"{few.peak_mb:.0f} to {many.peak_mb:.0f} MB")
    say("its growth per 100,000 further questions", f"{found:.0f} MB", "<= 20 MB")


def main() -> None:
    is_quick = "--quick" in sys.argv
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        once = start_up(folder)
        workload(folder, 2000, 0.2, 100, 1.2, once)
        bytes_written(folder)
        killed(folder, 2000, 0.05, 100)
        if not is_quick:
            workload(folder, 20_000, 0.05, 200, 1.6, once)
            growth(folder, 22_000)
        if "--long" in sys.argv:
            growth(folder, 102_000)


if __name__ == "__main__":
    main()
