"""Find a family by name: built in, or installed by another package.

Third parties add families through the entry-point group `evaluator.families`: the entry's name is
the name of the family, its object a `Family`.
"""

from __future__ import annotations

from importlib.metadata import entry_points
from typing import Protocol

from evaluator.errors import ProbeFileError
from evaluator.probeset.families import (
    arithmetic,
    calendars,
    code,
    countries,
    elements,
    future,
    letters,
    numerals,
    passages,
    people,
    places,
    sequences,
    species,
    timezones,
    units,
    works,
)
from evaluator.probeset.nearest import nearest
from evaluator.records import Probe

ENTRY_POINT_GROUP = "evaluator.families"


class Family(Protocol):
    """A generator of probes."""

    @property
    def name(self) -> str:
        """What it is asked for by."""
        ...

    @property
    def version(self) -> str:
        """Another version gives other probes for the same seed."""
        ...

    @property
    def summary(self) -> str:
        """One line on what is asked and where the truth comes from."""
        ...

    def generate(self, seed: int, n: int) -> tuple[Probe, ...]:
        """Return `n` probes that depend on the version, the seed and `n` alone.

        Raises:
            ProbeFileError: If there are fewer than `n` different ones.
        """
        ...


_MODULES = (
    arithmetic,
    calendars,
    code,
    countries,
    elements,
    future,
    letters,
    numerals,
    passages,
    people,
    places,
    sequences,
    species,
    timezones,
    units,
    works,
)
FAMILIES: dict[str, Family] = {module.FAMILY.name: module.FAMILY for module in _MODULES}


def family_names() -> tuple[str, ...]:
    """Return the names of all families, built in and installed."""
    return tuple(sorted({*FAMILIES, *(point.name for point in entry_points(group=ENTRY_POINT_GROUP))}))


def find_family(name: str) -> Family:
    """Return the family called `name`.

    Raises:
        ProbeFileError: If there is none, or the one installed cannot be loaded.
    """
    if name in FAMILIES:
        return FAMILIES[name]
    installed = {point.name: point for point in entry_points(group=ENTRY_POINT_GROUP)}
    if name not in installed:
        meant = nearest(name, family_names())
        hint = f"did you mean {meant}?" if meant else f"there are {', '.join(family_names())}"
        raise ProbeFileError(f"family {name!r}: no such family; {hint}")
    try:
        family: Family = installed[name].load()
    except (ImportError, AttributeError) as exc:
        raise ProbeFileError(f"family {name!r} from {installed[name].value} cannot be loaded: {exc}") from exc
    return family
