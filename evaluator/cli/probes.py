"""`evaluator probes`: the workshop for probe sets."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from evaluator.cli.options import JsonOption

probes_app = typer.Typer(rich_markup_mode=None, no_args_is_help=True)

PathsArgument = Annotated[
    list[str],
    typer.Argument(metavar="PATH", help="Folders with probes.jsonl, .jsonl files, or family:NAME?seed=S&n=N."),
]


@probes_app.callback()
def probes() -> None:
    """Write, check, import and audit probe sets, and generate fresh ones.

    \b
    Examples:
      evaluator probes new my-set
      evaluator probes check my-set
      evaluator probes generate --family elements --seed 7 -n 200 --out elements-7
    """


@probes_app.command("new")
def new(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder to make; the set has its name.")],
    schemas: Annotated[
        bool, typer.Option("--schemas", help="Put JSON Schemas beside it, for completion in your editor.")
    ] = False,
) -> None:
    """Begin a probe set: set.toml with a fresh canary, three example twin pairs, how to go on.

    What it writes passes `evaluator probes check`. Nothing is overwritten.

    \b
    Examples:
      evaluator probes new my-set
      evaluator probes new sets/tax-law --schemas
    """
    from evaluator.cli.probe_sets import begin_set

    begin_set(folder, with_schemas=schemas)


@probes_app.command("check")
def check(paths: PathsArgument, as_json: JsonOption = False) -> None:
    """Check probe sets: format, duplicates, twins, targets, sources, leaks. Exit code 1 on errors.

    \b
    Examples:
      evaluator probes check probes/core
      evaluator probes check my-set.jsonl --json
      evaluator probes check "family:elements?seed=7&n=200"
    """
    from evaluator.cli.probe_sets import check_sets

    raise typer.Exit(1 if check_sets(paths, as_json=as_json) else 0)


@probes_app.command("stats")
def stats(paths: PathsArgument, as_json: JsonOption = False) -> None:
    """Show what probe sets are made of: topics, reasons, languages, difficulty, twins.

    The difficulty of a probe is read from a tag such as difficulty:common.

    \b
    Examples:
      evaluator probes stats probes/core
      evaluator probes stats probes/core probes/code --json
    """
    from evaluator.cli.probe_sets import show_stats

    show_stats(paths, as_json=as_json)


@probes_app.command("generate")
def generate(
    family: Annotated[str | None, typer.Option("--family", metavar="NAME", help="Which family; see --list.")] = None,
    seed: Annotated[int, typer.Option("--seed", metavar="S", help="Another seed gives other probes.")] = 0,
    n: Annotated[int, typer.Option("-n", metavar="N", help="How many probes; twins count as two.")] = 100,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="DIR", help="Write probes.jsonl and set.toml there. Default: stdout."),
    ] = None,
    list_families: Annotated[bool, typer.Option("--list", help="List the families.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Make fresh probes that nobody has trained on: the same family, seed and n give the same probes.

    The truth of a probe is computed or comes from a table; `run --probes "family:NAME?seed=S&n=N"`
    asks the same probes without writing them first.

    \b
    Examples:
      evaluator probes generate --list
      evaluator probes generate --family elements --seed 7 -n 200 --out elements-7
      evaluator probes generate --family arithmetic --seed 1 -n 20 > probes.jsonl
    """
    from evaluator.cli.probe_sets import generate_set, list_all_families
    from evaluator.config import FAMILY_PREFIX
    from evaluator.errors import ConfigError

    if list_families:
        list_all_families(as_json=as_json)
        return
    if family is None:
        raise ConfigError("probes generate: need --family NAME, or --list to see the families")
    generate_set(f"{FAMILY_PREFIX}{family}?seed={seed}&n={n}", out, as_json=as_json)


@probes_app.command("audit")
def audit(
    runs: Annotated[list[str], typer.Argument(metavar="RUN", help="Runs on the same probes, or ids under --runs.")],
    draw: Annotated[
        int | None, typer.Option("--draw", metavar="N", help="Draw N probes for people to check, into --out.")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", metavar="S", help="Another seed draws others.")] = 0,
    sheet: Annotated[Path | None, typer.Option("--out", metavar="FILE.csv", help="The sheet to write.")] = None,
    filled: Annotated[
        Path | None, typer.Option("--import", metavar="FILE.csv", help="Take over a sheet that was filled in.")
    ] = None,
    auditor: Annotated[
        str, typer.Option("--auditor", metavar="NAME", help="Who filled in the rows that name nobody.")
    ] = "",
    replace: Annotated[bool, typer.Option("--replace", help="Forget what was found on another sample.")] = False,
    folder: Annotated[str, typer.Option("--runs", metavar="DIR", help="Where runs lie.")] = "reports",
    as_json: JsonOption = False,
) -> None:
    """Look at the probes through the answers to them: which may have a wrong target, or an answer after all?

    Flags are for people; nothing is left out of any rate. With --draw a random sample is drawn,
    suspect probes more often, and written as a sheet: fill in `valid` (yes, no) and `flaw`
    (wrong_target, missing_target, has_answer, has_no_answer, unclear, outdated, other). With
    --import it lies in audit.jsonl of the runs, and their reports say what it leaves of the rates.

    \b
    Examples:
      evaluator probes audit reports/nightly-1 reports/nightly-2
      evaluator probes audit reports/nightly-1 --draw 60 --seed 7 --out audit.csv
      evaluator probes audit reports/nightly-1 --import audit.csv --auditor anna
    """
    from evaluator.cli import audit as auditing
    from evaluator.errors import ConfigError

    if (draw is None) != (sheet is None) or (draw is not None and filled is not None):
        raise ConfigError("probes audit: need --draw N with --out FILE.csv, or --import FILE.csv, or none of them")
    found = auditing.find_runs(runs, folder)
    if filled is not None:
        auditing.take_over(found, filled, auditor, replace=replace)
        auditing.show_validity(found, folder, as_json=as_json)
        return
    analysis = auditing.analyse(found)
    if draw is not None and sheet is not None:
        auditing.draw_sheet(found, analysis, sheet, n=draw, seed=seed)
    else:
        auditing.show_items(found, analysis, as_json=as_json)


@probes_app.command("import")
def import_(
    source: Annotated[
        str | None,
        typer.Argument(metavar="FILE", help="JSON, JSON lines, CSV or Parquet (also .gz), or hub:OWNER/NAME."),
    ] = None,
    recipe: Annotated[
        str | None, typer.Option("--recipe", metavar="NAME", help="Of a known set, or a file of your own (.toml).")
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", metavar="DIR", help="The folder to write.")] = None,
    config: Annotated[str | None, typer.Option("--config", metavar="C", help="Configuration on the hub.")] = None,
    split: Annotated[str | None, typer.Option("--split", metavar="S", help="Split on the hub.")] = None,
    sample: Annotated[
        int | None, typer.Option("--sample", metavar="N", min=1, help="Draw N probes only; twins stay together.")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", metavar="S", help="Another seed draws others.")] = 0,
    list_recipes: Annotated[bool, typer.Option("--list", help="List the recipes.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Make a probe set of a published data set, from the Hugging Face hub or from a file.

    Licence, attribution and canary go to set.toml. Rows that are no probe are counted with the
    reason. No code of a data set is ever run. `--recipe plain` reads a table of your own.

    \b
    Examples:
      evaluator probes import --list
      evaluator probes import --recipe simpleqa-verified --out sets/simpleqa-verified
      evaluator probes import SelfAware.json --recipe selfaware --out sets/selfaware
      evaluator probes import mine.csv --recipe plain --out sets/mine
      evaluator probes import mine.parquet --recipe ./mine.toml --out sets/mine --sample 500
    """
    from evaluator.cli.importing import import_to_folder, list_all_recipes
    from evaluator.errors import ConfigError
    from evaluator.probeset.importing import Sampling

    if list_recipes:
        list_all_recipes(as_json=as_json)
        return
    if recipe is None or out is None:
        raise ConfigError("probes import: need --recipe NAME and --out DIR, or --list to see the recipes")
    place = (source, config, split)
    import_to_folder(recipe, place, out, Sampling(n=sample, seed=seed), as_json=as_json)
