"""How far the labelling of a run is, and how far the people agree who label it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from evaluator.gold_labels import GoldSet, disagreements, opinions
from evaluator.label_design import LabelDesign, verdicts_sha256
from evaluator.records import LABELS, Label, Probe, Verdict
from evaluator.results import AnnotatorAgreement, CellProgress, Disagreement, Figure, LabelStatus
from evaluator.stats.agreement_figures import OF_AGREEMENT, chance_corrected_interval
from evaluator.stats.annotator_coefficients import (
    Coefficient,
    annotators_ac1,
    coefficient_error,
    krippendorff_alpha,
    pairwise_agreement,
)
from evaluator.stats.clusters import Floats
from evaluator.stats.estimates import CLUSTERED_WILSON, FEW_CLUSTERS, NO_INTERVAL, Ints
from evaluator.stats.intervals import check_level
from evaluator.stats.slices import cluster_codes

GOOD_ALPHA, TENTATIVE_ALPHA = 0.8, 0.667
"""Krippendorff (2018), Content Analysis, 4th ed., section 12.5: rely on above, draw no conclusions below."""
_CODES: dict[str, int] = {label: code for code, label in enumerate(LABELS)}
_ONE_CLASS = "all labels are the same: there is nothing to tell apart"
_ONE_CLUSTER = "no interval: it needs at least two clusters, got 1"


def label_status(
    gold: GoldSet,
    probes: Sequence[Probe],
    verdicts: Sequence[Verdict],
    *,
    run_id: str,
    level: float = 0.95,
) -> LabelStatus:
    """Count labels and measure agreement.

    Args:
        gold: Labels and design.
        probes: Of the run.
        verdicts: Of the run, one per response.
        run_id: The run.
        level: Target coverage of the intervals, in (0, 1).

    Raises:
        ValueError: If a label is of a response without a verdict, or level is out of range.
    """
    check_level(level)
    design, labels = gold.design, gold.labels
    probe_of = {verdict.request_id: verdict.probe_id for verdict in verdicts}
    labelled = {label.request_id for label in labels}
    if unknown := labelled - probe_of.keys():
        msg = f"need labels of responses with a verdict, got one of {min(unknown)}"
        raise ValueError(msg)
    drawn = design.drawn if design else frozenset()
    graded = ((verdict.request_id, verdict.label) for verdict in verdicts if verdict.label is not None)
    return LabelStatus(
        run_id=run_id,
        seed=design.seed if design else None,
        allocation=design.allocation if design else None,
        has_same_verdicts=verdicts_sha256(graded) == design.verdicts_sha256 if design else None,
        cells=_cells(design, labelled) if design else (),
        n_drawn=len(drawn),
        n_labelled=len(drawn & labelled),
        n_outside=len(labelled - drawn),
        n_stale=gold.n_stale,
        by_annotator=dict(sorted(Counter(label.annotator for label in labels if not label.adjudicates).items())),
        n_adjudicated=sum(label.adjudicates for label in labels),
        level=level,
        agreement=annotator_agreement(opinions(labels), probe_of, probes, level=level),
        disagreements=tuple(
            Disagreement(request_id=request_id, probe_id=probe_of[request_id], labels=dict(sorted(said.items())))
            for request_id, said in sorted(disagreements(labels).items())
        ),
    )


def annotator_agreement(
    said: Mapping[str, Mapping[str, Label]],
    probe_of: Mapping[str, str],
    probes: Sequence[Probe],
    *,
    level: float = 0.95,
) -> AnnotatorAgreement | None:
    """Measure how far annotators agree.

    Answers to one probe, and to probes of one cluster, are not taken as independent.

    Args:
        said: Labels by request_id, then by annotator.
        probe_of: The probe of every labelled response, by request_id.
        probes: Of the run.
        level: Target coverage of the intervals, in (0, 1).

    Returns:
        None when no answer has labels by two annotators.
    """
    n_labels = [len(labels) for labels in said.values()]
    if max(n_labels, default=0) < 2:
        return None
    of_probe = dict(zip((probe.probe_id for probe in probes), cluster_codes(probes).tolist(), strict=True))
    ids = sorted(said)
    clusters = np.array([of_probe[probe_of[request_id]] for request_id in ids], dtype=np.int64)
    counts = np.zeros((len(ids), len(LABELS)))
    for row, request_id in enumerate(ids):
        for label in said[request_id].values():
            counts[row, _CODES[label]] += 1
    has_pair = counts.sum(axis=1) >= 2
    n_clusters = len(np.unique(clusters[has_pair]))
    alpha = _figure(krippendorff_alpha(counts), counts, clusters, level)
    return AnnotatorAgreement(
        annotators=tuple(sorted({name for labels in said.values() for name in labels})),
        n=int(has_pair.sum()),
        n_single=int((~has_pair).sum()),
        n_clusters=n_clusters,
        percent_agreement=_figure(pairwise_agreement(counts), counts, clusters, level),
        gwet_ac1=_figure(annotators_ac1(counts), counts, clusters, level),
        krippendorff_alpha=alpha,
        notes=tuple(_notes(alpha, n_clusters)),
    )


def _cells(design: LabelDesign, labelled: set[str]) -> tuple[CellProgress, ...]:
    return tuple(
        CellProgress(
            model=cell.model,
            prompt=cell.prompt,
            answerable=cell.answerable,
            verdict=cell.verdict,
            n_responses=cell.n_responses,
            n_drawn=cell.n_drawn,
            n_labelled=len(labelled.intersection(cell.drawn)),
        )
        for cell in design.cells
    )


def _figure(found: Coefficient | None, counts: Floats, clusters: Ints, level: float) -> Figure:
    has_pair = counts.sum(axis=1) >= 2
    n, n_clusters = int(has_pair.sum()), len(np.unique(clusters[has_pair]))
    if found is None or n_clusters < 2:
        value, reason = (None, _ONE_CLASS) if found is None else (found.value, _ONE_CLUSTER)
        return Figure(value=value, low=None, high=None, n=n, method=NO_INTERVAL, reason=reason)
    error = coefficient_error(found.influence, clusters)
    low, high = chance_corrected_interval(found.observed, found.chance, error, n_clusters, level=level)
    method = OF_AGREEMENT if found.chance else CLUSTERED_WILSON
    return Figure(value=found.value, low=low, high=high, n=n, method=method, reason=None)


def _notes(alpha: Figure, n_clusters: int) -> Iterable[str]:
    if alpha.value is not None and alpha.value < TENTATIVE_ALPHA:
        yield f"alpha is below {TENTATIVE_ALPHA}: agree on what the labels mean before you label more"
    elif alpha.value is not None and alpha.value < GOOD_ALPHA:
        yield f"alpha is below {GOOD_ALPHA}: conclusions from these labels are tentative"
    if n_clusters < FEW_CLUSTERS:
        yield f"few clusters ({n_clusters}): treat the intervals with caution"
