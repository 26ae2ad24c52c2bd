"""What a probe set is made of, in counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from evaluator.probeset.groups import groups_of
from evaluator.probeset.probe_set import ProbeSet
from evaluator.records import Probe, Record

NO_TOPIC = "(none)"


class SetStats(Record, frozen=True, omit_defaults=False):
    """Counts over one probe set; every dictionary is sorted by falling count."""

    n_probes: int
    n_answerable: int
    n_unanswerable: int
    answerable_share: float | None
    """None for no probes at all."""
    n_twin_pairs: int
    n_clusters: int
    topics: dict[str, int]
    reasons: dict[str, int]
    languages: dict[str, int]
    match_types: dict[str, int]


def stats_of(probe_set: ProbeSet) -> SetStats:
    """Count what is in `probe_set`."""
    probes = probe_set.probes
    n_answerable = sum(probe.is_answerable for probe in probes)
    return SetStats(
        n_probes=len(probes),
        n_answerable=n_answerable,
        n_unanswerable=len(probes) - n_answerable,
        answerable_share=n_answerable / len(probes) if probes else None,
        n_twin_pairs=len(twin_pairs(probes)),
        n_clusters=len(set(groups_of(probes))),
        topics=_counts(probe.topic or NO_TOPIC for probe in probes),
        reasons=_counts(probe.unanswerable for probe in probes if probe.unanswerable is not None),
        languages=_counts(probe.language for probe in probes),
        match_types=_counts(probe.match for probe in probes),
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


def _counts(names: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(names).items(), key=lambda item: (-item[1], item[0])))
