from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from evaluator.gold_labels import GoldSet
from evaluator.label_design import LabelCell, LabelDesign, verdicts_sha256
from evaluator.records import LABELS, GoldLabel, Label, Probe, Verdict
from evaluator.results import LabelStatus
from evaluator.stats.annotators import annotator_agreement, label_status

PROBES = [Probe(probe_id=f"p{n}", question="q", targets=("x",), cluster="one" if n < 2 else None) for n in range(40)]
VERDICTS = [
    Verdict(request_id=f"r{n}", probe_id=f"p{n}", model="m", prompt="none", repeat=0, grader="cascade-1", label="wrong")
    for n in range(40)
]
DRAWN = tuple(f"r{n}" for n in range(10))
DESIGN = LabelDesign(
    run_id="r",
    seed=7,
    allocation="proportional",
    floor=1,
    graders=("cascade-1",),
    verdicts_sha256=verdicts_sha256((verdict.request_id, "wrong") for verdict in VERDICTS),
    cells=(
        LabelCell(model="m", prompt="none", answerable=True, verdict="wrong", n_responses=40, n_drawn=10, drawn=DRAWN),
    ),
)


def said(n: int, label: Label, annotator: str, **fields: Any) -> GoldLabel:
    return GoldLabel(
        run_id="r",
        request_id=f"r{n}",
        response_sha256="s",
        label=label,
        annotator=annotator,
        labelled_at="",
        **fields,
    )


def status(*labels: GoldLabel, design: LabelDesign | None = DESIGN) -> LabelStatus:
    return label_status(GoldSet(design=design, labels=labels, n_stale=2), PROBES, VERDICTS, run_id="r")


def test_counts_are_those_one_gets_by_hand() -> None:
    found = status(
        said(0, "wrong", "anna"),
        said(0, "wrong", "ben"),
        said(1, "wrong", "anna"),
        said(1, "correct", "ben"),
        said(2, "wrong", "anna"),
        said(3, "abstained", "anna"),
        said(3, "correct", "ben"),
        said(3, "correct", "carla", adjudicates=True),
        said(30, "wrong", "anna"),
    )
    assert (found.n_drawn, found.n_labelled, found.n_outside, found.n_stale) == (10, 4, 1, 2)
    assert found.by_annotator == {"anna": 5, "ben": 3}
    assert found.n_adjudicated == 1
    assert found.cells[0].n_labelled == 4
    assert found.has_same_verdicts is True
    assert [(one.probe_id, one.labels) for one in found.disagreements] == [("p1", {"anna": "wrong", "ben": "correct"})]
    assert found.agreement is not None
    assert (found.agreement.n, found.agreement.n_single, found.agreement.n_clusters) == (3, 2, 2)
    # What was settled by carla still counts as said differently by anna and ben.
    assert found.agreement.percent_agreement.value == pytest.approx(1 / 3)


def test_one_annotator_has_nobody_to_agree_with() -> None:
    assert status(said(0, "wrong", "anna")).agreement is None
    assert status().agreement is None


def test_without_a_draw_labels_are_outside_it() -> None:
    found = status(said(0, "wrong", "anna"), design=None)
    assert (found.seed, found.has_same_verdicts, found.n_drawn, found.n_outside) == (None, None, 0, 1)


def test_other_verdicts_are_noticed_and_labels_stay() -> None:
    changed = [Verdict(**{f: getattr(v, f) for f in v.__struct_fields__} | {"label": "correct"}) for v in VERDICTS]
    gold = GoldSet(design=DESIGN, labels=(said(0, "wrong", "anna"),))
    found = label_status(gold, PROBES, changed, run_id="r")
    assert (found.has_same_verdicts, found.n_labelled) == (False, 1)


def test_a_label_of_an_unknown_response_is_an_error() -> None:
    with pytest.raises(ValueError, match="got one of r99"):
        status(said(99, "wrong", "anna"))


def test_one_cluster_has_no_interval_and_one_label_no_alpha() -> None:
    found = status(*(said(n, "wrong", name) for n in (0, 1) for name in ("anna", "ben"))).agreement
    assert found is not None
    assert (found.percent_agreement.value, found.percent_agreement.low) == (1, None)
    assert (found.krippendorff_alpha.value, found.krippendorff_alpha.reason) == (
        None,
        "all labels are the same: there is nothing to tell apart",
    )


@pytest.mark.parametrize(("n_differing", "says"), [(20, "below 0.667"), (7, "below 0.8"), (0, None)])
def test_poor_agreement_is_said(n_differing: int, says: str | None) -> None:
    labels = []
    for n in range(40):
        label = LABELS[n % 3]
        other = LABELS[(n + (n < n_differing)) % 3]
        labels += [said(n, label, "anna"), said(n, other, "ben")]
    found = status(*labels).agreement
    assert found is not None
    text = " ".join(found.notes)
    assert says in text if says else "alpha" not in text


def simulated(chance: np.random.Generator, n: int, error: float, n_annotators: int) -> dict[str, dict[str, Label]]:
    """Every annotator errs on their own, into either other label; a third label only half of the answers."""
    truth = chance.choice(3, size=n, p=[0.5, 0.1, 0.4])
    found: dict[str, dict[str, Label]] = {}
    for row in range(n):
        own: dict[str, Label] = {}
        for k in range(n_annotators):
            if k == 2 and chance.random() < 0.5:
                continue
            wrong = chance.random() < error
            own[f"a{k}"] = LABELS[(truth[row] + (1 + chance.integers(2) if wrong else 0)) % 3]
        found[f"r{row}"] = own
    return found


@pytest.mark.parametrize(("n", "error", "n_annotators"), [(40, 0.1, 2), (100, 0.05, 3)])
def test_the_intervals_hold_the_truth(n: int, error: float, n_annotators: int) -> None:
    probes = [Probe(probe_id=f"p{k}", question="q", targets=("x",)) for k in range(20_000)]
    probe_of = {f"r{k}": f"p{k}" for k in range(20_000)}
    chance = np.random.default_rng(3)
    truth = annotator_agreement(simulated(chance, 20_000, error, n_annotators), probe_of, probes)
    assert truth is not None
    names = ("percent_agreement", "gwet_ac1", "krippendorff_alpha")
    held = dict.fromkeys(names, 0)
    n_simulations = 400
    for _ in range(n_simulations):
        found = annotator_agreement(simulated(chance, n, error, n_annotators), probe_of, probes[:n])
        assert found is not None
        for name in names:
            figure = getattr(found, name)
            held[name] += figure.low <= getattr(truth, name).value <= figure.high
    # 400 simulations of 95% have a standard deviation of 1.1 points.
    assert all(0.915 <= count / n_simulations <= 0.995 for count in held.values()), held
