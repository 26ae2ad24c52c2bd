"""A seed means the same probes on every machine, in every version of Python and in every year."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from evaluator.probeset import find_family, read_probe_set
from evaluator.probeset.families.registry import FAMILIES


def test_a_seed_gives_the_probes_it_gave_before(golden: Callable[..., None]) -> None:
    """A family whose probes change gets another version: then `--update-golden`."""
    found = {
        f"{name} {find_family(name).version}": read_probe_set(f"family:{name}?seed=7&n=40").ref.sha256[:16]
        for name in sorted(FAMILIES)
    }
    golden("families.json", (json.dumps(found, indent=2) + "\n").encode())


@pytest.mark.parametrize("name", sorted(FAMILIES))
def test_fewer_probes_are_the_beginning_of_more(name: str) -> None:
    few, many = find_family(name).generate(7, 10), find_family(name).generate(7, 40)
    assert many[:10] == few
