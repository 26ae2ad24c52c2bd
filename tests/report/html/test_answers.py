"""The data of the answer browser: complete while it is small, bounded when it is not."""

from __future__ import annotations

import hashlib
import random

import msgspec
import pytest

from evaluator.report.html import answers
from evaluator.report.html.answers import TEXT_LIMIT
from tests.report.html.answers import answer_table, given, probes_of, table_of


def test_a_small_run_is_shown_whole_with_gold_labels() -> None:
    table = table_of("Paris", "Rome")
    data = msgspec.json.decode(table.data)
    assert table.asked == (4, 4, 2, 2)
    assert [row[12] for row in data["answers"]] == ["Paris", "Paris", "Rome", "Rome"]
    assert [row[5] for row in data["answers"]] == ["correct", None, None, None]
    assert data["models"] == ["m", "n"]


def test_a_large_run_keeps_whole_probes_and_says_how_many() -> None:
    texts = [f"{i}" * 500 for i in range(50)]
    table = table_of(*texts, most_bytes=20_000)
    data = msgspec.json.decode(table.data)
    assert 0 < table.asked.n_probes < table.asked.n_probes_total == 50
    assert table.asked.n_answers == len(data["answers"]) == 2 * table.asked.n_probes
    assert len(table.data) < 60_000
    positions = [row[0] for row in data["answers"]]
    assert {positions.count(position) for position in positions} == {2}


def test_which_probes_are_kept_does_not_depend_on_the_answers() -> None:
    one = msgspec.json.decode(table_of(*["a" * 400] * 30, most_bytes=20_000).data)["probes"]
    other = msgspec.json.decode(table_of(*["b" * 400] * 30, most_bytes=20_000).data)["probes"]
    assert [probe[0] for probe in one] == [probe[0] for probe in other]


def test_at_least_one_probe_is_shown_and_endless_texts_are_cut() -> None:
    table = table_of("x" * 100_000, most_bytes=10)
    (first, _) = msgspec.json.decode(table.data)["answers"]
    assert first[12].startswith("x" * TEXT_LIMIT + " … (96,000 more")


def test_half_a_surrogate_pair_is_replaced() -> None:
    assert msgspec.json.decode(table_of("a\ud800b").data)["answers"][0][12] == "a?b"


@pytest.mark.parametrize("most_answers", [1, 7, 40, 10_000])
@pytest.mark.parametrize("most_bytes", [1_000, 20_000, 10_000_000])
def test_answers_that_are_let_go_on_the_way_would_not_have_been_shown(
    monkeypatch: pytest.MonkeyPatch, most_answers: int, most_bytes: int
) -> None:
    monkeypatch.setattr(answers, "MOST_ANSWERS", most_answers)
    chance = random.Random(most_answers)
    probes = probes_of(*("q" * chance.randrange(1, 200) for _ in range(60)))
    graded = [given(chance.choice(probes), f"m{n}", "x" * chance.randrange(500)) for n in range(1500)]
    found = msgspec.json.decode(answer_table(probes, graded, most_bytes=most_bytes).data)
    # As one would choose who knows all answers at once.
    left, shown = [most_bytes, most_answers], set[str]()
    for probe in sorted(probes, key=lambda probe: hashlib.sha256(probe.probe_id.encode()).digest()):
        own = [one for one in graded if one.response.probe_id == probe.probe_id]
        left[0] -= 3 * len(probe.question) + 150
        left[0] -= sum(len(one.response.text) + len(one.verdict.evidence) + 150 for one in own)
        left[1] -= len(own)
        if shown and min(left) < 0:
            break
        shown.add(probe.probe_id)
    assert [probe[0] for probe in found["probes"]] == [one.probe_id for one in probes if one.probe_id in shown]
    texts = [one.response.text for one in graded if one.response.probe_id in shown]
    assert [row[12] for row in found["answers"]] == texts
