"""How responses were drawn for people to label; gold.jsonl begins with it: it travels with the labels."""

from __future__ import annotations

from typing import Literal

from evaluator.record import Record

DESIGN_SCHEMA = "evaluator/gold/1"
Allocation = Literal["proportional", "neyman"]


class LabelCell(Record, frozen=True, omit_defaults=False):
    """One stratum of the draw: the graded responses of a model that share answerability and verdict."""

    model: str
    prompt: str
    answerable: bool
    verdict: Literal["correct", "wrong", "abstained"]
    n_responses: int
    """N_g: graded responses in the cell when the sample was drawn."""
    n_drawn: int
    """n_g: responses drawn from it, every one with the same probability n_drawn / n_responses."""


class LabelDesign(Record, frozen=True, omit_defaults=False):
    """A stratified probability sample: within a cell the responses with the smallest keyed hash are drawn.

    The key is `sha256(f"{seed}:{request_id}")`, so a larger draw with the same seed and verdicts holds the smaller one.
    """

    run_id: str
    seed: int
    allocation: Allocation
    floor: int
    """Least number drawn from a cell, or all of a smaller one."""
    graders: tuple[str, ...]
    """Graders, judges and judge prompt behind the verdicts; others make the calibration stale."""
    verdicts_sha256: str
    """SHA-256 over the sorted (request_id, label) pairs of the verdicts the cells were made from."""
    cells: tuple[LabelCell, ...]
    schema: str = DESIGN_SCHEMA
