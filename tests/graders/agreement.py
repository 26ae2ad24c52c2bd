"""Measure how far the default grader agrees with recorded labels; run by hand.

    python tests/graders/agreement.py FOLDER [--half develop|held-out|all] [--rows] [--show LABEL VERDICT N]
    python tests/graders/agreement.py FOLDER --half all --only SET --draw 100 --seed 1 [--reading FILE]

FOLDER holds data/<set>/{probes.jsonl, answers.jsonl.gz, labels.jsonl.gz}. Rules are developed on the half of
the probes whose SHA-256 of the probe id is even; the other half is held out. An answer that several systems gave to one
question counts once, or with --rows for each of them. Intervals are of 95%, by 1,000 bootstraps of the probes.

--draw prints answers drawn by a seed, one JSON object a line, with their verdicts and without their labels, to be read.
--reading compares them with what a reader wrote: a file of lines {"n": 1, "label": "abstained"}.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import random
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np

from evaluator.graders import default_grader
from evaluator.records import LABELS, Probe, Response, Verdict

N_DRAWS = 1000
SETS = {
    "openqa_nq301": "human",
    "truthfulqa": "human",
    "czech_simpleqa": "llm:gpt-4o",
    "halluqa": "llm:gpt-4",
}


class Graded(NamedTuple):
    """One labelled answer and what the grader made of it."""

    probe: Probe
    text: str
    label: str
    verdict: Verdict


def say(line: str) -> None:
    sys.stdout.write(line + "\n")


def read_lines(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as stream:
        yield from map(json.loads, stream)


def plain(text: str) -> str:
    return text.strip().rstrip(".").lower()


def is_held_out(probe_id: str) -> bool:
    return int(hashlib.sha256(probe_id.encode()).hexdigest(), 16) % 2 == 1


def read_labelled(folder: Path, name: str, *, rows: bool = False) -> Iterator[tuple[Probe, str, str]]:
    """Yield (probe, answer text, label), each distinct pair of probe and lower-cased text once unless `rows`."""
    probes = {row["probe_id"]: msgspec.convert(row, Probe) for row in read_lines(folder / name / "probes.jsonl")}
    answers = {
        (row["model"], row["probe_id"], row["repeat"]): row["text"]
        for row in read_lines(folder / name / "answers.jsonl.gz")
    }
    seen: set[tuple[str, str]] = set()
    for row in read_lines(folder / name / "labels.jsonl.gz"):
        probe = probes[row["probe_id"]]
        text = answers[row["model"], row["probe_id"], row["repeat"]]
        references = {plain(reference) for reference in (*probe.targets, *probe.distractors)}
        is_reference = name == "truthfulqa" and plain(text) in references
        key = (probe.probe_id, text.lower() if name == "openqa_nq301" else f"{row['model']} {text}")
        if row["annotator"] == SETS[name] and not is_reference and (rows or key not in seen):
            seen.add(key)
            yield probe, text, row["label"]


def grade_all(folder: Path, name: str, half: str, *, rows: bool = False) -> list[Graded]:
    grader = default_grader()
    graded = []
    for probe, text, label in read_labelled(folder, name, rows=rows):
        if half == "all" or (half == "held-out") == is_held_out(probe.probe_id):
            response = Response(
                request_id="", probe_id=probe.probe_id, model="", prompt="", repeat=0, outcome="answered", text=text
            )
            graded.append(Graded(probe, text, label, grader.grade(probe, response)))
    return graded


def table(graded: list[Graded]) -> Counter[tuple[str, str]]:
    return Counter((row.label, row.verdict.label or "ungraded") for row in graded)


def summary(counts: Counter[tuple[str, str]]) -> dict[str, float]:
    """Agreement over three classes and over two (correct or not), macro-F1, share of false abstentions."""
    total = sum(counts.values())
    f1 = []
    for label in LABELS:
        n_label = sum(n for (truth, _), n in counts.items() if truth == label)
        n_verdict = sum(n for (_, given), n in counts.items() if given == label)
        if n_label:
            f1.append(2 * counts[label, label] / (n_label + n_verdict))
    attempted = sum(n for (truth, _), n in counts.items() if truth != "abstained")
    false_abstentions = sum(n for (truth, given), n in counts.items() if truth != "abstained" and given == "abstained")
    right_or_not = sum(n for (truth, given), n in counts.items() if (truth == "correct") == (given == "correct"))
    return {
        "agreement": sum(counts[label, label] for label in LABELS) / total,
        "correct_or_not": right_or_not / total,
        "macro_f1": sum(f1) / len(f1),
        "false_abstention": false_abstentions / attempted,
        "abstention_recall": counts["abstained", "abstained"]
        / max(sum(n for (truth, _), n in counts.items() if truth == "abstained"), 1),
    }


def intervals(graded: list[Graded]) -> dict[str, tuple[float, float]]:
    """Give the 95% interval of every figure of `summary`, by drawing probes with replacement."""
    by_probe: dict[str, Counter[tuple[str, str]]] = {}
    for row in graded:
        by_probe.setdefault(row.probe.probe_id, Counter())[row.label, row.verdict.label or "ungraded"] += 1
    cells = sorted({cell for counts in by_probe.values() for cell in counts})
    matrix = np.array([[counts[cell] for cell in cells] for counts in by_probe.values()])
    rng = np.random.default_rng(5)
    draws = [rng.multinomial(len(matrix), np.full(len(matrix), 1 / len(matrix))) @ matrix for _ in range(N_DRAWS)]
    found = [summary(Counter(dict(zip(cells, map(int, draw), strict=True)))) for draw in draws]
    return {key: tuple(np.quantile([one[key] for one in found], [0.025, 0.975])) for key in found[0]}


def print_set(name: str, graded: list[Graded]) -> None:
    counts = table(graded)
    columns = (*LABELS, "ungraded")
    spans = intervals(graded)
    say(f"\n{name}: n {len(graded)}, probes {len({row.probe.probe_id for row in graded})}")
    for key, value in summary(counts).items():
        if key == "abstention_recall" and not any(label == "abstained" for label, _ in counts):
            continue
        say(f"  {key} {value:.4f} [{spans[key][0]:.4f}, {spans[key][1]:.4f}]")
    say(f"{'label / verdict':>16} {' '.join(f'{column:>9}' for column in columns)}    recall precision")
    for label in LABELS:
        row = [counts[label, column] for column in columns]
        n_verdict = sum(counts[other, label] for other in LABELS)
        recall = f"{counts[label, label] / sum(row):9.3f}" if sum(row) else "        -"
        precision = f"{counts[label, label] / n_verdict:9.3f}" if n_verdict else "        -"
        say(f"{label:>16} {' '.join(f'{n:9}' for n in row)} {recall} {precision}")


def print_examples(graded: list[Graded], label: str, verdict: str, n: int) -> None:
    rows = [row for row in graded if row.label == label and (row.verdict.label or "ungraded") == verdict]
    random.Random(2).shuffle(rows)
    for row in rows[:n]:
        say(f"Q {row.probe.question[:160]}\n  T {' ## '.join(row.probe.targets)[:200]}")
        say(f"  D {' ## '.join(row.probe.distractors)[:160]}\n  A {row.text[:400]!r}")
        say(f"  = {row.verdict.step}: {row.verdict.evidence[:120]}")


def drawn(graded: list[Graded], n: int, seed: int) -> list[Graded]:
    ordered = sorted(graded, key=lambda row: (row.probe.probe_id, row.text, row.label))
    return random.Random(seed).sample(ordered, n)


def print_drawn(rows: list[Graded]) -> None:
    for n, row in enumerate(rows, start=1):
        given = {"n": n, "question": row.probe.question, "targets": row.probe.targets, "text": row.text}
        say(json.dumps(given | {"verdict": row.verdict.label or "ungraded"}, ensure_ascii=False))


def print_reading(rows: list[Graded], reading: Path) -> None:
    """Print how the verdicts agree with the recorded labels and with a reader of the same answers."""
    read = {line["n"]: line["label"] for line in read_lines(reading)}
    for title, labels in (("label", [row.label for row in rows]), ("reading", [read[n + 1] for n in range(len(rows))])):
        counts = Counter(zip(labels, (row.verdict.label or "ungraded" for row in rows), strict=True))
        n_abstained = sum(n for (label, _), n in counts.items() if label == "abstained")
        others = sum(n for (label, _), n in counts.items() if label != "abstained")
        false = sum(n for (label, given), n in counts.items() if label != "abstained" and given == "abstained")
        found = counts["abstained", "abstained"]
        say(f"by {title}: {found} of {n_abstained} abstained found; {false} of {others} others taken for abstained")
        say(f"  {dict(sorted(counts.items()))}")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--half", default="held-out", choices=["develop", "held-out", "all"])
    parser.add_argument("--only", choices=list(SETS))
    parser.add_argument("--rows", action="store_true")
    parser.add_argument("--show", nargs=3, metavar=("LABEL", "VERDICT", "N"))
    parser.add_argument("--draw", type=int, metavar="N")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--reading", type=Path)
    options = parser.parse_args()
    if options.draw:
        rows = drawn(grade_all(options.folder / "data", options.only, options.half), options.draw, options.seed)
        print_reading(rows, options.reading) if options.reading else print_drawn(rows)
        return
    for name in [options.only] if options.only else SETS:
        graded = grade_all(options.folder / "data", name, options.half, rows=options.rows)
        print_set(name, graded)
        if options.show:
            print_examples(graded, options.show[0], options.show[1], int(options.show[2]))


if __name__ == "__main__":
    main()
