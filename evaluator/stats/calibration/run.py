"""Everything a run's labels say: calibrated estimates, budgets, and notes on what was refused."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import compress

import numpy as np
import numpy.typing as npt

from evaluator.gold_labels import GoldSet
from evaluator.records import LABELS, Counts, Estimate, Label, Manifest, UncertaintyBudget
from evaluator.stats.calibration.budget import HEADLINES, uncertainty_budget
from evaluator.stats.calibration.conditions import (
    DEFAULT_THRESHOLDS,
    Condition,
    Thresholds,
    refusal,
    refusals,
    table_conditions,
    warning,
    youden_j,
)
from evaluator.stats.calibration.estimates import Slice, calibrated_estimate, transported_estimate
from evaluator.stats.calibration.gold import usable_labels
from evaluator.stats.calibration.influence import RATES
from evaluator.stats.calibration.items import IMPOSSIBLE_CLASS, N_CLASSES, N_LABELS, UNLABELLED, CellTable, GradedItems
from evaluator.stats.calibration.transported import Confusion
from evaluator.stats.columns import UNGRADED, Columns, Rows
from evaluator.stats.estimates import Ints, Scope
from evaluator.stats.metrics import METRICS

Group = tuple[str, str]
"""Model and prompt."""
TRANSPORTED_SLICES = ("all", "answerable", "unanswerable")
_CODES: dict[str, int] = {label: code for code, label in enumerate(LABELS)}


@dataclass(frozen=True, slots=True, eq=False)
class ProbeFacts:
    """What follows from the probes alone; positions refer to their fixed order."""

    is_answerable: npt.NDArray[np.bool_]
    """Shape (n_probes,)."""
    clusters: Ints
    """Cluster code per probe, shape (n_probes,)."""
    slices: Mapping[str, Ints]
    """Positions of the probes of every slice."""


@dataclass(frozen=True, slots=True, eq=False)
class RunCalibration:
    """The graded responses of every model and prompt, with the labels that count."""

    items: Mapping[Group, GradedItems]
    facts: ProbeFacts
    is_usable: bool
    """Whether labels were given and none of the run's conditions refuses them."""
    conditions: tuple[Condition, ...] = ()
    notes: tuple[str, ...] = ()
    limits: Thresholds = DEFAULT_THRESHOLDS
    donors: Mapping[Group, Confusion] = field(default_factory=dict)
    truths: Ints | None = None
    """Code of the person's label per row of the columns, or `UNLABELLED`; None where no label counts."""

    def estimates(self, group: Group, counts: Mapping[str, Counts], level: float) -> list[Estimate]:
        """Calibrated estimates of one model under one prompt, in the order of the metrics.

        Args:
            group: The model and the prompt.
            counts: Labels and ungraded responses by slice.
            level: Target coverage, in (0, 1).

        Returns:
            Nothing when no label counts. A model without labels is corrected with those of
            others, and on whole kinds of probes only.
        """
        if not self.is_usable or group not in self.items:
            return []
        is_labelled = self.items[group].n_labels > 0
        others = [confusion for donor, confusion in self.donors.items() if donor != group]
        if not is_labelled and not others:
            return []
        found = []
        for metric in METRICS:
            for name in self.facts.slices:
                if metric.covers(name) and (is_labelled or name in TRANSPORTED_SLICES):
                    data = self._slice(group, name, counts[name], level)
                    found.append(
                        calibrated_estimate(metric, data, known=self.conditions, limits=self.limits)
                        if is_labelled
                        else transported_estimate(metric, data, others, limits=self.limits)
                    )
        return found

    def budgets(self, group: Group, estimates: Iterable[Estimate]) -> Iterator[UncertaintyBudget]:
        """Budgets of the headline rates: of the calibrated one where it has an interval, else of the raw one.

        Args:
            group: The model and the prompt.
            estimates: All of theirs.
        """
        by_name: dict[tuple[str, str], Estimate] = {}
        for estimate in estimates:
            key = (estimate.name, estimate.slice)
            # Calibrated ones come after raw ones; a transported one has no labels of its own to count.
            is_own = not estimate.calibrated or self._has_labels(group)
            if key in HEADLINES and estimate.low is not None and is_own:
                by_name[key] = estimate
        for name, slice_name in HEADLINES:
            if (name, slice_name) in by_name:
                items = self._slice_items(group, slice_name)
                budget = uncertainty_budget(items, by_name[name, slice_name], RATES[name])
                if budget is not None:
                    yield budget

    def _has_labels(self, group: Group) -> bool:
        return self.items[group].n_labels > 0

    def _slice_items(self, group: Group, name: str) -> GradedItems:
        is_member = np.zeros(len(self.facts.is_answerable), dtype=np.bool_)
        is_member[self.facts.slices[name]] = True
        items = self.items[group]
        return items.where(is_member[items.probes])

    def _slice(self, group: Group, name: str, counts: Counts, level: float) -> Slice:
        n_all = counts.correct + counts.wrong + counts.abstained + counts.ungraded
        return Slice(
            items=self._slice_items(group, name),
            scope=Scope(slice=name, model=group[0], prompt=group[1], level=level),
            ungraded_share=counts.ungraded / n_all if n_all else 0.0,
        )


def calibrate_run(
    gold: GoldSet | None,
    manifest: Manifest,
    columns: Columns,
    facts: ProbeFacts,
    *,
    limits: Thresholds = DEFAULT_THRESHOLDS,
) -> RunCalibration:
    """Join the labels with the graded responses of a run.

    Args:
        gold: Labels and their draw; None or empty when nobody labelled.
        manifest: Of the run.
        columns: Its responses and verdicts.
        facts: About its probes.
        limits: When to refuse or warn.
    """
    groups = columns.rows_by_group()
    if gold is None or not gold.labels:
        return RunCalibration(
            {group: _items(columns, rows, facts, None) for group, rows in groups.items()}, facts, False
        )
    usable = usable_labels(gold, manifest, VerdictsOf(columns), limits)
    truths = _truth_codes(columns, usable.by_request)
    items = {group: _items(columns, rows, facts, truths) for group, rows in groups.items()}
    tables = {group: CellTable.of(own) for group, own in items.items()}
    donors = {
        group: Confusion.of(table)
        for group, table in tables.items()
        if table.counts.any() and not refusals(list(table_conditions(table, limits)))
    }
    notes = [condition.note for condition in usable.conditions]
    if not usable.is_refused:
        notes += [*usable.notes, *_impossible_notes(columns, truths, facts)]
        notes += [*_unlabelled_notes(tables, donors), *_gap_notes(tables, limits)]
    return RunCalibration(
        items=items,
        facts=facts,
        is_usable=not usable.is_refused,
        conditions=usable.conditions,
        notes=tuple(notes),
        limits=limits,
        donors=donors,
        truths=None if usable.is_refused else truths,
    )


class VerdictsOf(Mapping[str, Label]):
    """The labels of all graded responses by request id, read off the columns when they are asked for.

    Args:
        columns: Of the run.
    """

    def __init__(self, columns: Columns) -> None:
        self._rows = columns.row_of
        self._codes = columns.taken("label", np.arange(len(columns.row_of)))

    def __getitem__(self, request_id: str) -> Label:
        code = int(self._codes[self._rows[request_id]])
        if code == UNGRADED:
            raise KeyError(request_id)
        return LABELS[code]

    def __iter__(self) -> Iterator[str]:
        # Rows are numbered in the order in which the requests came.
        return compress(self._rows, (self._codes != UNGRADED).tolist())

    def __len__(self) -> int:
        return int((self._codes != UNGRADED).sum())

    def pairs(self) -> Iterator[tuple[str, Label]]:
        """Request id and label of every graded response."""
        codes = self._codes[self._codes != UNGRADED].tolist()
        return zip(self, map(LABELS.__getitem__, codes), strict=True)


def _truth_codes(columns: Columns, labels: Mapping[str, Label]) -> Ints:
    """Code of the person's label per row of the columns, or `UNLABELLED`."""
    truths = np.full(len(columns.row_of), UNLABELLED, dtype=np.int64)
    for request_id, label in labels.items():
        truths[columns.row_of[request_id]] = _CODES[label]
    return truths


def _items(columns: Columns, rows: Rows, facts: ProbeFacts, truths: Ints | None) -> GradedItems:
    verdicts = columns.taken("label", rows)
    rows = rows[verdicts != UNGRADED]
    probes = columns.taken("probe", rows).astype(np.int64)
    kind = np.where(facts.is_answerable[probes], 0, N_LABELS)
    cells = columns.taken("label", rows).astype(np.int64) + kind
    given = np.full(len(rows), UNLABELLED) if truths is None else truths[rows]
    classes = np.where(given == UNLABELLED, UNLABELLED, given + kind)
    # A premise that was put right is an abstention: nothing is correct where there is no answer.
    classes[classes == IMPOSSIBLE_CLASS] = N_CLASSES - 1
    # One canonical order, or sums of floats would depend on the order of the records.
    order = np.lexsort((classes, cells, probes))
    return GradedItems(cells[order], classes[order], facts.clusters[probes][order], probes[order])


def _impossible_notes(columns: Columns, truths: Ints, facts: ProbeFacts) -> Iterator[str]:
    rows = np.flatnonzero(truths == _CODES["correct"])
    n = int((~facts.is_answerable[columns.taken("probe", rows)]).sum())
    if n:
        noun = "label says" if n == 1 else "labels say"
        yield f"{n} {noun} correct on a probe that has no answer: counted as abstained"


def _unlabelled_notes(tables: Mapping[Group, CellTable], donors: Mapping[Group, Confusion]) -> Iterator[str]:
    for (model, prompt), table in sorted(tables.items()):
        if table.counts.any():
            continue
        if donors:
            sentence = (
                f"{model} under prompt {prompt} has no labels: its calibrated rates rest on those of other models"
            )
            yield warning("transported", sentence, "label it too, above all before ranking it").note
        else:
            sentence = f"{model} under prompt {prompt} has no labels, and no other model has enough to lend"
            yield refusal("no_labels", sentence, "label some of its answers: evaluator label draw RUN").note


def _gap_notes(tables: Mapping[Group, CellTable], limits: Thresholds) -> Iterator[str]:
    """Say when the judge is so uneven that raw rates of models cannot be compared.

    Source:
        Fiedler (2026), arXiv:2605.06939: compare J between models.
    """
    found = {group: youden_j(table) for group, table in sorted(tables.items()) if table.counts.any()}
    known = {group: j for group, j in found.items() if j is not None}
    if len(known) < 2:
        return
    worst, best = min(known, key=lambda group: known[group]), max(known, key=lambda group: known[group])
    if known[best] - known[worst] > limits.max_judge_gap:
        sentence = (
            f"the judge's Youden J is {known[best]:.2f} on {best[0]} and {known[worst]:.2f} on {worst[0]}, "
            "by the labels"
        )
        yield warning(
            "differential_judge", sentence, "their raw rates are not comparable; compare calibrated ones"
        ).note
