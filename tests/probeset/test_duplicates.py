from __future__ import annotations

import random
import time
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluator.probeset.duplicates import MOST_IN_BUCKET, duplicate_findings, similar_pairs
from evaluator.probeset.wording import token_multiset, tokens_of
from evaluator.records import Probe

LONG = (
    "In which year did the first railway between the two largest ports of the old northern kingdom"
    " open for goods trains that carried only salt fish"
)
QUESTION = "Which metal is liquid at room temperature?"


def probe(name: str, question: str, *, answer: bool = True, **fields: Any) -> Probe:
    side: dict[str, Any] = {"targets": ("t",)} if answer else {"unanswerable": "unknown"}
    return Probe(probe_id=name, question=question, **side, **fields)


def found(*probes: Probe) -> list[tuple[str, str | None]]:
    return [(finding.code, finding.probe_id) for finding in duplicate_findings(probes)]


def test_equal_questions_are_an_error_on_the_later_one() -> None:
    three = [probe("a", QUESTION), probe("b", QUESTION.upper()), probe("c", f" {QUESTION[:-1]} !")]
    assert found(*three) == [("P301", "b"), ("P301", "c")]


def test_the_message_says_when_only_one_of_them_is_answerable() -> None:
    (finding,) = duplicate_findings((probe("a", QUESTION), probe("b", QUESTION, answer=False)))
    assert finding.severity == "error"
    assert "'a'" in finding.message
    assert "only one of them is answerable" in finding.message


def test_one_word_of_many_is_a_warning_across_the_border_too() -> None:
    (finding,) = duplicate_findings((probe("a", f"{LONG} and wheat?"), probe("b", f"{LONG} and coal?", answer=False)))
    assert (finding.code, finding.severity, finding.probe_id) == ("P302", "warning", "b")


def test_the_same_words_in_another_order_are_a_warning() -> None:
    assert found(probe("a", "Is Rome older than Athens?"), probe("b", "Is Athens older than Rome?")) == [("P302", "b")]


def test_twins_are_left_to_their_own_rules() -> None:
    assert found(probe("a", QUESTION, twin="b"), probe("b", QUESTION, answer=False)) == []
    assert found(probe("a", f"{LONG} now?"), probe("b", f"{LONG} then?", answer=False, twin="a")) == []


def test_other_passages_and_other_choices_make_other_questions() -> None:
    assert found(probe("a", QUESTION, context="One."), probe("b", QUESTION, context="Two."), probe("c", QUESTION)) == []
    assert found(probe("a", QUESTION, choices=("t", "u")), probe("b", QUESTION, choices=("t", "v"))) == []
    assert found(probe("a", QUESTION, context="One."), probe("b", QUESTION, context="one")) == [("P301", "b")]


@pytest.mark.parametrize(
    ("one", "other"),
    [("What is 3 + 2?", "What is 3 - 2?"), ("Who was king in 1066?", "Who was king in 1067?"), ("Who?", "Why?")],
)
def test_short_questions_that_differ_in_a_word_are_different(one: str, other: str) -> None:
    assert found(probe("a", one), probe("b", other)) == []


def test_questions_of_signs_only_are_compared_too() -> None:
    assert found(probe("a", "?"), probe("b", "!?")) == [("P301", "b")]


@given(
    st.lists(st.lists(st.sampled_from("abcdef"), max_size=12), max_size=14),
    st.sampled_from([0.3, 0.5, 0.6, 0.75, 0.8, 0.92, 1.0]),
)
def test_the_buckets_find_exactly_what_comparing_every_pair_finds(texts: list[list[str]], threshold: float) -> None:
    sets = [token_multiset(text) for text in texts if text]
    expected = {
        (i, j)
        for (i, one), (j, other) in combinations(enumerate(sets), 2)
        if len(one & other) / len(one | other) >= threshold
    }
    assert {(i, j) for i, j, _ in similar_pairs(sets, threshold)} == expected


def test_ten_thousand_questions_take_seconds() -> None:
    rng = random.Random(0)
    words = [f"w{i}" for i in range(5_000)]
    probes = [probe(f"p{i}", " ".join(rng.choices(words, k=15))) for i in range(9_999)]
    start = time.process_time()
    assert found(*probes, probe("last", probes[17].question)) == [("P301", "last")]
    assert time.process_time() - start < 10


def test_a_template_used_thousands_of_times_takes_linear_time() -> None:
    template = " ".join(f"word{i}" for i in range(28))
    sets = [token_multiset(tokens_of(f"{template} name{i}")) for i in range(4000)]
    n_compared = sum(1 for _ in similar_pairs(sets))
    # Every pair is similar, 8 million of them; each set meets the last hundred of a bucket.
    assert 4000 <= n_compared <= 4000 * 3 * MOST_IN_BUCKET
    probes = tuple(Probe(probe_id=f"p{i}", question=f"{template} name{i}", targets=("t",)) for i in range(300))
    found = list(duplicate_findings(probes))
    assert len(found) == 299
    assert len({finding.probe_id for finding in found}) == 299
