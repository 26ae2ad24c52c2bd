"""Which probes belong together: twins, and probes that share a cluster."""

from __future__ import annotations

from collections.abc import Sequence

from evaluator.records import Probe


def groups_of(probes: Sequence[Probe]) -> list[str]:
    """Return for every probe the name of its group, the smallest probe_id in it.

    Twins are in one group, declared on either side, and so are probes of one cluster.

    >>> pair = [Probe(probe_id=i, question="q", targets=("t",), twin=t) for i, t in [("b", "a"), ("a", None)]]
    >>> groups_of(pair)
    ['a', 'a']
    """
    parent = {probe.probe_id: probe.probe_id for probe in probes}

    def root(name: str) -> str:
        while parent[name] != name:
            parent[name] = parent[parent[name]]
            name = parent[name]
        return name

    first_of_cluster: dict[str, str] = {}
    for probe in probes:
        others = [probe.twin] if probe.twin in parent else []
        if probe.cluster is not None:
            others.append(first_of_cluster.setdefault(probe.cluster, probe.probe_id))
        for other in others:
            one, two = sorted((root(probe.probe_id), root(str(other))))
            parent[two] = one
    return [root(probe.probe_id) for probe in probes]
