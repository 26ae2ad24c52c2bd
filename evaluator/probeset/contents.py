"""What a probe set is made of, in counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from evaluator.probeset.groups import groups_of
from evaluator.probeset.probe_set import ProbeSet
from evaluator.records import Probe
from evaluator.set_records import Balance, SetStats

NO_TOPIC = "(none)"
DIFFICULTY_TAG = "difficulty:"


def stats_of(probe_set: ProbeSet) -> SetStats:
    """Count what is in `probe_set`."""
    probes = probe_set.probes
    n, n_answerable = len(probes), sum(probe.is_answerable for probe in probes)
    pairs = twin_pairs(probes)
    paired = {probe.probe_id for pair in pairs for probe in pair}
    topics, languages, difficulties = (_balances(probes, paired, key) for key in (_topic, _language, _difficulty))
    return SetStats(
        n_probes=n,
        n_answerable=n_answerable,
        n_unanswerable=n - n_answerable,
        answerable_share=n_answerable / n if n else None,
        n_twin_pairs=len(pairs),
        twin_share=len(paired) / n if n else None,
        n_clusters=len(set(groups_of(probes))),
        topics=_sizes(topics),
        reasons=_counts(probe.unanswerable for probe in probes if probe.unanswerable is not None),
        languages=_sizes(languages),
        difficulties=_sizes(difficulties),
        match_types=_counts(probe.match for probe in probes),
        topic_balance=topics,
        language_balance=languages,
        difficulty_balance=difficulties,
    )


def twin_pairs(probes: Iterable[Probe]) -> list[tuple[Probe, Probe]]:
    """Return the pairs in which both name each other and exactly one is answerable, answerable first."""
    by_id = {probe.probe_id: probe for probe in probes}
    pairs = []
    for probe in by_id.values():
        twin = by_id.get(probe.twin) if probe.twin else None
        if twin and twin.twin == probe.probe_id and probe.is_answerable and not twin.is_answerable:
            pairs.append((probe, twin))
    return pairs


def _topic(probe: Probe) -> str:
    return probe.topic or NO_TOPIC


def _language(probe: Probe) -> str:
    return probe.language


def _difficulty(probe: Probe) -> str:
    found = (tag.removeprefix(DIFFICULTY_TAG) for tag in probe.tags if tag.startswith(DIFFICULTY_TAG))
    return next(found, NO_TOPIC)


def _balances(probes: Sequence[Probe], paired: set[str], key: Callable[[Probe], str]) -> dict[str, Balance]:
    counts: dict[str, list[int]] = {}
    for probe in probes:
        cells = counts.setdefault(key(probe), [0, 0, 0])
        cells[0 if probe.is_answerable else 1] += 1
        cells[2] += probe.probe_id in paired
    ordered = sorted(counts.items(), key=lambda item: (-item[1][0] - item[1][1], item[0]))
    return {name: Balance(answerable=a, unanswerable=u, in_twins=t) for name, (a, u, t) in ordered}


def _sizes(balances: dict[str, Balance]) -> dict[str, int]:
    return {name: balance.n for name, balance in balances.items()}


def _counts(names: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(names).items(), key=lambda item: (-item[1], item[0])))
