"""Which probes belong to which slice, and which of them are not independent."""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Iterable, Sequence
from sys import intern

import msgspec
import numpy as np
import numpy.typing as npt

from evaluator.audit import probe_hash
from evaluator.records import Probe

Indices = npt.NDArray[np.int64]
Pair = tuple[int, int]
"""Positions of an unanswerable probe and of its answerable twin."""


class Placed(msgspec.Struct, frozen=True, gc=False):
    """What of a probe says where it belongs: of many probes this is in memory, and not their texts."""

    probe_id: str
    is_answerable: bool
    unanswerable: str | None
    topic: str | None
    language: str
    cluster: str | None
    twin: str | None
    content: str
    """Its `probe_hash`."""

    @classmethod
    def of(cls, probe: Probe) -> Placed:
        """Return what is needed of a probe; names that many share are one object."""
        return cls(
            probe.probe_id,
            probe.is_answerable,
            probe.unanswerable,
            intern(probe.topic) if probe.topic is not None else None,
            intern(probe.language),
            probe.cluster,
            probe.twin,
            probe_hash(probe),
        )


def twin_pairs(probes: Sequence[Probe | Placed]) -> list[Pair]:
    """Pairs of twins, each once, whichever of the two names the other.

    Probes whose twin is absent, or can be answered just as well or as little, form no pair.

    Returns:
        (position of the unanswerable probe, position of the answerable one), sorted.
    """
    twins = {i: probe.twin for i, probe in enumerate(probes) if probe.twin is not None}
    named = set(twins.values())
    position = {probe.probe_id: i for i, probe in enumerate(probes) if probe.probe_id in named} if named else {}
    found = set()
    for i, twin in twins.items():
        j = position.get(twin)
        if j is not None and probes[j].is_answerable != probes[i].is_answerable:
            found.add((j, i) if probes[i].is_answerable else (i, j))
    return sorted(found)


def slice_members(probes: Sequence[Probe | Placed]) -> dict[str, Indices]:
    """Positions of the probes of every slice, in the order reports show them.

    Args:
        probes: In a fixed order; positions refer to it.

    Returns:
        `all`, `answerable`, `unanswerable`, then every `topic=…`, `reason=…` and `language=…`
        sorted by name, then `twins`; each with ascending positions.
    """
    kinds: defaultdict[str, array[int]] = defaultdict(lambda: array("q"))
    named: defaultdict[str, array[int]] = defaultdict(lambda: array("q"))
    for i, probe in enumerate(probes):
        kinds["answerable" if probe.is_answerable else "unanswerable"].append(i)
        if probe.topic is not None:
            named[f"topic={probe.topic}"].append(i)
        if probe.unanswerable is not None:
            named[f"reason={probe.unanswerable}"].append(i)
        named[f"language={probe.language}"].append(i)
    families = ("topic=", "reason=", "language=")
    members: dict[str, Iterable[int]] = {"all": range(len(probes))}
    members |= {kind: kinds[kind] for kind in ("answerable", "unanswerable")}
    members |= {name: named[name] for family in families for name in sorted(named) if name.startswith(family)}
    members["twins"] = sorted({i for pair in twin_pairs(probes) for i in pair})
    return {name: np.fromiter(positions, dtype=np.int64) for name, positions in members.items()}


def cluster_codes(probes: Sequence[Probe | Placed]) -> Indices:
    """Code of each probe's cluster: equal codes are not independent of each other.

    A probe's cluster is the one it states, else that of its twins, else its own. Twins follow
    each other whichever of them names the other, so a family of variants of one question is one
    cluster; two probes that both state a cluster keep them.

    Args:
        probes: In a fixed order.

    Returns:
        Codes from 0, shape (n_probes,).
    """
    stated = {probe.probe_id for probe in probes if probe.cluster is not None}
    links = _Links()
    for probe in probes:
        me = ("probe", probe.probe_id)
        if probe.cluster is not None:
            links.join(me, ("cluster", probe.cluster))
        if probe.twin is not None and (probe.cluster is None or probe.twin not in stated):
            links.join(me, ("probe", probe.twin))
    codes: dict[tuple[str, str], int] = {}
    found, n_codes = array("q"), 0
    for probe in probes:
        me = ("probe", probe.probe_id)
        # What is linked to nothing has a code of its own and need not be remembered.
        code = codes.setdefault(links.root(me), n_codes) if me in links else n_codes
        n_codes += code == n_codes
        found.append(code)
    return np.fromiter(found, dtype=np.int64, count=len(found))


class _Links:
    """Who hangs together with whom, directly or through others (union-find)."""

    def __init__(self) -> None:
        self._parent: dict[tuple[str, str], tuple[str, str]] = {}

    def __contains__(self, node: object) -> bool:
        return node in self._parent

    def root(self, node: tuple[str, str]) -> tuple[str, str]:
        while (parent := self._parent.get(node, node)) != node:
            self._parent[node] = node = self._parent.get(parent, parent)
        return node

    def join(self, one: tuple[str, str], other: tuple[str, str]) -> None:
        above = self.root(other)
        self._parent[self.root(one)] = self._parent[above] = above
