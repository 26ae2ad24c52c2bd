"""Which probes belong to which slice, and which of them are not independent."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from evaluator.records import Probe

Indices = npt.NDArray[np.int64]
Pair = tuple[int, int]
"""Positions of an unanswerable probe and of its answerable twin."""


def twin_pairs(probes: Sequence[Probe]) -> list[Pair]:
    """Pairs of twins, each once, whichever of the two names the other.

    Probes whose twin is absent, or can be answered just as well or as little, form no pair.

    Returns:
        (position of the unanswerable probe, position of the answerable one), sorted.
    """
    position = {probe.probe_id: i for i, probe in enumerate(probes)}
    found = set()
    for i, probe in enumerate(probes):
        j = position.get(probe.twin) if probe.twin is not None else None
        if j is not None and probes[j].is_answerable != probe.is_answerable:
            found.add((j, i) if probe.is_answerable else (i, j))
    return sorted(found)


def slice_members(probes: Sequence[Probe]) -> dict[str, Indices]:
    """Positions of the probes of every slice, in the order reports show them.

    Args:
        probes: In a fixed order; positions refer to it.

    Returns:
        `all`, `answerable`, `unanswerable`, then every `topic=…`, `reason=…` and `language=…`
        sorted by name, then `twins`; each with ascending positions.
    """
    kinds: defaultdict[str, list[int]] = defaultdict(list)
    named: defaultdict[str, list[int]] = defaultdict(list)
    for i, probe in enumerate(probes):
        kinds["answerable" if probe.is_answerable else "unanswerable"].append(i)
        if probe.topic is not None:
            named[f"topic={probe.topic}"].append(i)
        if probe.unanswerable is not None:
            named[f"reason={probe.unanswerable}"].append(i)
        named[f"language={probe.language}"].append(i)
    families = ("topic=", "reason=", "language=")
    members = {"all": list(range(len(probes)))}
    members |= {kind: kinds[kind] for kind in ("answerable", "unanswerable")}
    members |= {name: named[name] for family in families for name in sorted(named) if name.startswith(family)}
    members["twins"] = sorted({i for pair in twin_pairs(probes) for i in pair})
    return {name: np.array(positions, dtype=np.int64) for name, positions in members.items()}


def cluster_codes(probes: Sequence[Probe]) -> Indices:
    """Code of each probe's cluster: equal codes are not independent of each other.

    A probe's cluster is the one it states, else that of its twins, else its own. Twins follow
    each other whichever of them names the other, so a family of variants of one question is one
    cluster; two probes that both state a cluster keep them.

    Args:
        probes: In a fixed order.

    Returns:
        Codes from 0, shape (n_probes,).
    """
    by_id = {probe.probe_id: probe for probe in probes}
    links = _Links()
    for probe in probes:
        me = ("probe", probe.probe_id)
        if probe.cluster is not None:
            links.join(me, ("cluster", probe.cluster))
        if probe.twin is not None:
            other = by_id.get(probe.twin)
            if probe.cluster is None or other is None or other.cluster is None:
                links.join(me, ("probe", probe.twin))
    codes: dict[tuple[str, str], int] = {}
    roots = (links.root(("probe", probe.probe_id)) for probe in probes)
    return np.array([codes.setdefault(root, len(codes)) for root in roots], dtype=np.int64)


class _Links:
    """Who hangs together with whom, directly or through others (union-find)."""

    def __init__(self) -> None:
        self._parent: dict[tuple[str, str], tuple[str, str]] = {}

    def root(self, node: tuple[str, str]) -> tuple[str, str]:
        while (parent := self._parent.get(node, node)) != node:
            self._parent[node] = node = self._parent.get(parent, parent)
        return node

    def join(self, one: tuple[str, str], other: tuple[str, str]) -> None:
        self._parent[self.root(one)] = self.root(other)
