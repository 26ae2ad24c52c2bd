"""The full summary of a large run: 20 models, 20 topics, clusters of 5, 3,000 labels. Run by hand:

    python -m tests.benchmarks.bench_summary [--responses 1000000] [--profile]

Prints seconds of CPU and of the clock for the summary alone (making the records is taken off), and the largest
resident memory of the process; then the same for half as many responses, which should take half as long.
"""

from __future__ import annotations

import argparse
import cProfile
import pstats
import random
import resource
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass

from evaluator.gold_labels import GoldSet
from evaluator.label_design import LabelCell, LabelDesign, verdicts_sha256
from evaluator.records import LABELS, GoldLabel, Manifest, ModelSettings, Probe, PromptRef, Response, Usage, Verdict
from evaluator.stats import People, summarise

N_MODELS, N_TOPICS, CLUSTER, PER_CELL = 20, 20, 5, 25
USAGE = Usage(prompt_tokens=80, completion_tokens=20)


@dataclass(frozen=True)
class Run:
    """A run that is made up on the way: nothing of it is kept but its labels."""

    n_probes: int

    @property
    def probes(self) -> list[Probe]:
        return [
            Probe(
                probe_id=f"p{i:06}",
                question=f"What is {i}?",
                targets=("x",) if i % 3 else (),
                unanswerable=None if i % 3 else "future",
                topic=f"t{i % N_TOPICS}",
                cluster=f"c{i // CLUSTER}",
            )
            for i in range(self.n_probes)
        ]

    @property
    def manifest(self) -> Manifest:
        return Manifest(
            run_id="bench",
            started_at="2026-01-01T00:00:00+00:00",
            evaluator="0",
            config={},
            probe_sets=(),
            models=tuple(ModelSettings(id=f"m{j}") for j in range(N_MODELS)),
            prompts=(PromptRef(name="permit", version="1", sha256="0"),),
            graders=("cascade-2",),
            packages={},
            seed=0,
            repeats=1,
            n_requests=N_MODELS * self.n_probes,
            plan_sha256="0",
        )

    def labels(self) -> Iterator[tuple[str, int, int]]:
        """Request id, probe and position of the verdict's label, of every response."""
        chance = random.Random(1)
        for j in range(N_MODELS):
            for i in range(self.n_probes):
                label = min(int(chance.random() * 3), 2)
                yield f"m{j}/p{i:06}", j * self.n_probes + i, label if i % 3 else max(label, 1)

    def responses(self) -> Iterator[Response]:
        for request_id, place, label in self.labels():
            j, i = divmod(place, self.n_probes)
            yield Response(
                request_id=request_id,
                probe_id=f"p{i:06}",
                model=f"m{j}",
                prompt="permit",
                repeat=0,
                outcome="answered",
                text=f"answer {label}",
                usage=USAGE,
                cost_usd=0.0001,
                latency_s=0.5,
                served_model=f"m{j}",
            )

    def verdicts(self) -> Iterator[Verdict]:
        for request_id, place, label in self.labels():
            j, i = divmod(place, self.n_probes)
            yield Verdict(
                request_id=request_id,
                probe_id=f"p{i:06}",
                model=f"m{j}",
                prompt="permit",
                repeat=0,
                grader="cascade-2",
                label=LABELS[label],
                step="match",
            )

    def people(self) -> People:
        """Label the first few of every cell, which are as random as any."""
        members: dict[tuple[int, bool, int], list[str]] = {}
        graded = []
        for request_id, place, label in self.labels():
            j, i = divmod(place, self.n_probes)
            members.setdefault((j, bool(i % 3), label), []).append(request_id)
            graded.append((request_id, LABELS[label]))
        cells = tuple(
            LabelCell(
                model=f"m{j}",
                prompt="permit",
                answerable=answerable,
                verdict=LABELS[label],
                n_responses=len(ids),
                n_drawn=PER_CELL,
                drawn=tuple(ids[:PER_CELL]),
            )
            for (j, answerable, label), ids in sorted(members.items())
        )
        labels = tuple(
            GoldLabel(
                run_id="bench",
                request_id=request_id,
                response_sha256="0",
                label=cell.verdict if n % 10 else "wrong",
                annotator="anna",
                labelled_at="",
            )
            for cell in cells
            for n, request_id in enumerate(cell.drawn)
        )
        known = {"run_id": "bench", "seed": 0, "allocation": "proportional", "floor": 10, "graders": ("cascade-2",)}
        design = LabelDesign(**known, verdicts_sha256=verdicts_sha256(graded), cells=cells)  # type: ignore[arg-type]
        return People(gold=GoldSet(design=design, labels=labels))


@dataclass(frozen=True)
class Timing:
    """Seconds of the summary alone, and what it holds."""

    cpu_s: float
    wall_s: float
    n_estimates: int
    n_calibrated: int


def measure(n_responses: int) -> Timing:
    """Time the summary of a made-up run."""
    run = Run(n_responses // N_MODELS)
    people, probes = run.people(), run.probes
    start = time.process_time()
    for _ in run.responses():
        pass
    for _ in run.verdicts():
        pass
    making = time.process_time() - start
    start, wall = time.process_time(), time.perf_counter()
    summary = summarise(run.manifest, probes, run.responses(), run.verdicts(), people=people)
    cpu, wall = time.process_time() - start - making, time.perf_counter() - wall - making
    estimates = [estimate for result in summary.results for estimate in result.estimates]
    n_calibrated = sum(estimate.calibrated and estimate.value is not None for estimate in estimates)
    return Timing(cpu, wall, len(estimates), n_calibrated)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--responses", type=int, default=1_000_000)
    parser.add_argument("--profile", action="store_true")
    options = parser.parse_args()
    profile = cProfile.Profile()
    if options.profile:
        profile.enable()
    for n in (options.responses // 2, options.responses):
        found = measure(n)
        peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        sys.stdout.write(
            f"{n:,} responses: {found.cpu_s:.1f} s CPU, {found.wall_s:.1f} s, {peak_mb:,.0f} MB at most, "
            f"{found.n_estimates:,} estimates, {found.n_calibrated:,} of them calibrated\n"
        )
        sys.stdout.flush()
    if options.profile:
        profile.disable()
        pstats.Stats(profile).sort_stats("cumulative").print_stats(40)


if __name__ == "__main__":
    main()
