"""A random part of the probes of a run, the same for the same seed."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import msgspec

from evaluator.errors import ConfigError, ProbeFileError
from evaluator.probeset.groups import groups_of
from evaluator.probeset.probe_set import ProbeSet, content_sha256
from evaluator.record_file import gathered
from evaluator.records import Probe


def sample_probe_sets(probe_sets: Sequence[ProbeSet], n: int | None, *, seed: int = 0) -> tuple[ProbeSet, ...]:
    """Keep about `n` probes, drawn at random over all sets; twins and clusters stay together.

    A larger n with the same seed keeps all that a smaller one keeps, so a run can be extended.

    Args:
        probe_sets: With ids that occur once.
        n: Probes to keep at most; one group is always kept. None keeps all.
        seed: Another seed draws another sample.

    Returns:
        The sets with what was drawn of them, in their order; sets of which nothing was drawn are left out.

    Raises:
        ConfigError: If n is below 1.
    """
    if n is None:
        return tuple(probe_sets)
    if n < 1:
        raise ConfigError(f"sample: need at least 1 probe, got {n}")
    probes = gathered((each.probes for each in probe_sets), Probe, "probe_id", ProbeFileError)
    members: dict[str, list[str]] = {}
    for probe, group in zip(probes, groups_of(probes), strict=True):
        members.setdefault(group, []).append(probe.probe_id)
    kept: set[str] = set()
    for group in sorted(members, key=lambda name: hashlib.sha256(f"{seed}\n{name}".encode()).digest()):
        if kept and len(kept) + len(members[group]) > n:
            break
        kept.update(members[group])
    return tuple(filter(None, (_part(probe_set, kept) for probe_set in probe_sets)))


def _part(probe_set: ProbeSet, kept: set[str]) -> ProbeSet | None:
    kept_probes = (probe for probe in probe_set.probes if probe.probe_id in kept)
    probes = gathered([kept_probes], Probe, "probe_id", ProbeFileError)
    if not probes or len(probes) == len(probe_set.probes):
        return probe_set if probes else None
    ref = msgspec.structs.replace(
        probe_set.ref, sha256=content_sha256(probes), n_probes=len(probes), sampled_from=probe_set.ref.n_probes
    )
    return msgspec.structs.replace(probe_set, ref=ref, probes=probes)
