"""How far a grader agrees with labels: overall, by model, and by the step that decided."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from evaluator.records import LABELS, Label, Probe, Verdict
from evaluator.results import Agreement, AgreementFigures, LabelsRef
from evaluator.stats.agreement_figures import agreement_figures
from evaluator.stats.clusters import Floats
from evaluator.stats.estimates import Ints
from evaluator.stats.intervals import check_level
from evaluator.stats.slices import cluster_codes

_CODES: dict[str, int] = {label: code for code, label in enumerate(LABELS)}
_N = len(LABELS)


def agreement(
    verdicts: Iterable[Verdict],
    gold: Mapping[str, Label],
    probes: Sequence[Probe],
    *,
    run_id: str,
    labels: LabelsRef,
    level: float = 0.95,
) -> Agreement:
    """Compare the verdicts of one grader with labels of the same answers.

    The order of the verdicts does not matter. Answers to one probe, and to probes of one
    cluster, are not taken as independent.

    Args:
        verdicts: One per labelled response, all by one grader.
        gold: The labels by request id.
        probes: The probes of the run.
        run_id: The run.
        labels: Where the labels come from.
        level: Target coverage of the intervals, in (0, 1).

    Raises:
        ValueError: If verdicts are by several graders or none, share a request, are on an
            unknown probe, or a label has no verdict or a verdict no label, or level is out of
            range.
    """
    check_level(level)
    rows = _rows(verdicts, gold, probes)
    if len(rows.graders) != 1:
        msg = f"need the verdicts of one grader, got {', '.join(sorted(rows.graders)) or 'none'}"
        raise ValueError(msg)
    everything = _figures_by([""] * len(rows.gold), rows, Counter({"": rows.n_ungraded}), level)
    nothing = agreement_figures(np.zeros((0, _N, _N)), n_ungraded=0, level=level)
    return Agreement(
        run_id=run_id,
        grader=next(iter(rows.graders)),
        labels=labels,
        level=level,
        n_compared=len(rows.gold),
        n_ungraded=rows.n_ungraded,
        ungraded={reason: rows.ungraded[reason] for reason in sorted(rows.ungraded)},
        overall=everything.get("", nothing),
        by_model=_figures_by(rows.models, rows, rows.ungraded_models, level),
        by_step=_figures_by(rows.steps, rows, Counter(), level, skip=""),
    )


def cross_tables(gold: Ints, verdicts: Ints, clusters: Ints) -> Floats:
    """Count labels by verdicts within every cluster.

    Args:
        gold: Label codes, positions in `LABELS`, shape (n,).
        verdicts: Label codes, shape (n,).
        clusters: Any code per answer, equal within a cluster, shape (n,).

    Returns:
        Shape (n_clusters, 3, 3), clusters in the order of their codes.

    >>> cross_tables(np.array([0, 1]), np.array([0, 2]), np.array([7, 7])).astype(int).tolist()
    [[[1, 0, 0], [0, 0, 1], [0, 0, 0]]]
    """
    found, code = np.unique(clusters, return_inverse=True)
    cell = (code * _N + gold) * _N + verdicts
    return np.bincount(cell, minlength=len(found) * _N * _N).reshape(-1, _N, _N).astype(np.float64)


@dataclass
class _Rows:
    """Graded answers as columns, and counts of the ungraded."""

    gold: list[int] = field(default_factory=list)
    verdicts: list[int] = field(default_factory=list)
    clusters: list[int] = field(default_factory=list)
    models: list[str] = field(default_factory=list)
    steps: list[str] = field(default_factory=list)
    graders: set[str] = field(default_factory=set)
    ungraded: Counter[str] = field(default_factory=Counter)
    ungraded_models: Counter[str] = field(default_factory=Counter)

    @property
    def n_ungraded(self) -> int:
        return self.ungraded.total()

    def add(self, verdict: Verdict, label: Label, cluster: int) -> None:
        self.graders.add(verdict.grader)
        if verdict.label is None:
            self.ungraded[str(verdict.ungraded)] += 1
            self.ungraded_models[verdict.model] += 1
        else:
            self.gold.append(_CODES[label])
            self.verdicts.append(_CODES[verdict.label])
            self.clusters.append(cluster)
            self.models.append(verdict.model)
            self.steps.append(verdict.step or "")


def _rows(verdicts: Iterable[Verdict], gold: Mapping[str, Label], probes: Sequence[Probe]) -> _Rows:
    ids = (probe.probe_id for probe in probes)
    clusters = dict(zip(ids, cluster_codes(probes).tolist(), strict=True))
    rows, seen = _Rows(), set()
    for verdict in verdicts:
        if verdict.request_id in seen:
            msg = f"need one verdict per request, got two for {verdict.request_id}"
            raise ValueError(msg)
        if verdict.probe_id not in clusters:
            msg = f"need verdicts on known probes, got {verdict.probe_id!r}"
            raise ValueError(msg)
        if verdict.request_id not in gold:
            msg = f"need a label for every verdict, got none for {verdict.request_id}"
            raise ValueError(msg)
        seen.add(verdict.request_id)
        rows.add(verdict, gold[verdict.request_id], clusters[verdict.probe_id])
    if without := gold.keys() - seen:
        msg = f"need a verdict for every label, got none for {min(without)}"
        raise ValueError(msg)
    return rows


def _figures_by(
    names: Sequence[str], rows: _Rows, ungraded: Counter[str], level: float, *, skip: str | None = None
) -> dict[str, AgreementFigures]:
    known = sorted(({*names} | ungraded.keys()) - {skip})
    code_of = {name: code for code, name in enumerate(sorted({*names}))}
    codes = np.fromiter(map(code_of.__getitem__, names), dtype=np.int64, count=len(names))
    gold, verdicts, clusters = (
        np.array(column, dtype=np.int64) for column in (rows.gold, rows.verdicts, rows.clusters)
    )
    order = np.argsort(codes, kind="stable")
    ends = np.cumsum(np.bincount(codes, minlength=len(code_of)))
    members = dict(zip(code_of, np.split(order, ends[:-1]), strict=False))
    nobody = np.array([], dtype=np.int64)
    found = {name: members.get(name, nobody) for name in known}
    return {
        name: agreement_figures(
            cross_tables(gold[own], verdicts[own], clusters[own]), n_ungraded=ungraded[name], level=level
        )
        for name, own in found.items()
    }
