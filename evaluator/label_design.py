"""How responses were drawn for people to label; gold.jsonl begins with it: it travels with the labels."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Literal

import msgspec

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
    drawn: tuple[str, ...] = ()
    """Which ones, by request_id: after a re-grading the verdicts no longer tell."""

    def __post_init__(self) -> None:
        if not 0 <= self.n_drawn <= self.n_responses:
            raise ValueError(f"n_drawn: need 0 to n_responses ({self.n_responses}), got {self.n_drawn}")
        if self.drawn and len(self.drawn) != self.n_drawn:
            raise ValueError(f"drawn: need n_drawn ({self.n_drawn}) request ids, got {len(self.drawn)}")


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

    @property
    def drawn(self) -> frozenset[str]:
        """The request_ids of all responses that were drawn; labels of others are in no calibration."""
        return frozenset(request_id for cell in self.cells for request_id in cell.drawn)


def draw_key(seed: int, request_id: str) -> str:
    """Return what the responses of a cell are ordered by to draw the first n_drawn of them.

    >>> draw_key(7, "a")[:16]
    '82d9d62baa6a7870'
    """
    return hashlib.sha256(f"{seed}:{request_id}".encode("utf-8", errors="surrogatepass")).hexdigest()


def verdicts_sha256(labels: Iterable[tuple[str, str]]) -> str:
    """Return what tells whether the cells of a design are those of today's verdicts.

    Args:
        labels: (request_id, label) of every graded response, in any order.

    >>> verdicts_sha256([("b", "wrong"), ("a", "correct")]) == verdicts_sha256([("a", "correct"), ("b", "wrong")])
    True
    """
    return hashlib.sha256(msgspec.json.encode(sorted(labels))).hexdigest()
