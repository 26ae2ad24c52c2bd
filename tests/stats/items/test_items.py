from __future__ import annotations

import itertools
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from evaluator.item_analysis import ItemAnalysis, ItemResult
from evaluator.jsonl import read_records
from evaluator.records import Label, Probe
from evaluator.stats.items.agreement import Asked, WrongAnswer, agreed_answers
from evaluator.stats.items.analysis import ItemAnswer, analyse_items
from evaluator.stats.items.discrimination import item_rest_correlations

KNOWN = tuple(
    Probe(probe_id=f"k{i}", question=f"Who wrote book number {i}?", targets=(f"Writer{i}",)) for i in range(8)
)
UNKNOWN = tuple(Probe(probe_id=f"u{i}", question=f"Who wrote lost {i}?", unanswerable="unknown") for i in range(4))


def answers(labels: dict[str, dict[str, Label]], texts: dict[str, str] | None = None) -> list[ItemAnswer]:
    """By model and probe."""
    said = texts or {}
    return [
        ItemAnswer(probe, model, "none", label, said.get(probe, f"{model}{probe}"))
        for model, own in labels.items()
        for probe, label in own.items()
    ]


def item(found: ItemAnalysis, probe_id: str) -> ItemResult:
    return next(each for each in found.items if each.probe_id == probe_id)


def kinds(found: ItemAnalysis, probe_id: str) -> list[str]:
    return [flag.kind for flag in item(found, probe_id).flags]


def test_the_correlation_is_the_textbook_one() -> None:
    rng = np.random.default_rng(5)
    scores = (rng.random((12, 6)) < 0.5).astype(float)
    scores[3, 2] = np.nan
    found = item_rest_correlations(scores)
    for column in range(6):
        rows = [r for r in range(12) if not np.isnan(scores[r, column])]
        rest = [float(np.nanmean(np.delete(scores[r], column))) for r in rows]
        assert found[column] == pytest.approx(np.corrcoef(scores[rows, column], rest)[0, 1])


def test_what_does_not_vary_has_no_correlation() -> None:
    assert np.isnan(item_rest_correlations(np.ones((5, 3)))).all()
    assert np.isnan(item_rest_correlations(np.array([[1.0, 0], [0, 1]]))).all()


def test_a_wrong_answer_that_most_models_share_is_flagged() -> None:
    labels: dict[str, dict[str, Label]] = {f"m{j}": {p.probe_id: "wrong" for p in KNOWN} for j in range(4)}
    found = analyse_items(KNOWN, answers(labels, {"k3": "It was Dostoevsky."}), ["r"])
    assert kinds(found, "k3") == ["same_wrong_answer"]
    assert item(found, "k3").modal_share == 1.0
    assert found.items[0].probe_id == "k3"


def test_an_unanswerable_probe_on_which_models_agree_is_flagged() -> None:
    labels: dict[str, dict[str, Label]] = {f"m{j}": {p.probe_id: "wrong" for p in UNKNOWN} for j in range(4)}
    found = analyse_items(UNKNOWN, answers(labels, {"u1": "Marlowe"}), ["r"])
    assert kinds(found, "u1") == ["agreed_answer"]
    assert kinds(found, "u2") == []


def test_two_models_do_not_make_an_agreement() -> None:
    labels: dict[str, dict[str, Label]] = {f"m{j}": {"k3": "wrong"} for j in range(2)}
    found = analyse_items(KNOWN, answers(labels, {"k3": "Dostoevsky"}), ["r"])
    assert found.n_flagged == 0
    assert any("agreement is looked for from 3 models on" in note for note in found.notes)


def test_words_of_the_question_and_common_words_are_no_agreement() -> None:
    asked = {f"p{i}": Asked(f"Where is town {i}?", ()) for i in range(300)}
    given = {name: [WrongAnswer(m, "Where is town? Somewhere certainly") for m in "abc"] for name in asked}
    assert agreed_answers(asked, given, {name: [a.text for a in said] for name, said in given.items()}) == {}


def test_where_a_number_is_asked_for_a_shared_unit_is_no_agreement() -> None:
    asked = {"p": Asked("How fast is it?", ("68 knots",))}
    said = {"p": [WrongAnswer(m, f"{n} mph") for m, n in zip("abc", (1, 2, 3), strict=True)]}
    assert agreed_answers(asked, said, {"p": [a.text for a in said["p"]]}) == {}
    same = {"p": [WrongAnswer(m, "83 mph") for m in "abc"]}
    assert agreed_answers(asked, same, {"p": ["83 mph"]})["p"].models == frozenset("abc")


def test_an_item_that_good_models_miss_is_flagged_with_enough_models() -> None:
    labels: dict[str, dict[str, Label]] = {}
    for j in range(6):
        labels[f"m{j}"] = {p.probe_id: "correct" if i < j else "wrong" for i, p in enumerate(KNOWN[:6])}
        labels[f"m{j}"]["k7"] = "correct" if j < 2 else "wrong"
    found = analyse_items(KNOWN, answers(labels), ["r"])
    assert kinds(found, "k7") == ["low_discrimination"]
    assert (item(found, "k7").item_rest_r or 0) < -0.5
    fewer = analyse_items(KNOWN, [a for a in answers(labels) if a.model in {"m0", "m3", "m5"}], ["r"])
    assert kinds(fewer, "k7") == []


def test_labels_that_flip_between_repeats_are_flagged() -> None:
    given = [ItemAnswer("k0", "m", "none", label, f"text {i}") for i, label in enumerate(("correct", "wrong") * 2)]
    found = analyse_items(KNOWN, given, ["r"])  # type: ignore[arg-type]
    assert kinds(found, "k0") == ["label_flips"]
    assert (item(found, "k0").flip_share, item(found, "k0").n_flip_pairs) == (pytest.approx(4 / 6), 6)


def test_equal_texts_with_other_labels_are_flagged() -> None:
    given = [ItemAnswer("k0", m, "none", label, "the same") for m, label in (("a", "correct"), ("b", "wrong"))]
    assert kinds(analyse_items(KNOWN, given, ["r"]), "k0") == ["unstable_grade"]  # type: ignore[arg-type]


def test_every_probe_stays_and_the_order_of_the_answers_does_not_matter() -> None:
    rng = random.Random(1)
    labels: dict[str, dict[str, Any]] = {
        f"m{j}": {p.probe_id: rng.choice(["correct", "wrong", "abstained"]) for p in KNOWN} for j in range(6)
    }
    given = answers(labels)
    first = analyse_items(KNOWN + UNKNOWN, given, ["r"])
    assert {each.probe_id for each in first.items} == {p.probe_id for p in KNOWN + UNKNOWN}
    for _ in range(5):
        rng.shuffle(given)
        assert analyse_items(KNOWN + UNKNOWN, given, ["r"]) == first


@pytest.mark.parametrize("text", ["", "\x00", "İ" * 500, "1" * 5000, "東京" * 300])
def test_no_text_breaks_it(text: str) -> None:
    given = [ItemAnswer("k0", f"m{j}", "none", "wrong", text) for j in range(4)]
    assert analyse_items(KNOWN, given, ["r"]).n_probes == len(KNOWN)


def test_flags_point_at_targets_that_people_find_incomplete(shared: Path) -> None:
    """Of NQ-301, people judged the answers; what the rules call wrong and people call correct lacks a target."""
    from evaluator.errors import LabelsFileError, ProbeFileError
    from evaluator.graders import default_grader
    from evaluator.labels import LabelLine
    from evaluator.records import RecordedAnswer, Response

    folder = shared / "data" / "openqa_nq301"
    probes = {p.probe_id: p for _, p in read_records(folder / "probes.jsonl", Probe, ProbeFileError)}
    human = {
        (line.probe_id, line.model): line.label
        for _, line in read_records(folder / "labels.jsonl.gz", LabelLine, LabelsFileError)
        if line.annotator == "human"
    }
    grader, given = default_grader(), []
    for _, line in read_records(folder / "answers.jsonl.gz", RecordedAnswer, ProbeFileError):
        fields: dict[str, Any] = {"request_id": "r", "prompt": "none", "repeat": 0, "outcome": "answered"}
        response = Response(probe_id=line.probe_id, model=line.model, text=line.text, **fields)
        label = grader.grade(probes[line.probe_id], response).label
        if label is not None:
            given.append(ItemAnswer(line.probe_id, line.model, "none", label, line.text))
    found = analyse_items(tuple(probes.values()), given, ["nq"])

    def is_incomplete(probe_id: str) -> bool:
        wrong = [a for a in given if a.probe_id == probe_id and a.label == "wrong" and (probe_id, a.model) in human]
        return sum(human[probe_id, a.model] == "correct" for a in wrong) * 2 >= max(len(wrong), 1)

    suspect = [i.probe_id for i in found.items if "same_wrong_answer" in {flag.kind for flag in i.flags}]
    clean = [i.probe_id for i in found.items if not i.flags]
    shares = [sum(map(is_incomplete, ids)) / len(ids) for ids in (suspect, clean)]
    assert len(suspect) >= 30
    assert shares[0] > 2 * shares[1], shares


def test_combinations_of_flags_are_counted_by_kind() -> None:
    given = [
        ItemAnswer("k0", f"m{j}", "none", label, "Dostoevsky" if label == "wrong" else "x")  # type: ignore[arg-type]
        for j, label in itertools.product(range(4), ("wrong", "correct", "wrong"))
    ]
    found = analyse_items(KNOWN, given, ["r"])
    assert found.by_kind["same_wrong_answer"] == 1
    assert found.by_kind["label_flips"] == 1
    assert found.n_flagged == 1
