"""Where the width of an interval comes from, and what would narrow it: probes, repeats or labels."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from evaluator.records import LABELS, CellUncertainty, Estimate, NextStep, UncertaintyBudget
from evaluator.stats.calibration.conditions import cell_name
from evaluator.stats.calibration.influence import ShareRatio
from evaluator.stats.calibration.items import N_LABELS, GradedItems
from evaluator.stats.calibration.poststratified import Calibrated, label_variances, poststratify
from evaluator.stats.clusters import Floats

HEADLINES = (
    ("hallucination_rate", "all"),
    ("hallucination_rate", "answerable"),
    ("hallucination_rate", "unanswerable"),
    ("accuracy", "answerable"),
    ("omniscience_index", "answerable"),
)
"""Metric and slice of the rates that get a budget."""
LABEL_STEP = 40
"""Labels per step: what one person does in an hour or two."""
PROBE_STEP = 0.5
"""More probes per step, as a share of those there are."""
_ROUND_TO = 10


@dataclass(frozen=True, slots=True, eq=False)
class VarianceParts:
    """The variance of a rate by what it comes from; the parts add up to it."""

    probes: float
    repeats: float | None
    """None when no probe has two graded responses."""
    labels: Floats
    """Per cell, shape (6,)."""

    @property
    def total(self) -> float:
        """The variance of the rate."""
        return self.probes + (self.repeats or 0.0) + float(self.labels.sum())


def variance_parts(items: GradedItems, found: Calibrated, ratio: ShareRatio) -> VarianceParts:
    """Split the variance of a rate.

    Labels: Σ_g p_g²·Var(e | g)·(1/n_g - 1/N_g). Repeats: the spread, within a probe, of what a
    verdict is worth. Probes: the rest, never below 0.

    Args:
        items: The responses the rate was estimated from.
        found: The rate.
        ratio: Its definition.

    Source:
        Miller (2024), arXiv:2411.00640, section 3, for probes and repeats; the law of total
        variance for labels.
    """
    counted = items.where(ratio.cells[items.cells] > 0)
    worth = (found.table.truth_given_cell() * ratio.gradient(found.shares)).sum(axis=1)[counted.cells]
    repeats = _repeat_variance(worth, counted)
    labels = found.label_variances
    room = max(found.variance - float(labels.sum()), 0.0)
    if repeats is not None:
        repeats = min(repeats, room)
    return VarianceParts(probes=room - (repeats or 0.0), repeats=repeats, labels=labels)


def uncertainty_budget(items: GradedItems, estimate: Estimate, ratio: ShareRatio) -> UncertaintyBudget | None:
    """Explain the interval of an estimate.

    Args:
        items: Graded responses of its slice; for a raw rate their labels are not looked at.
        estimate: The rate.
        ratio: Its definition.

    Returns:
        None when the estimate has no interval or no variance to explain.
    """
    if estimate.low is None or estimate.high is None:
        return None
    used = items if estimate.calibrated else items.taken_at_their_verdict()
    found = poststratify(used, ratio, level=estimate.level)
    if found is None or found.variance <= 0:
        return None
    parts = variance_parts(used, found, ratio)
    if parts.total <= 0:
        return None
    half_width = (estimate.high - estimate.low) / 2
    plan = _Plan(used.where(ratio.cells[used.cells] > 0), found, parts, half_width, estimate, ratio)
    return UncertaintyBudget(
        name=estimate.name,
        slice=estimate.slice,
        model=estimate.model,
        prompt=estimate.prompt,
        calibrated=estimate.calibrated,
        half_width=half_width,
        probes_share=parts.probes / parts.total,
        repeats_share=None if parts.repeats is None else parts.repeats / parts.total,
        labels_share=float(parts.labels.sum()) / parts.total,
        cells=tuple(_cells(found, parts)) if estimate.calibrated else (),
        steps=tuple(sorted(plan.steps(), key=lambda step: step.half_width)),
    )


def _repeat_variance(worth: Floats, items: GradedItems) -> float | None:
    """Σ_i n_i·s_i² / N² over probes with repeats, stretched to the responses of the others."""
    code = items.probes
    sizes = np.bincount(code)
    is_repeated = sizes >= 2
    if not is_repeated.any():
        return None
    means = np.bincount(code, weights=worth) / np.maximum(sizes, 1)
    squares = np.bincount(code, weights=(worth - means[code]) ** 2)
    sums = float((sizes[is_repeated] * squares[is_repeated] / (sizes[is_repeated] - 1)).sum())
    return sums / len(worth) ** 2 * (len(worth) / float(sizes[is_repeated].sum()))


def _cells(found: Calibrated, parts: VarianceParts) -> Iterator[CellUncertainty]:
    for cell in np.flatnonzero(found.table.sizes).tolist():
        yield CellUncertainty(
            answerable=cell < N_LABELS,
            verdict=LABELS[cell % N_LABELS],
            n_responses=int(found.table.sizes[cell]),
            n_labels=int(found.table.labelled[cell]),
            variance_share=float(parts.labels[cell]) / parts.total,
        )


@dataclass(frozen=True, slots=True, eq=False)
class _Plan:
    """What could be done next; the spreads stay as they are estimated now."""

    items: GradedItems
    found: Calibrated
    parts: VarianceParts
    half_width: float
    estimate: Estimate
    ratio: ShareRatio

    def steps(self) -> Iterator[NextStep]:
        """The best cell to label, more probes, and more repeats where repeats differ."""
        yield from self._label_step()
        n_probes = int(np.count_nonzero(np.bincount(self.items.probes)))
        of_kind = "" if self.estimate.slice == "all" else f"{self.estimate.slice} "
        n_more = max(_ROUND_TO, round(n_probes * PROBE_STEP / _ROUND_TO) * _ROUND_TO)
        yield self._step("probes", n_more, self._with_more(n_probes, n_more), f"{n_more} more {of_kind}probes")
        if self.parts.repeats:
            n_repeats = max(1, round(len(self.items) / n_probes))
            variance = self.parts.total - self.parts.repeats / 2
            what = f"{n_repeats} more {'repeat' if n_repeats == 1 else 'repeats'} of every probe"
            yield self._step("repeats", n_repeats, variance, what)

    def _label_step(self) -> Iterator[NextStep]:
        table = self.found.table
        left = np.where(table.labelled > 0, table.sizes - table.labelled, 0)
        if not self.estimate.calibrated or not (left > 0).any():
            return
        n_more = np.minimum(left, LABEL_STEP)
        with_more = np.where(table.labelled > 0, 1 / np.maximum(table.labelled + n_more, 1), 0)
        finite = np.where(table.sizes > 0, 1 / np.maximum(table.sizes, 1), 0)
        # A thin cell's smoothed spread stays: one does not know better before the labels are there.
        now = np.maximum(1 / np.maximum(table.labelled, 1) - finite, 0)
        kept = np.divide(np.maximum(with_more - finite, 0), now, where=now > 0, out=np.ones_like(now))
        gains = self.parts.labels * (1 - kept)
        cell = int(gains.argmax())
        n = int(n_more[cell])
        if n == 0 or gains[cell] <= 0:
            return
        what = f"{n} more {'label' if n == 1 else 'labels'} on {cell_name(cell)} of {self.estimate.model}"
        yield self._step("labels", n, self.parts.total - float(gains[cell]), what, cell)

    def _with_more(self, n_probes: int, n_more: int) -> float:
        """The variance with more probes and the same labels, which then cover a smaller part."""
        grown = n_probes / (n_probes + n_more)
        table = self.found.table
        labels = self.parts.labels.copy()
        if self.estimate.calibrated:
            larger = type(table)(table.sizes / grown, table.counts)
            labels += label_variances(larger, self.found.spreads) - label_variances(table, self.found.spreads)
        return (self.parts.total - float(self.parts.labels.sum())) * grown + float(labels.sum())

    def _step(self, kind: str, n_more: int, variance: float, what: str, cell: int | None = None) -> NextStep:
        after = self.half_width * math.sqrt(variance / self.parts.total)
        scale = 100 if self.ratio.limits == (0, 1) else 1
        now, then = f"±{self.half_width * scale:.1f}", f"±{after * scale:.1f}"
        return NextStep(
            kind=kind,  # type: ignore[arg-type]
            answerable=None if cell is None else cell < N_LABELS,
            verdict=None if cell is None else LABELS[cell % N_LABELS],
            n_more=n_more,
            half_width=after,
            text=f"{what} would narrow {now} to {then} points",
        )
