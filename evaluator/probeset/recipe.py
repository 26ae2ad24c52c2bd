"""A recipe: how the rows of a published data set become probes. Data only, one TOML file each.

Third parties add recipes through the entry-point group `evaluator.recipes`: the entry's name is the
name of the recipe, its object the path of the file, or its text.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from importlib.metadata import entry_points
from importlib.resources import files
from pathlib import Path

import msgspec

from evaluator.errors import ProbeFileError
from evaluator.jsonl import describe
from evaluator.probeset.nearest import nearest, with_suggestion
from evaluator.record import Record
from evaluator.records import MatchType, UnanswerableReason
from evaluator.toml_lines import place_of, syntax_error

ENTRY_POINT_GROUP = "evaluator.recipes"
SUFFIX = ".toml"
MAX_BYTES = 1_000_000


class HubSource(Record, frozen=True):
    """Where the rows lie on the Hugging Face hub."""

    dataset: str
    split: str
    config: str | None = None
    data_files: tuple[str, ...] = ()
    """Only these files of the data set."""


class FileLayout(Record, frozen=True):
    """How the rows lie in a file."""

    field: str | None = None
    """JSON: the key under which the list of rows lies."""
    skip_lines: int = 0
    """CSV: lines before the one that names the columns."""


class Fields(Record, frozen=True):
    """Which column holds what; `a.b` is key b of column a, also where a is text that holds JSON."""

    question: str
    targets: tuple[str, ...]
    """Columns with accepted answers; text, or lists of it."""
    id: str | None = None
    """Without one, ids are made from the text of the question."""
    distractors: tuple[str, ...] = ()
    context: str | None = None
    choices: str | None = None
    topic: str | None = None
    language: str | None = None
    source: str | None = None
    canary: str | None = None
    twin: str | None = None
    """The id, or a list with the id, of the row that differs in one point."""
    tags: dict[str, str] = msgspec.field(default_factory=dict)
    """By name of the tag: `difficulty = "level"` gives tags such as difficulty:hard."""


class Targets(Record, frozen=True):
    """What is done to accepted answers."""

    separator: str | None = None
    """Splits a text into several answers."""
    drop: tuple[str, ...] = ()
    """Answers that are none, such as "I have no comment."; case and end points do not matter."""
    range: str | None = None
    """RE2 with groups `low` and `high`: what it matches is cut off, and becomes the tolerance of a number."""


class Unanswerable(Record, frozen=True):
    """Which rows have no answer, and why."""

    reason: UnanswerableReason
    """Where the rows do not say more."""
    field: str | None = None
    values: tuple[str, ...] = ()
    """Of that column: true, false, numbers and text are compared as lower-case text."""
    without_targets: bool = False
    """A row without an answer has none, whatever its columns say."""
    always: bool = False
    """All rows."""
    reason_field: str | None = None
    reasons: dict[str, UnanswerableReason] = msgspec.field(default_factory=dict)
    """By value of that column; another value is as `reason`."""
    only_known_reasons: bool = False
    """Leave out rows whose value is not in `reasons`."""
    why: str = "Marked as unanswerable by the authors of the set."
    """For people who check; {reason} stands for the value of the column."""


class Recipe(Record, frozen=True):
    """How one data set is imported."""

    name: str
    title: str
    homepage: str
    licence: str
    attribution: str
    fields: Fields
    download: str | None = None
    """Where to get the file, for sets that are not on the hub."""
    canary: str | None = None
    language: str = "en"
    topic: str | None = None
    match: MatchType = "auto"
    hub: HubSource | None = None
    file: FileLayout = FileLayout()
    targets: Targets = Targets()
    unanswerable: Unanswerable | None = None
    keep: dict[str, tuple[str, ...]] = msgspec.field(default_factory=dict)
    """By column: only rows with one of these values."""
    notes: tuple[str, ...] = ()
    """What to know before one compares numbers with published ones."""


def recipe_names() -> tuple[str, ...]:
    """Return the names of all recipes, built in and installed."""
    return tuple(sorted({*_built_in(), *(point.name for point in entry_points(group=ENTRY_POINT_GROUP))}))


def find_recipe(name: str) -> Recipe:
    """Return the recipe called `name`, or the one in the file `name`.

    Raises:
        ProbeFileError: If there is none, or it is not a recipe.
    """
    if name.endswith(SUFFIX):
        return _from_file(Path(name))
    built_in = _built_in()
    if name in built_in:
        return parse_recipe(built_in[name], f"recipe {name}")
    installed = {point.name: point for point in entry_points(group=ENTRY_POINT_GROUP)}
    if name not in installed:
        meant = nearest(name, recipe_names())
        hint = f"did you mean {meant}?" if meant else f"there are {', '.join(recipe_names())}, or a file FILE{SUFFIX}"
        raise ProbeFileError(f"recipe {name!r}: no such recipe; {hint}")
    try:
        found = installed[name].load()
    except (ImportError, AttributeError) as exc:
        raise ProbeFileError(f"recipe {name!r} from {installed[name].value} cannot be loaded: {exc}") from exc
    return _from_file(found) if isinstance(found, Path) else parse_recipe(str(found), f"recipe {name}")


def parse_recipe(text: str, where: str) -> Recipe:
    """Read the text of a recipe.

    Args:
        text: TOML.
        where: What an error begins with.

    Raises:
        ProbeFileError: If it is not TOML, or has an unknown, missing or wrong key.
    """
    try:
        recipe = msgspec.convert(tomllib.loads(text), Recipe)
    except msgspec.ValidationError as exc:
        known = {name: None for kind in _KINDS for name in kind.__struct_fields__}
        message = describe(exc)
        raise ProbeFileError(f"{place_of(message, text, where)}: {with_suggestion(message, known)}") from exc
    except (ValueError, RecursionError) as exc:
        raise ProbeFileError(syntax_error(exc, where)) from exc
    if recipe.unanswerable and recipe.unanswerable.values and recipe.unanswerable.field is None:
        raise ProbeFileError(f"{where}: unanswerable.values needs unanswerable.field")
    return recipe


_KINDS = (Recipe, Fields, Targets, Unanswerable, HubSource, FileLayout)


def _from_file(path: Path) -> Recipe:
    try:
        data = path.read_bytes()
        if len(data) > MAX_BYTES:
            raise ProbeFileError(f"{path}: need at most {MAX_BYTES:,} bytes, got {len(data):,}")
        return parse_recipe(data.decode("utf-8-sig"), str(path))
    except OSError as exc:
        raise ProbeFileError(f"{path}: cannot be read: {exc.strerror or exc}") from exc
    except UnicodeDecodeError as exc:
        raise ProbeFileError(f"{path}: need UTF-8, got byte 0x{data[exc.start]:02x} at offset {exc.start}") from exc


def _built_in() -> Mapping[str, str]:
    folder = files("evaluator.probeset").joinpath("recipes")
    return {
        entry.name.removesuffix(SUFFIX): entry.read_text(encoding="utf-8")
        for entry in folder.iterdir()
        if entry.name.endswith(SUFFIX)
    }
