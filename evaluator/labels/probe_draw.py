"""Which probes people look at: a random sample, with the suspect ones drawn more often."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Collection, Sequence

from evaluator.audit import AuditDesign, AuditStratum, probe_hash, probes_sha256
from evaluator.errors import ConfigError
from evaluator.records import Probe

SUSPECT = "suspect"
OTHER = "other"
EVERYTHING = "all"


def draw_probes(probes: Sequence[Probe], suspects: Collection[str], *, n: int, seed: int) -> AuditDesign:
    """Draw a stratified random sample of probes.

    Half of the sample is for the suspect ones, as far as there are so many; each stratum with probes
    gets two draws at least. A larger n with the same seed and suspects holds the smaller sample.

    Args:
        probes: All that can be drawn; different ids.
        suspects: probe_ids of those that were flagged.
        n: How many to draw.
        seed: Another seed draws others.

    Raises:
        ConfigError: If n is out of range.

    Source:
        Cochran (1977), Sampling Techniques, section 5: within a stratum every probe is drawn with the
        same probability, so that weights make up for the strata.
    """
    if not 1 <= n <= len(probes):
        raise ConfigError(f"--draw: need 1 to {len(probes)} probes, got {n}")
    ids = {probe.probe_id for probe in probes}
    strata = [(SUSPECT, ids & set(suspects)), (OTHER, ids - set(suspects))]
    strata = [(name, members) for name, members in strata if members]
    if len(strata) == 1:
        strata = [(EVERYTHING, ids)]
    if n < 2 * len(strata):
        raise ConfigError(f"--draw: need at least {2 * len(strata)} probes for {len(strata)} strata, got {n}")
    return AuditDesign(
        seed=seed,
        probes_sha256=probes_sha256((probe.probe_id, probe_hash(probe)) for probe in probes),
        strata=tuple(
            AuditStratum(name=name, n_probes=len(members), drawn=tuple(_in_random_order(members, seed)[:k]))
            for (name, members), k in zip(strata, _shares([len(members) for _, members in strata], n), strict=True)
        ),
    )


def _shares(sizes: Sequence[int], n: int) -> list[int]:
    if len(sizes) == 1:
        return [n]
    first = min(sizes[0], max(math.ceil(n / 2), n - sizes[1]))
    return [first, n - first] if n - first >= 2 or sizes[1] <= n - first else [n - 2, 2]


def _in_random_order(members: Collection[str], seed: int) -> list[str]:
    """The same on every machine: by the hash of seed and id."""
    return sorted(members, key=lambda name: (hashlib.sha256(f"{seed}/{name}".encode()).digest(), name))
