"""The confidence of every model of a run: stated, from token probabilities, from repeats."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from evaluator.records import LABELS, ConfidenceFigures, ConfidenceSource
from evaluator.stats.calibration.items import UNLABELLED
from evaluator.stats.calibration.run import ProbeFacts
from evaluator.stats.clusters import Floats
from evaluator.stats.columns import Columns, Rows
from evaluator.stats.confidence.figures import SureAnswers, confidence_figures
from evaluator.stats.confidence.labelled import Labelled
from evaluator.stats.estimates import Ints, Scope

STATED = "confidence"
_CORRECT, _WRONG, _ABSTAINED = (LABELS.index(label) for label in ("correct", "wrong", "abstained"))
_SLICES = ("answered", "answered_answerable")
_COLUMNS: dict[ConfidenceSource, str] = {
    "stated": STATED,
    "token_probability": "token_probability",
    "sequence_probability": "sequence_probability",
}


def run_confidence(
    columns: Columns,
    groups: Mapping[tuple[str, str], Rows],
    facts: ProbeFacts,
    truths: Ints | None,
    *,
    level: float,
) -> Iterator[ConfidenceFigures]:
    """Measure every kind of confidence that occurs, for every model and prompt.

    Args:
        columns: The responses and verdicts of the run.
        groups: Rows by model and prompt, in the order to report them.
        facts: About the probes.
        truths: Position in `LABELS` of the person's label per row, or `UNLABELLED`; None where no labels count.
        level: Target coverage of the intervals, in (0, 1).
    """
    for (model, prompt), own in groups.items():
        labels = columns.taken("label", own)
        given = own[(labels == _CORRECT) | (labels == _WRONG)]
        for source, name in _COLUMNS.items():
            confidence = columns.taken(name, given)
            if np.isnan(confidence).all():
                continue
            for slice_name in _SLICES:
                scope = Scope(slice=slice_name, model=model, prompt=prompt, level=level)
                kept = _in_slice(columns, given, facts, slice_name)
                found = _sure(columns, given[kept], confidence[kept], facts, truths)
                yield confidence_figures(source, found, scope)
        if columns.keys is not None:
            yield from _agreement(columns, own, facts, Scope(slice="", model=model, prompt=prompt, level=level))


def _in_slice(columns: Columns, rows: Rows, facts: ProbeFacts, slice_name: str) -> npt.NDArray[np.bool_]:
    if slice_name == "answered":
        return np.ones(len(rows), dtype=np.bool_)
    kept: npt.NDArray[np.bool_] = facts.is_answerable[columns.taken("probe", rows)]
    return kept


def _sure(columns: Columns, rows: Rows, confidence: Floats, facts: ProbeFacts, truths: Ints | None) -> SureAnswers:
    is_known = ~np.isnan(confidence)
    used, stated = rows[is_known], confidence[is_known]
    correct = (columns.taken("label", used) == _CORRECT).astype(np.float64)
    clusters = facts.clusters[columns.taken("probe", used)]
    said = truths[used] if truths is not None else np.full(len(used), UNLABELLED)
    # One canonical order, or sums of floats would depend on the order of the records.
    order = np.lexsort((said, correct, stated, columns.taken("probe", used)))
    labelled = Labelled((said != UNLABELLED)[order], (said == _CORRECT)[order].astype(np.float64))
    return SureAnswers(
        confidence=stated[order],
        correct=correct[order],
        clusters=clusters[order],
        n_missing=int((~is_known).sum()),
        labelled=labelled if bool(labelled.is_labelled.any()) else None,
    )


def _agreement(columns: Columns, rows: Rows, facts: ProbeFacts, scope: Scope) -> Iterator[ConfidenceFigures]:
    modal = _modal_answers(columns, rows, len(facts.clusters))
    if not len(modal.probes):
        return
    for slice_name in _SLICES:
        kept = facts.is_answerable[modal.probes] | (slice_name == "answered")
        probes = modal.probes[kept]
        found = SureAnswers(
            confidence=modal.shares[kept],
            correct=modal.correct[kept],
            clusters=facts.clusters[probes],
            n_missing=int((modal.is_single & (facts.is_answerable | (slice_name == "answered"))).sum()),
        )
        own = Scope(slice=slice_name, model=scope.model, prompt=scope.prompt, level=scope.level)
        yield confidence_figures("agreement", found, own)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Modal:
    """The most frequent answer of every probe with two graded repeats or more, where it is an answer."""

    probes: Ints
    shares: Floats
    correct: Floats
    is_single: npt.NDArray[np.bool_]
    """Per probe of the run: whether it has one graded answer only."""


def _modal_answers(columns: Columns, rows: Rows, n_probes: int) -> _Modal:
    labels = columns.taken("label", rows)
    rows = rows[np.isin(labels, (_CORRECT, _WRONG, _ABSTAINED))]
    labels, probes = columns.taken("label", rows), columns.taken("probe", rows).astype(np.int64)
    ranks = columns.keys.ranks() if columns.keys is not None else np.zeros(1, dtype=np.int64)
    keys = np.where(labels == _ABSTAINED, ranks[0], ranks[columns.taken("answer", rows)])
    sizes = np.bincount(probes, minlength=n_probes)
    pairs, place, n = np.unique(probes * len(ranks) + keys, return_inverse=True, return_counts=True)
    hits = np.bincount(place, weights=labels == _CORRECT, minlength=len(pairs))
    abstained = np.bincount(place, weights=labels == _ABSTAINED, minlength=len(pairs))
    owner = pairs // len(ranks)
    # Most frequent first, then by the answer's place among all: the order of the rows plays no part.
    order = np.lexsort((pairs, -n, owner))
    _, first = np.unique(owner[order], return_index=True)
    best = order[first]
    is_used = (sizes[owner[best]] >= 2) & (abstained[best] == 0)
    best = best[is_used]
    return _Modal(
        probes=owner[best],
        shares=n[best] / sizes[owner[best]],
        correct=(2 * hits[best] > n[best]).astype(np.float64),
        is_single=sizes == 1,
    )
