from __future__ import annotations

import random

import pytest

from evaluator.probeset import split_by_hash
from evaluator.probeset.groups import groups_of
from evaluator.records import Probe


def probe(name: str, twin: str | None = None, cluster: str | None = None) -> Probe:
    return Probe(probe_id=name, question="q", targets=("t",), twin=twin, cluster=cluster)


PAIRS = [probe(f"{side}{i}", twin=f"{other}{i}") for i in range(200) for side, other in ("ab", "ba")]


def test_twins_and_clusters_join_through_each_other() -> None:
    chain = [
        probe("d", cluster="k"),
        probe("a", cluster="k", twin="z"),
        probe("z"),
        probe("b"),
        probe("c", twin="gone"),
    ]
    assert groups_of(chain) == ["a", "a", "a", "b", "c"]


def test_every_probe_is_in_one_part_in_the_order_given() -> None:
    first, second = split_by_hash(PAIRS, 0.4)
    assert [p for p in PAIRS if p in first] == list(first)
    assert sorted(p.probe_id for p in (*first, *second)) == sorted(p.probe_id for p in PAIRS)


def test_twins_stay_together() -> None:
    first, second = split_by_hash(PAIRS, 0.5)
    assert {p.twin for p in first} == {p.probe_id for p in first}
    assert first
    assert second


def test_the_share_is_kept_about() -> None:
    many = [probe(f"p{i}") for i in range(4_000)]
    assert abs(len(split_by_hash(many, 0.3)[0]) / 4_000 - 0.3) < 0.03


def test_order_and_unrelated_probes_move_nothing() -> None:
    shuffled = PAIRS[:100]
    random.Random(1).shuffle(shuffled)
    whole, part = split_by_hash(PAIRS, 0.5)[0], split_by_hash(shuffled, 0.5)[0]
    assert set(part) == set(whole) & set(shuffled)


def test_a_larger_share_contains_the_smaller() -> None:
    assert set(split_by_hash(PAIRS, 0.2)[0]) <= set(split_by_hash(PAIRS, 0.5)[0])


def test_the_ends_are_everything_and_nothing() -> None:
    assert split_by_hash(PAIRS, 0)[0] == ()
    assert split_by_hash(PAIRS, 1)[1] == ()
    assert split_by_hash([], 0.5) == ((), ())


@pytest.mark.parametrize("share", [-0.1, 1.1, float("nan")])
def test_a_share_out_of_range_is_refused(share: float) -> None:
    with pytest.raises(ValueError, match=r"need share in \[0, 1\]"):
        split_by_hash(PAIRS, share)
