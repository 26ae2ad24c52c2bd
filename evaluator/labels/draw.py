"""Draw responses for people to label: a stratified probability sample by verdict.

The cells are model, prompt, answerability and verdict. Within a cell every response is equally
likely to be drawn, so what the labels say of a cell is unbiased whatever errors the grader makes.
"""

from __future__ import annotations

import heapq
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from evaluator.errors import ConfigError
from evaluator.label_design import Allocation, LabelCell, LabelDesign, draw_key, verdicts_sha256
from evaluator.records import LABELS, Label, Manifest, Probe, Verdict

ASSUMED_RIGHT = 0.9
"""How often Neyman's allocation takes a verdict to be right, before anybody has labelled."""


class Cell(msgspec.Struct, frozen=True, order=True):
    """Which responses are drawn from together."""

    model: str
    prompt: str
    answerable: bool
    verdict: Label


class DrawSettings(msgspec.Struct, frozen=True):
    """How many responses to draw, and how."""

    seed: int
    per_model: int = 150
    """Responses drawn for each model, over its prompts; more where the floor needs more."""
    allocation: Allocation = "proportional"
    floor: int = 10
    """Least number drawn from a cell, or all of a smaller one."""


def draw(
    manifest: Manifest,
    probes: Sequence[Probe],
    verdicts: Iterable[Verdict],
    settings: DrawSettings,
    *,
    earlier: LabelDesign | None = None,
) -> LabelDesign:
    """Draw a sample of the graded responses of a run.

    Args:
        manifest: Of the run.
        probes: Its probes.
        verdicts: Its verdicts; ungraded responses are not drawn.
        settings: How many and how.
        earlier: A draw that labels were given to. From equal cells nothing it drew is left out.

    Raises:
        ConfigError: If the earlier draw had another seed, or nothing is graded.
    """
    if earlier is not None and earlier.seed != settings.seed:
        raise ConfigError(
            f"--seed: there are labels for the draw with seed {earlier.seed}, got {settings.seed}; leave --seed out "
            "to extend that draw, or move gold.jsonl out of the run directory to begin anew"
        )
    members = responses_by_cell(probes, verdicts)
    if not members:
        raise ConfigError(f"run {manifest.run_id} has no graded responses to draw from")
    sha256 = verdicts_sha256((request_id, cell.verdict) for cell, ids in members.items() for request_id in ids)
    least = _drawn_before(earlier) if earlier is not None and earlier.verdicts_sha256 == sha256 else {}
    cells: list[LabelCell] = []
    for model in sorted({cell.model for cell in members}):
        own = {cell: members[cell] for cell in sorted(members) if cell.model == model}
        cells += _draw_cells(own, settings, least)
    return LabelDesign(
        run_id=manifest.run_id,
        seed=settings.seed,
        allocation=settings.allocation,
        floor=settings.floor,
        graders=graders_behind(manifest),
        verdicts_sha256=sha256,
        cells=tuple(cells),
    )


def responses_by_cell(probes: Sequence[Probe], verdicts: Iterable[Verdict]) -> dict[Cell, list[str]]:
    """Return the request_ids of the graded responses of every non-empty cell."""
    answerable = {probe.probe_id: probe.is_answerable for probe in probes}
    members: dict[Cell, list[str]] = {}
    for verdict in verdicts:
        if verdict.label is not None:
            cell = Cell(verdict.model, verdict.prompt, answerable[verdict.probe_id], verdict.label)
            members.setdefault(cell, []).append(verdict.request_id)
    return members


def graders_behind(manifest: Manifest) -> tuple[str, ...]:
    """Name the graders, the judges and the judges' prompt: other ones would give other verdicts."""
    prompt = manifest.judge_prompt
    named = (f"{prompt.version} {prompt.sha256}",) if prompt is not None and manifest.judges else ()
    return (*manifest.graders, *(judge.id for judge in manifest.judges), *named)


def allocate(
    sizes: Sequence[int], weights: Sequence[float], *, total: int, floor: int, least: Sequence[int]
) -> list[int]:
    """Share `total` among cells: the floor first, then one by one to the cell furthest behind its weight.

    Ranking by weight / (n + 1/2) is Sainte-Laguë's method: no cell ever gets fewer when the total
    grows, which rounding to the nearest cannot promise.

    Args:
        sizes: N_g, responses in each cell.
        weights: What the numbers drawn should be proportional to, > 0.
        total: To be drawn; floors and `least` are kept even when they need more.
        floor: Least number drawn from a cell, or all of a smaller one.
        least: Numbers that may not be gone below, each at most N_g.

    Returns:
        n_g, at most N_g each; they add up to `total` unless floors need more or there are not so many.

    Source:
        Balinski & Young (1982), Fair Representation, on monotone divisor methods.

    >>> allocate([500, 300, 12, 4], [500, 300, 12, 4], total=60, floor=10, least=[0, 0, 0, 0])
    [29, 17, 10, 4]
    """
    drawn = [max(min(floor, size), kept) for size, kept in zip(sizes, least, strict=True)]
    queue = [(-weight / (n + 0.5), g) for g, (weight, n) in enumerate(zip(weights, drawn, strict=True)) if n < sizes[g]]
    heapq.heapify(queue)
    for _ in range(total - sum(drawn)):
        if not queue:
            break
        _, g = heapq.heappop(queue)
        drawn[g] += 1
        if drawn[g] < sizes[g]:
            heapq.heappush(queue, (-weights[g] / (drawn[g] + 0.5), g))
    return drawn


def neyman_weights(sizes: Mapping[Cell, int]) -> dict[Cell, float]:
    """Return N_g · sd_g for the hallucination rate H = W / (W + A) of each model and prompt.

    sd_g is the standard deviation, within the cell, of what a response's true label moves H:
    e_C = 0, e_W = (1 - H) / D, e_A = -H / D with D the share of wrong and abstained. Before anybody
    has labelled, the verdict is taken to be right with probability 0.9 and other labels to share
    the rest; H and D come from the verdicts, with half a response added to each label.

    Args:
        sizes: Responses in each cell, of one model or several.

    Source:
        Neyman (1934), JRSS 97(4):558-625, with the linearised ratio in place of a mean.

    >>> few, many = Cell("m", "none", True, "wrong"), Cell("m", "none", True, "correct")
    >>> weights = neyman_weights({few: 20, many: 80})
    >>> round(weights[many] / weights[few], 3)
    3.915
    """
    totals: Counter[tuple[str, str, Label]] = Counter()
    for cell, size in sizes.items():
        totals[cell.model, cell.prompt, cell.verdict] += size
    weights = {}
    for cell, size in sizes.items():
        correct, wrong, abstained = (totals[cell.model, cell.prompt, label] + 0.5 for label in LABELS)
        rate = wrong / (wrong + abstained)
        share = (wrong + abstained) / (correct + wrong + abstained)
        moves = {"correct": 0.0, "wrong": (1 - rate) / share, "abstained": -rate / share}
        weights[cell] = size * _assumed_deviation(moves, cell)
    return weights


def _assumed_deviation(moves: Mapping[str, float], cell: Cell) -> float:
    possible = LABELS if cell.answerable else LABELS[1:]
    others = [label for label in possible if label != cell.verdict]
    chances = {label: (1 - ASSUMED_RIGHT) / len(others) for label in others} | {cell.verdict: ASSUMED_RIGHT}
    mean = sum(chance * moves[label] for label, chance in chances.items())
    return math.sqrt(sum(chance * (moves[label] - mean) ** 2 for label, chance in chances.items()))


def _drawn_before(earlier: LabelDesign) -> dict[Cell, int]:
    return {Cell(cell.model, cell.prompt, cell.answerable, cell.verdict): cell.n_drawn for cell in earlier.cells}


def _draw_cells(
    members: Mapping[Cell, Sequence[str]], settings: DrawSettings, least: Mapping[Cell, int]
) -> Iterable[LabelCell]:
    sizes = {cell: len(ids) for cell, ids in members.items()}
    is_neyman = settings.allocation == "neyman"
    weights: Mapping[Cell, float] = neyman_weights(sizes) if is_neyman else sizes
    numbers = allocate(
        list(sizes.values()),
        [weights[cell] for cell in sizes],
        total=settings.per_model,
        floor=settings.floor,
        least=[least.get(cell, 0) for cell in sizes],
    )
    for (cell, ids), n_drawn in zip(members.items(), numbers, strict=True):
        ordered = sorted(ids, key=lambda request_id: draw_key(settings.seed, request_id))
        yield LabelCell(
            model=cell.model,
            prompt=cell.prompt,
            answerable=cell.answerable,
            verdict=cell.verdict,
            n_responses=len(ids),
            n_drawn=n_drawn,
            drawn=tuple(ordered[:n_drawn]),
        )


def blind_order(design: LabelDesign) -> list[str]:
    """Return the request_ids that were drawn, shuffled by the seed: the place says nothing of the verdict."""
    # With another key than the draw's, under which small cells have larger keys.
    return sorted(design.drawn, key=lambda request_id: (draw_key(design.seed, f"order:{request_id}"), request_id))
