from __future__ import annotations

import pytest

from evaluator.errors import ConfigError
from evaluator.probeset import ProbeSet, content_sha256, sample_probe_sets
from evaluator.records import Probe, ProbeSetRef


def probe_set(name: str, n_pairs: int) -> ProbeSet:
    probes = []
    for i in range(n_pairs):
        one, other = f"{name}-{i}-a", f"{name}-{i}-u"
        probes.append(Probe(probe_id=one, question="q", targets=("t",), twin=other))
        probes.append(Probe(probe_id=other, question="q?", unanswerable="unknown", twin=one))
    ref = ProbeSetRef(name=name, path=name, sha256=content_sha256(probes), n_probes=len(probes))
    return ProbeSet(ref=ref, probes=tuple(probes))


def ids(sets: tuple[ProbeSet, ...]) -> set[str]:
    return {probe.probe_id for each in sets for probe in each.probes}


def test_no_sample_is_everything_unchanged() -> None:
    sets = (probe_set("a", 3),)
    assert sample_probe_sets(sets, None) == sets
    assert sample_probe_sets(sets, 100) == sets


def test_twins_stay_together_and_the_hash_is_of_what_was_drawn() -> None:
    (drawn,) = sample_probe_sets((probe_set("a", 50),), 21)
    assert len(drawn.probes) == 20
    assert {probe.twin for probe in drawn.probes} == {probe.probe_id for probe in drawn.probes}
    assert drawn.ref.n_probes == 20
    assert drawn.ref.sampled_from == 100
    assert drawn.ref.sha256 == content_sha256(drawn.probes)


def test_a_larger_sample_holds_the_smaller_and_another_seed_is_another_sample() -> None:
    sets = (probe_set("a", 50), probe_set("b", 50))
    small, large = sample_probe_sets(sets, 20), sample_probe_sets(sets, 60)
    assert ids(small) < ids(large)
    assert ids(small) == ids(sample_probe_sets(sets, 20))
    assert ids(small) != ids(sample_probe_sets(sets, 20, seed=1))


def test_sets_of_which_nothing_was_drawn_are_left_out() -> None:
    drawn = sample_probe_sets((probe_set("a", 1), probe_set("b", 100)), 2, seed=3)
    assert len(drawn) == 1
    assert len(drawn[0].probes) == 2


def test_less_than_one_probe_is_an_error() -> None:
    with pytest.raises(ConfigError, match="sample: need at least 1 probe, got 0"):
        sample_probe_sets((probe_set("a", 1),), 0)
