from __future__ import annotations

from evaluator.probeset import ProbeSet, stats_of
from evaluator.probeset.contents import twin_pairs
from evaluator.records import Probe, ProbeSetRef
from evaluator.set_records import Balance

PROBES = (
    Probe(probe_id="a", question="q", targets=("t",), topic="art", twin="b"),
    Probe(probe_id="b", question="q", unanswerable="future", topic="art", twin="a", language="zh"),
    Probe(probe_id="c", question="q", targets=("1",), match="number", cluster="k", twin="d"),
    Probe(probe_id="d", question="q", targets=("2",), match="number", cluster="k", twin="c"),
    Probe(probe_id="e", question="q", unanswerable="unknown", topic="war", twin="a", tags=("x", "difficulty:hard")),
)


def set_of(*probes: Probe) -> ProbeSet:
    return ProbeSet(ref=ProbeSetRef(name="n", path="p", sha256="s", n_probes=len(probes)), probes=probes)


def test_everything_is_counted() -> None:
    stats = stats_of(set_of(*PROBES))
    assert (stats.n_probes, stats.n_answerable, stats.n_unanswerable) == (5, 3, 2)
    assert stats.answerable_share == 0.6
    assert list(stats.topics.items()) == [("(none)", 2), ("art", 2), ("war", 1)]
    assert stats.reasons == {"future": 1, "unknown": 1}
    assert stats.languages == {"en": 4, "zh": 1}
    assert stats.match_types == {"auto": 3, "number": 2}
    assert stats.n_clusters == 2
    assert stats.twin_share == 0.4
    assert stats.difficulties == {"(none)": 4, "hard": 1}
    assert stats.topic_balance["art"] == Balance(answerable=1, unanswerable=1, in_twins=2)
    assert stats.difficulty_balance["hard"].n == 1
    assert sum(balance.n for balance in stats.language_balance.values()) == 5


def test_a_pair_names_each_other_and_has_one_answerable_side() -> None:
    assert [(one.probe_id, two.probe_id) for one, two in twin_pairs(PROBES)] == [("a", "b")]
    assert stats_of(set_of(*PROBES)).n_twin_pairs == 1


def test_no_probes_have_no_share() -> None:
    stats = stats_of(set_of())
    assert stats.answerable_share is None
    assert stats.topics == {}
