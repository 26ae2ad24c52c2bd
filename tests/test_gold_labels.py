from __future__ import annotations

from evaluator.gold_labels import disagreements, final_labels, gold_set, opinions
from evaluator.records import GoldLabel, Label


def said(request_id: str, label: Label, annotator: str, *, adjudicates: bool = False) -> GoldLabel:
    return GoldLabel(
        run_id="r",
        request_id=request_id,
        response_sha256=f"text of {request_id}",
        label=label,
        annotator=annotator,
        labelled_at="",
        adjudicates=adjudicates,
    )


LABELS = (
    said("alone", "wrong", "a"),
    said("same", "correct", "a"),
    said("same", "correct", "b"),
    said("split", "correct", "a"),
    said("split", "wrong", "b"),
    said("most", "correct", "a"),
    said("most", "wrong", "b"),
    said("most", "wrong", "c"),
    said("settled", "correct", "a"),
    said("settled", "wrong", "b"),
    said("settled", "abstained", "a", adjudicates=True),
)


def test_the_last_word_is_the_adjudicators_then_the_majoritys() -> None:
    final = final_labels(LABELS)
    assert final.by_request == {
        "alone": "wrong",
        "same": "correct",
        "most": "wrong",
        "settled": "abstained",
    }
    assert final.open == ("split",)


def test_three_labels_of_three_annotators_are_open() -> None:
    three = (said("q", "correct", "a"), said("q", "wrong", "b"), said("q", "abstained", "c"))
    assert final_labels(three).open == ("q",)


def test_disagreements_are_what_nobody_settled() -> None:
    assert disagreements(LABELS).keys() == {"split", "most"}
    assert disagreements(LABELS)["split"] == {"a": "correct", "b": "wrong"}


def test_opinions_leave_out_what_adjudicators_said() -> None:
    assert opinions(LABELS)["settled"] == {"a": "correct", "b": "wrong"}


def test_labels_hold_for_their_text_only() -> None:
    texts = {label.request_id: label.response_sha256 for label in LABELS} | {"alone": "another text"}
    del texts["same"]
    found = gold_set(None, LABELS, texts)
    assert found.n_stale == 3
    assert {label.request_id for label in found.labels} == {"split", "most", "settled"}
