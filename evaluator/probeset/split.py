"""Two halves of a probe set that stay the same on every machine and in every year."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from evaluator.probeset.groups import groups_of
from evaluator.records import Probe


def split_by_hash(probes: Sequence[Probe], share: float) -> tuple[tuple[Probe, ...], tuple[Probe, ...]]:
    """Split `probes` by the SHA-256 of their ids; twins and clusters stay together.

    Adding or removing unrelated probes, or reordering the file, moves no probe to the other part.

    Args:
        probes: Any probes.
        share: Expected share of the first part, in [0, 1].

    Returns:
        (first, second), both in the order given; together they are `probes`.

    Raises:
        ValueError: If share is out of range.

    >>> first, second = split_by_hash([Probe(probe_id=f"p{i}", question="q", targets=("t",)) for i in range(100)], 0.3)
    >>> len(first), len(second)
    (32, 68)
    """
    if not 0 <= share <= 1:
        raise ValueError(f"need share in [0, 1], got {share}")
    first: list[Probe] = []
    second: list[Probe] = []
    for probe, group in zip(probes, groups_of(probes), strict=True):
        (first if _position(group) < share else second).append(probe)
    return tuple(first), tuple(second)


def _position(name: str) -> float:
    digest = hashlib.sha256(name.encode()).digest()
    # 53 bits are what a float holds exactly, so the position stays below 1.
    return (int.from_bytes(digest[:8], "big") >> 11) / (1 << 53)
