from __future__ import annotations

from evaluator.records import ProbeSetRef
from evaluator.report import render_set_stats
from evaluator.set_records import Balance, SetReport, SetStats


def report(topics: dict[str, Balance]) -> SetReport:
    ref = ProbeSetRef(name="s\x1b[31m", path="p", sha256="0123456789abcdef", n_probes=3, version="1")
    stats = SetStats(
        n_probes=3,
        n_answerable=2,
        n_unanswerable=1,
        answerable_share=2 / 3,
        n_twin_pairs=1,
        twin_share=2 / 3,
        n_clusters=2,
        topics={},
        reasons={"future": 1},
        languages={},
        difficulties={},
        match_types={"auto": 3},
        topic_balance=topics,
        language_balance={},
        difficulty_balance={},
    )
    return SetReport(probe_set=ref, stats=stats)


def test_the_table_shows_the_balance_of_every_topic() -> None:
    text = render_set_stats(report({"art": Balance(answerable=2, unanswerable=1, in_twins=2)}))
    assert "3 probes, 2 answerable, 1 unanswerable" in text
    assert "art         3           2             1     66.7%" in text
    assert "reasons: future 1" in text
    assert "\x1b" not in text


def test_many_topics_are_cut_and_said_to_be() -> None:
    many = {f"t{i}": Balance(answerable=1, unanswerable=0, in_twins=0) for i in range(45)}
    assert "and 5 more: --json has all" in render_set_stats(report(many))
