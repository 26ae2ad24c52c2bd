"""Files in, probes out: read, check, count and split probe sets."""

from __future__ import annotations

from evaluator.probeset.check import check_probe_set
from evaluator.probeset.contents import stats_of
from evaluator.probeset.families.reference import FamilyReference, read_family
from evaluator.probeset.families.registry import Family, family_names, find_family
from evaluator.probeset.leak import leak_auroc
from evaluator.probeset.probe_set import ProbeSet, content_sha256
from evaluator.probeset.read import read_probe_set, read_probe_sets
from evaluator.probeset.sample import sample_probe_sets
from evaluator.probeset.scaffold import scaffold
from evaluator.probeset.split import split_by_hash
from evaluator.probeset.write import write_probe_set
from evaluator.set_records import Allowed, Finding, LeakResult, SetCheck, SetMeta, SetStats, Severity

__all__ = [
    "Allowed",
    "Family",
    "FamilyReference",
    "Finding",
    "LeakResult",
    "ProbeSet",
    "SetCheck",
    "SetMeta",
    "SetStats",
    "Severity",
    "check_probe_set",
    "content_sha256",
    "family_names",
    "find_family",
    "leak_auroc",
    "read_family",
    "read_probe_set",
    "read_probe_sets",
    "sample_probe_sets",
    "scaffold",
    "split_by_hash",
    "stats_of",
    "write_probe_set",
]
