"""`evaluator probes import`: published data sets as probe sets."""

from __future__ import annotations

import sys
from pathlib import Path

import msgspec
import typer

from evaluator.cli.messages import say
from evaluator.errors import ConfigError
from evaluator.jsonl import encode_line
from evaluator.probeset import write_probe_set
from evaluator.probeset.importing import HUB_PREFIX, Sampling, import_set
from evaluator.probeset.recipe import HubSource, Recipe, find_recipe, recipe_names
from evaluator.report import safe_text
from evaluator.report.format import counted

Place = tuple[str | None, str | None, str | None]
"""File or hub:OWNER/NAME, configuration, split."""


def import_to_folder(name: str, place: Place, out: Path, sampling: Sampling, *, as_json: bool) -> None:
    """Import one set, and say what became of its rows."""
    recipe = find_recipe(name)
    source = _source(recipe, place)
    if isinstance(source, HubSource):
        say(f"asking the Hugging Face hub for {source.dataset}")
    probe_set, report = import_set(recipe, source, sampling)
    write_probe_set(probe_set, out)
    if as_json:
        sys.stdout.write(encode_line(report).decode("ascii"))
        return
    ref = report.probe_set
    typer.echo(
        safe_text(
            f"{out.as_posix()}: {counted(ref.n_probes, 'probe')} of {counted(report.n_rows, 'row')} of {report.source}"
        )
    )
    for reason, n in report.left_out.items():
        shown = report.examples[reason]
        rows = f"{'row' if n == 1 else 'rows'} {', '.join(shown)}{', ...' if n > len(shown) else ''}"
        typer.echo(safe_text(f"  left out {n:,}: {reason} ({rows})"))
    typer.echo(safe_text("; ".join(filter(None, (f"licence: {recipe.licence}", recipe.attribution))), limit=500))
    for note in recipe.notes:
        typer.echo(safe_text(f"note: {note}", limit=500))
    say(f"next: evaluator probes check {out.as_posix()}")


def _source(recipe: Recipe, place: Place) -> Path | HubSource | None:
    source, config, split = place
    if source is not None and not source.startswith(HUB_PREFIX):
        if config is not None or split is not None:
            raise ConfigError("probes import: --config and --split are for the hub, not for a file")
        return Path(source)
    if source is None and recipe.hub is None:
        return None
    known = recipe.hub if source is None and recipe.hub else HubSource(dataset=_dataset(source), split="train")
    changes = {name: value for name, value in (("config", config), ("split", split)) if value is not None}
    return msgspec.structs.replace(known, **changes)


def _dataset(source: str | None) -> str:
    name = (source or "").removeprefix(HUB_PREFIX)
    if not name or name.count("/") > 1 or any(char.isspace() for char in name):
        raise ConfigError(f"probes import: need hub:OWNER/NAME, got {(source or '')[:80]!a}")
    return name


def list_all_recipes(*, as_json: bool) -> None:
    """Print name, title, licence and source of every recipe."""
    recipes = [find_recipe(name) for name in recipe_names()]
    for recipe in recipes:
        where = f"hub:{recipe.hub.dataset}" if recipe.hub else recipe.download or "a file of your own"
        if as_json:
            row = {"name": recipe.name, "title": recipe.title, "licence": recipe.licence, "source": where}
            sys.stdout.write(encode_line(row | {"homepage": recipe.homepage, "notes": recipe.notes}).decode("ascii"))
        else:
            typer.echo(safe_text(f"{recipe.name:<18} {recipe.licence:<16} {where}", limit=300))
