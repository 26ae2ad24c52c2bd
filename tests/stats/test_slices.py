from __future__ import annotations

from typing import Any

from evaluator.records import Probe
from evaluator.stats.slices import cluster_codes, slice_members, twin_pairs


def probe(probe_id: str, reason: Any = None, **fields: Any) -> Probe:
    targets = ("x",) if reason is None else ()
    return Probe(probe_id=probe_id, question="q", targets=targets, unanswerable=reason, **fields)


def same_cluster(probes: list[Probe], one: int, two: int) -> bool:
    codes = cluster_codes(probes)
    return bool(codes[one] == codes[two])


def test_every_probe_is_in_the_slices_it_belongs_to() -> None:
    probes = [
        probe("a", topic="sport", language="zh"),
        probe("b", "future", topic="history", twin="c"),
        probe("c", topic="a=b"),
    ]
    members = {name: positions.tolist() for name, positions in slice_members(probes).items()}
    assert members == {
        "all": [0, 1, 2],
        "answerable": [0, 2],
        "unanswerable": [1],
        "topic=a=b": [2],
        "topic=history": [1],
        "topic=sport": [0],
        "reason=future": [1],
        "language=en": [1, 2],
        "language=zh": [0],
        "twins": [1, 2],
    }
    assert list(members)[3:6] == ["topic=a=b", "topic=history", "topic=sport"]


def test_a_pair_counts_once_whoever_names_whom() -> None:
    one_way = [probe("a", twin="b"), probe("b", "future")]
    other_way = [probe("a"), probe("b", "future", twin="a")]
    both_ways = [probe("a", twin="b"), probe("b", "future", twin="a")]
    assert twin_pairs(one_way) == twin_pairs(other_way) == twin_pairs(both_ways) == [(1, 0)]


def test_no_pair_without_the_twin_or_with_the_same_answerability() -> None:
    assert twin_pairs([probe("a", twin="gone"), probe("b", twin="a"), probe("c", twin="c")]) == []


def test_independent_probes_are_clusters_of_their_own() -> None:
    assert len(set(cluster_codes([probe("a"), probe("b"), probe("c", topic="t")]).tolist())) == 3


def test_probes_share_the_cluster_they_state() -> None:
    probes = [probe("a", cluster="k"), probe("b", cluster="k"), probe("c", cluster="l")]
    assert same_cluster(probes, 0, 1)
    assert not same_cluster(probes, 0, 2)


def test_twins_are_one_cluster_whoever_names_whom() -> None:
    assert same_cluster([probe("a", twin="b"), probe("b", "future")], 0, 1)
    assert same_cluster([probe("a"), probe("b", "future", twin="a")], 0, 1)


def test_variants_of_one_probe_are_one_cluster() -> None:
    probes = [probe("a"), probe("b", "future", twin="a"), probe("c", "future", twin="a"), probe("d")]
    assert same_cluster(probes, 1, 2)
    assert not same_cluster(probes, 0, 3)


def test_a_twin_without_a_cluster_joins_the_cluster_of_the_other() -> None:
    probes = [probe("a", cluster="k"), probe("b", "future", twin="a"), probe("c", cluster="k")]
    assert same_cluster(probes, 1, 2)
    named_by_the_other = [probe("a", cluster="k", twin="b"), probe("b", "future"), probe("c", cluster="k")]
    assert same_cluster(named_by_the_other, 1, 2)


def test_stated_clusters_outrank_twins() -> None:
    assert not same_cluster([probe("a", cluster="k", twin="b"), probe("b", "future", cluster="l", twin="a")], 0, 1)


def test_a_cluster_named_like_a_probe_is_not_that_probe() -> None:
    assert not same_cluster([probe("a", cluster="b"), probe("b")], 0, 1)


def test_a_probe_that_is_its_own_twin_and_long_chains_do_no_harm() -> None:
    chain = [probe(f"p{i}", "future" if i % 2 else None, twin=f"p{i + 1}") for i in range(5000)]
    assert len(set(cluster_codes([*chain, probe("self", twin="self")]).tolist())) == 2
