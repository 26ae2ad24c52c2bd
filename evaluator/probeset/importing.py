"""A published data set as a probe set: every row is a probe or is counted with its reason."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

from evaluator.errors import ProbeFileError
from evaluator.probeset.cells import cell, text_of
from evaluator.probeset.groups import groups_of
from evaluator.probeset.hub import file_rows, hub_rows
from evaluator.probeset.probe_set import ProbeSet, content_sha256
from evaluator.probeset.recipe import HubSource, Recipe
from evaluator.probeset.rows import LeftOutError, RowReader
from evaluator.probeset.twin_rules import asked
from evaluator.records import Probe, ProbeSetRef
from evaluator.set_records import ImportReport, SetMeta

HUB_PREFIX = "hub:"
SAME_ID = "the id of an earlier row"
SAME_QUESTION = "asks the same as an earlier row"
NOT_SAMPLED = "not in the sample"
MAX_ROWS = 2_000_000
_EXAMPLES = 5


class Sampling(msgspec.Struct, frozen=True):
    """How many probes to take; twins stay together."""

    n: int | None = None
    seed: int = 0


class _Collected(msgspec.Struct):
    probes: dict[str, Probe] = msgspec.field(default_factory=dict)
    twins: dict[str, str] = msgspec.field(default_factory=dict)
    rows: dict[str, int] = msgspec.field(default_factory=dict)
    left_out: Counter[str] = msgspec.field(default_factory=Counter)
    examples: defaultdict[str, list[str]] = msgspec.field(default_factory=lambda: defaultdict(list))
    canary: str = ""
    n_rows: int = 0
    columns: tuple[str, ...] = ()
    """Of the first row."""

    def leave_out(self, reason: str, row: int) -> None:
        self.left_out[reason] += 1
        if len(self.examples[reason]) < _EXAMPLES:
            self.examples[reason].append(str(row))


def import_set(
    recipe: Recipe, source: Path | HubSource | None, sampling: Sampling | None = None
) -> tuple[ProbeSet, ImportReport]:
    """Read a data set.

    Args:
        recipe: Which columns mean what.
        source: A file, or a data set on the hub; None for the one that the recipe names.
        sampling: Take some only.

    Returns:
        The probes with their set.toml, and what became of every row.

    Raises:
        ProbeFileError: If it cannot be read, or no row is a probe; one line.
    """
    place = source if source is not None else recipe.hub
    if place is None:
        raise ProbeFileError(
            f"recipe {recipe.name}: is not on the hub; download {recipe.download or 'a file of your own'}, "
            "then name the file"
        )
    opened = file_rows(place, recipe.file) if isinstance(place, Path) else hub_rows(place)
    with opened as rows:
        found = _collect(rows, recipe)
    name = place.as_posix() if isinstance(place, Path) else f"{HUB_PREFIX}{place.dataset}"
    probes = _sampled(_with_twins(found), sampling or Sampling(), found)
    if not probes:
        reasons = ", ".join(f"{reason} ({n})" for reason, n in found.left_out.most_common(3)) or "it is empty"
        raise ProbeFileError(
            f"{name}: none of {found.n_rows} rows is a probe by recipe {recipe.name}: {reasons}"
            f"{_columns_told(recipe, found.columns)}"
        )
    probe_set = _probe_set(recipe, probes, found, name)
    report = ImportReport(
        recipe=recipe.name,
        source=name,
        probe_set=probe_set.ref,
        n_rows=found.n_rows,
        left_out=dict(found.left_out.most_common()),
        examples={reason: tuple(rows) for reason, rows in found.examples.items()},
    )
    return probe_set, report


def _columns_told(recipe: Recipe, columns: tuple[str, ...]) -> str:
    """Say which columns there are where the one with the question is missing."""
    wanted = recipe.fields.question.split(".")[0]
    if not columns or wanted in columns:
        return ""
    return f"; need a column {wanted!r}, got {', '.join(map(repr, columns[:12]))}{', ...' if len(columns) > 12 else ''}"


def _collect(rows: Iterable[dict[str, Any]], recipe: Recipe) -> _Collected:
    reader, found = RowReader(recipe), _Collected()
    questions: set[object] = set()
    for number, row in enumerate(rows, start=1):
        if number > MAX_ROWS:
            raise ProbeFileError(f"need at most {MAX_ROWS:,} rows, got more")
        found.n_rows = number
        found.columns = found.columns or tuple(row)
        try:
            probe = reader.probe(row)
            if probe.probe_id in found.probes:
                raise LeftOutError(SAME_ID if recipe.fields.id else SAME_QUESTION)
            if asked(probe) in questions:
                raise LeftOutError(SAME_QUESTION)
        except LeftOutError as exc:
            found.leave_out(str(exc), number)
            continue
        questions.add(asked(probe))
        found.probes[probe.probe_id] = probe
        found.rows[probe.probe_id] = number
        if twin := reader.twin_of(row):
            found.twins[probe.probe_id] = twin
        if recipe.fields.canary and not found.canary:
            found.canary = text_of(cell(row, recipe.fields.canary))
    return found


def _with_twins(found: _Collected) -> list[Probe]:
    """Pair the rows that name each other's id, each probe once and only across the border."""
    pair: dict[str, str] = {}
    for one, other in found.twins.items():
        first, second = found.probes[one], found.probes.get(other)
        is_free = one not in pair and other not in pair
        if second is not None and is_free and first.is_answerable != second.is_answerable:
            pair[one], pair[other] = other, one
    return [
        msgspec.structs.replace(probe, twin=pair[name]) if name in pair else probe
        for name, probe in found.probes.items()
    ]


def _sampled(probes: list[Probe], sampling: Sampling, found: _Collected) -> tuple[Probe, ...]:
    if sampling.n is None or sampling.n >= len(probes):
        return tuple(probes)
    groups = dict(zip((probe.probe_id for probe in probes), groups_of(probes), strict=True))
    sizes = Counter(groups.values())
    chosen: set[str] = set()
    n = 0
    for group in sorted(sizes, key=lambda name: hashlib.sha256(f"{sampling.seed}/{name}".encode()).digest()):
        if n + sizes[group] <= sampling.n:
            chosen.add(group)
            n += sizes[group]
    for probe in probes:
        if groups[probe.probe_id] not in chosen:
            found.leave_out(NOT_SAMPLED, found.rows[probe.probe_id])
    return tuple(probe for probe in probes if groups[probe.probe_id] in chosen)


def _probe_set(recipe: Recipe, probes: tuple[Probe, ...], found: _Collected, source: str) -> ProbeSet:
    sha256 = content_sha256(probes)
    meta = SetMeta(
        name=recipe.name,
        # Equal rows give an equal version, whenever they are imported.
        version=f"import-{sha256[:12]}",
        licence=recipe.licence,
        canary=found.canary or recipe.canary,
        description=f"{recipe.title}, imported from {source} by recipe {recipe.name}.",
        language=recipe.language,
        homepage=recipe.homepage or None,
        attribution=recipe.attribution or None,
        changes=f"Columns renamed; {found.left_out.total()} of {found.n_rows} rows left out.",
    )
    ref = ProbeSetRef(
        name=meta.name,
        path=source,
        sha256=sha256,
        n_probes=len(probes),
        version=meta.version,
        licence=meta.licence,
    )
    return ProbeSet(ref=ref, probes=probes, meta=meta)
