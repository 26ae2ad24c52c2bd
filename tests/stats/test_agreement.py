from __future__ import annotations

import random
import time
from typing import Any

import numpy as np
import pytest

from evaluator.records import Label, Probe, Verdict
from evaluator.results import Agreement, LabelsRef
from evaluator.stats.agreement import agreement, cross_tables

REF = LabelsRef(
    path="labels.jsonl", sha256="ab", annotator="anna", n_labels=6, n_without_response=0, n_responses_without_label=1
)
PROBES = tuple(Probe(probe_id=f"p{i}", question="q", targets=("x",)) for i in range(6))


def verdict(probe_id: str, label: str, *, model: str = "m", repeat: int = 0, **fields: Any) -> Verdict:
    """A verdict; a label that is no label is why it is ungraded."""
    key = "label" if label in {"correct", "wrong", "abstained"} else "ungraded"
    return Verdict(
        request_id=f"{model}/{probe_id}/{repeat}",
        probe_id=probe_id,
        model=model,
        prompt="none",
        repeat=repeat,
        **{"grader": "cascade-1", "step": "matching", **fields, key: label},
    )


def compare(verdicts: list[Verdict], gold: dict[str, Label], probes: tuple[Probe, ...] = PROBES) -> Agreement:
    return agreement(verdicts, gold, probes, run_id="r", labels=REF)


VERDICTS = [
    verdict("p0", "correct"),
    verdict("p1", "wrong", step="leftover"),
    verdict("p2", "abstained", step="abstention"),
    verdict("p3", "empty", step="outcome"),
    verdict("p0", "wrong", model="n", step="leftover"),
    verdict("p3", "truncated", model="t", step=None),
]
GOLD: dict[str, Label] = {
    "m/p0/0": "correct",
    "m/p1/0": "correct",
    "m/p2/0": "abstained",
    "m/p3/0": "wrong",
    "n/p0/0": "wrong",
    "t/p3/0": "wrong",
}


def test_answers_are_compared_and_all_others_counted() -> None:
    found = compare(VERDICTS, GOLD)
    assert (found.run_id, found.grader, found.labels) == ("r", "cascade-1", REF)
    assert found.schema == "evaluator/agreement/1"
    assert (found.n_compared, found.n_ungraded) == (4, 2)
    assert found.ungraded == {"empty": 1, "truncated": 1}
    assert found.overall.table == ((1, 1, 0), (0, 1, 0), (0, 0, 1))
    assert found.overall.percent_agreement.value == 3 / 4
    assert found.overall.n_clusters == 3


def test_models_and_steps_add_up_to_the_whole() -> None:
    found = compare(VERDICTS, GOLD)
    assert list(found.by_model) == ["m", "n", "t"]
    assert [f.n for f in found.by_model.values()] == [3, 1, 0]
    assert [f.n_ungraded for f in found.by_model.values()] == [1, 0, 1]
    assert {step: f.n for step, f in found.by_step.items()} == {"abstention": 1, "leftover": 2, "matching": 1}
    for parts in (found.by_model, found.by_step):
        assert np.sum([f.table for f in parts.values()], axis=0).tolist() == [list(r) for r in found.overall.table]
    assert found.by_model["t"].percent_agreement.value is None


def test_verdicts_without_a_step_are_in_no_step() -> None:
    found = compare([verdict("p0", "correct", step=None)], {"m/p0/0": "correct"})
    assert found.by_step == {}
    assert found.n_compared == 1


def test_the_order_of_verdicts_and_labels_does_not_matter() -> None:
    shuffled = random.Random(3).sample(VERDICTS, len(VERDICTS))
    assert compare(shuffled, dict(reversed(GOLD.items()))) == compare(VERDICTS, GOLD)


def test_repeats_models_and_clusters_are_not_independent() -> None:
    probes = (*PROBES[:4], Probe(probe_id="p4", question="q", targets=("x",), twin="p0"))
    verdicts = [verdict("p0", "correct", repeat=k) for k in range(5)]
    verdicts += [verdict("p0", "correct", model="n"), verdict("p4", "correct"), verdict("p1", "wrong")]
    found = compare(verdicts, {v.request_id: "correct" for v in verdicts}, probes)
    assert (found.n_compared, found.overall.n_clusters) == (8, 2)


def test_all_ungraded_leaves_figures_null() -> None:
    found = compare([verdict("p0", "empty")], {"m/p0/0": "wrong"})
    assert (found.n_compared, found.n_ungraded) == (0, 1)
    assert found.overall.n_ungraded == 1
    assert found.overall.cohen_kappa.value is None
    assert found.by_model["m"].n_ungraded == 1


@pytest.mark.parametrize(
    ("verdicts", "gold", "says"),
    [
        ([], {}, "verdicts of one grader, got none"),
        (
            [verdict("p0", "wrong"), verdict("p1", "wrong", grader="x-1")],
            {"m/p0/0": "wrong", "m/p1/0": "wrong"},
            "got cascade-1, x-1",
        ),
        ([verdict("p0", "wrong"), verdict("p0", "wrong")], {"m/p0/0": "wrong"}, "two for m/p0/0"),
        ([verdict("zz", "wrong")], {"m/zz/0": "wrong"}, "known probes, got 'zz'"),
        ([verdict("p0", "wrong")], {"m/p0/0": "wrong", "m/p1/0": "wrong"}, "a verdict for every label.*m/p1/0"),
        ([verdict("p0", "wrong")], {}, "a label for every verdict, got none for m/p0/0"),
    ],
)
def test_records_that_do_not_fit_are_refused(verdicts: list[Verdict], gold: dict[str, Label], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        compare(verdicts, gold)


def test_a_level_out_of_range_is_refused() -> None:
    with pytest.raises(ValueError, match="need level"):
        agreement(VERDICTS, GOLD, PROBES, run_id="r", labels=REF, level=95)


def test_cross_tables_are_counted_per_cluster() -> None:
    random_ = np.random.default_rng(1)
    gold, verdicts, clusters = (random_.integers(0, n, 200) for n in (3, 3, 17))
    cells = cross_tables(gold, verdicts, clusters)
    slow = np.zeros((17, 3, 3))
    for g, v, c in zip(gold, verdicts, clusters, strict=True):
        slow[c, g, v] += 1
    assert cells.tolist() == slow.tolist()


def test_twenty_thousand_answers_take_well_under_two_seconds() -> None:
    random_ = random.Random(5)
    labels: tuple[Label, ...] = ("correct", "wrong", "abstained")
    probes = tuple(Probe(probe_id=f"p{i}", question="q", targets=("x",)) for i in range(4_326))
    verdicts = [
        verdict(p.probe_id, random_.choice(labels), model=f"m{k}", step=random_.choice("abc"))
        for p in probes
        for k in range(5)
    ]
    gold = {v.request_id: random_.choice(labels) for v in verdicts}
    start = time.process_time()
    found = compare(verdicts, gold, probes)
    assert time.process_time() - start < 1
    assert found.overall.n == 21_630
    assert abs(found.overall.cohen_kappa.value or 0) < 0.03
