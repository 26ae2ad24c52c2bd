"""`family:NAME?seed=S&n=N`: a family where a probe set can stand."""

from __future__ import annotations

from urllib.parse import parse_qsl

from evaluator.config import FAMILY_PREFIX
from evaluator.errors import ProbeFileError
from evaluator.probeset.families.registry import find_family
from evaluator.probeset.nearest import nearest
from evaluator.probeset.probe_set import ProbeSet, content_sha256
from evaluator.records import ProbeSetRef, Record
from evaluator.set_records import SetMeta

DEFAULT_N = 100
MAX_N = 10_000
MAX_SEED = 2**53
LICENCE = "MIT"


class FamilyReference(Record, frozen=True, omit_defaults=False):
    """Which probes of which family."""

    name: str
    seed: int = 0
    n: int = DEFAULT_N

    def __str__(self) -> str:
        return f"{FAMILY_PREFIX}{self.name}?seed={self.seed}&n={self.n}"


def parse_reference(text: str) -> FamilyReference:
    """Parse `family:NAME?seed=S&n=N`; without them the seed is 0 and n is 100.

    Raises:
        ProbeFileError: If a part is unknown, missing or out of range.

    >>> parse_reference("family:elements?seed=7&n=40")
    FamilyReference(name='elements', seed=7, n=40)
    """
    name, _, query = text.removeprefix(FAMILY_PREFIX).partition("?")
    given: dict[str, int] = {}
    for key, value in parse_qsl(query, keep_blank_values=True):
        if key not in {"seed", "n"}:
            meant = nearest(key, ["seed", "n"])
            hint = f"; did you mean {meant}?" if meant else ""
            raise ProbeFileError(f"{text}: need seed and n after the question mark, got {key!r}{hint}")
        if key in given:
            raise ProbeFileError(f"{text}: {key} comes twice")
        given[key] = _whole_number(text, key, value)
    if not name:
        raise ProbeFileError(f"{text}: need a name after {FAMILY_PREFIX}, e.g. family:elements?seed=7&n=40")
    return FamilyReference(name=name, **given)


def read_family(reference: FamilyReference) -> ProbeSet:
    """Generate the probes of a reference as a probe set.

    Raises:
        ProbeFileError: If there is no such family, or it has fewer probes.
    """
    family = find_family(reference.name)
    probes = family.generate(reference.seed, reference.n)
    sha256 = content_sha256(probes)
    meta = SetMeta(
        name=f"family-{family.name}",
        version=family.version,
        licence=LICENCE,
        authors=("The evaluator authors",),
        canary=f"evaluator-{family.name}-canary {sha256}: this text must not appear in training data",
        description=family.summary,
    )
    ref = ProbeSetRef(
        name=meta.name,
        path=str(reference),
        sha256=sha256,
        n_probes=len(probes),
        version=family.version,
        licence=LICENCE,
        seed=reference.seed,
    )
    return ProbeSet(ref=ref, probes=probes, meta=meta)


def _whole_number(text: str, key: str, value: str) -> int:
    low, high = (1, MAX_N) if key == "n" else (0, MAX_SEED)
    is_number = value.isascii() and value.isdigit() and len(value) <= len(str(MAX_SEED))
    if not is_number or not low <= int(value) <= high:
        raise ProbeFileError(f"{text}: {key}: need a whole number from {low} to {high}, got {value[:40]!r}")
    return int(value)
