"""`evaluator compare`: models against each other, probe by probe."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from evaluator.cli.options import JsonOption, OutOption

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from pathlib import Path

    from evaluator.stats.comparison.calibrated import CalibratedRun
    from evaluator.stats.comparison.pairing import Couples, Ground, Measured, Obstacle


MOST_PAIRS = 5_000
"""Of models of one run: more are not read by anyone, and correction leaves nothing of them."""


class CorrectionName(StrEnum):
    """How p-values are adjusted for their number."""

    HOLM = "holm"
    BH = "bh"


class Accepted(StrEnum):
    """What may differ between two runs when one says so."""

    GRADER = "grader"
    PROMPT = "prompt"
    PROBES = "probes"


def compare(
    runs: Annotated[
        list[str],
        typer.Argument(metavar="RUN", help="One run, or two: directories, ids or a summary.json."),
    ],
    metric: Annotated[
        list[str] | None,
        typer.Option("--metric", metavar="NAME", help="Repeatable. Default: hallucination, accuracy, over-abstention."),
    ] = None,
    slice_: Annotated[
        list[str] | None,
        typer.Option("--slice", metavar="S", help="all, answerable, topic=history, ... Repeatable."),
    ] = None,
    model: Annotated[
        list[str] | None,
        typer.Option("--model", metavar="A=B", help="Compare model A with model B. Repeatable."),
    ] = None,
    correction: Annotated[
        CorrectionName, typer.Option("--correction", help="For the number of tests; bh is for exploring.")
    ] = CorrectionName.HOLM,
    bootstrap: Annotated[
        int, typer.Option("--bootstrap", metavar="N", help="Bootstrap ratios N times instead of linearising them.")
    ] = 0,
    calibrated: Annotated[
        bool, typer.Option("--calibrated", help="Compare rates corrected with labels; refused rates say why.")
    ] = False,
    allow_different: Annotated[
        list[Accepted] | None,
        typer.Option("--allow-different", help="Compare although these differ. Repeatable."),
    ] = None,
    out: OutOption = "reports",
    as_json: JsonOption = False,
) -> None:
    """Compare models probe by probe: differences with intervals, p-values and what could be found.

    With two runs, every model that is in both: did it change? With one run, all its
    models with each other, ranked, with those grouped that cannot be told apart.

    Only probes with the same content in both runs and a graded answer on both sides
    count; the others are counted and left out. Nobody is asked and nothing is written.

    \b
    Examples:
      evaluator compare nightly-2026-11-22 nightly-2026-11-23
      evaluator compare reports/nightly
      evaluator compare reports/nightly --calibrated
      evaluator compare old new --model server/qwen3=server/qwen3-next --slice unanswerable
    """
    from pathlib import Path

    import msgspec

    from evaluator.cli.result import show_comparison
    from evaluator.errors import ConfigError
    from evaluator.stats.comparison.pairing import common_ground
    from evaluator.stats.comparison.result import choose_questions
    from evaluator.stats.comparison.result import compare as compare_all
    from evaluator.stats.comparison.testing import Settings

    if len(runs) > 2:
        raise ConfigError(f"compare: need one run or two, got {len(runs)}")
    if bootstrap and calibrated:
        raise ConfigError("--bootstrap: corrected rates are linearised; need --calibrated or --bootstrap, not both")
    if bootstrap and not 1000 <= bootstrap <= 1_000_000:
        raise ConfigError(f"--bootstrap: need 1000 to 1000000 replicates, got {bootstrap}")
    measured = [measured_run(run, Path(out)) for run in runs]
    _check_probes_at_hand(measured, runs)
    first, last = measured[0], measured[-1]
    ground = common_ground(first, last)
    accepted = {str(kind) for kind in allow_different or ()}
    couples = _couples(measured, model, accepted)
    allowed = _check_obstacles(measured, ground, couples, accepted)
    try:
        questions = choose_questions(metric, slice_, ground.slices)
    except ValueError as exc:
        raise ConfigError(str(exc)) from exc
    settings = Settings(n_replicates=bootstrap, correction=correction.value)
    labelled = labelled_runs(runs, Path(out)) if calibrated else None
    found = compare_all(measured, couples.found, ground, questions, settings, calibrated=labelled)
    notes = (*couples.notes, *allowed.values(), *found.notes)
    show_comparison(msgspec.structs.replace(found, allowed=tuple(allowed), notes=notes), as_json=as_json)


def measured_run(run: str, out: Path) -> Measured:
    """Read a run with its probes, or a summary.json, which has none."""
    import os

    from evaluator.cli.reporting import load_summary
    from evaluator.journal import RunDirectory
    from evaluator.stats.comparison.pairing import Measured

    summary = load_summary(run, out)
    if os.path.isfile(run):  # noqa: PTH113  # is_file() raises for a name that is too long
        return Measured(summary)
    return Measured(summary, RunDirectory.find(run, out).read_probes())


def labelled_runs(runs: Iterable[str], out: Path) -> dict[str, CalibratedRun]:
    """Read the labelled answers of runs, by run id.

    Raises:
        ConfigError: If one is a summary.json, which has no answers.
    """
    import os

    from evaluator.cli.people import found_by_people
    from evaluator.cli.result import settle
    from evaluator.errors import ConfigError
    from evaluator.graders import default_grader
    from evaluator.journal import RunDirectory
    from evaluator.run.final import FinalResponses
    from evaluator.run.regrade import graded_before, unzipped
    from evaluator.run.session import load_plan
    from evaluator.stats import labelled_answers

    found = {}
    for run in runs:
        if os.path.isfile(run):  # noqa: PTH113  # is_file() raises for a name that is too long
            raise ConfigError(f"--calibrated: need run directories, which hold answers and labels, got {run}")
        directory = RunDirectory.find(run, out)
        plan = load_plan(directory)
        responses = FinalResponses(directory, plan.manifest, plan.probes)
        graded = graded_before(plan.probes, responses, default_grader(), directory.verdicts)
        people = found_by_people(plan.manifest, directory, graded.responses)
        sides = unzipped(settle(plan, directory, graded).graded)
        found[plan.manifest.run_id] = labelled_answers(plan.manifest, plan.probes, *sides, people)
    return found


def _check_probes_at_hand(measured: Sequence[Measured], runs: Sequence[str]) -> None:
    from evaluator.errors import ConfigError

    if all(run.probes is None for run in measured):
        what = "one of the two" if len(runs) > 1 else "it"
        raise ConfigError(
            f"compare: {' and '.join(runs)}: need {what} as a run directory; a summary.json does not hold the probes"
        )


def _couples(measured: Sequence[Measured], wanted: Sequence[str] | None, accepted: Collection[str]) -> Couples:
    from evaluator.errors import ConfigError
    from evaluator.stats.comparison.pairing import couple_runs, couple_within

    first, last = measured[0], measured[-1]
    known_a, known_b = ([result.model for result in run.summary.results] for run in (first, last))
    pairs = [_model_pair(text, known_a, known_b) for text in wanted] if wanted else None
    if len(measured) == 2:
        couples = couple_runs(first, last, pairs)
    else:
        n_pairs = len(known_a) * (len(known_a) - 1) // 2
        if pairs is None and n_pairs > MOST_PAIRS:
            raise ConfigError(
                f"compare: need at most {MOST_PAIRS} pairs of models, got {n_pairs}; name some with --model A=B"
            )
        couples = couple_within(first, pairs, across_prompts="prompt" in accepted)
    if couples.found:
        return couples
    if couples.notes:
        raise ConfigError(f"compare: need models asked with the same prompt; {'; '.join(couples.notes)}")
    if len(measured) == 1:
        raise ConfigError(
            f"compare: run {first.run_id}: need two models to compare, got {_named(known_a)}; "
            "name a second run, or compare prompts with --allow-different prompt"
        )
    raise ConfigError(
        f"compare: no model is in both runs: {first.run_id} has {_named(known_a)}, {last.run_id} has "
        f"{_named(known_b)}; name pairs with --model A=B"
    )


def _model_pair(text: str, known_a: Collection[str], known_b: Collection[str]) -> tuple[str, str]:
    """Split A=B where both are known; ids may hold a = themselves. A alone stands for A=A."""
    from evaluator.errors import ConfigError

    splits = [(text[:i], text[i + 1 :]) for i, character in enumerate(text) if character == "="]
    for a, b in ((text, text), *splits):
        if a in known_a and b in known_b:
            return a, b
    raise ConfigError(
        f"--model: need A=B with A one of {_named(known_a)} and B one of {_named(known_b)}, got {text[:200]!a}"
    )


def _check_obstacles(
    measured: Sequence[Measured], ground: Ground, couples: Couples, accepted: Collection[str]
) -> dict[str, str]:
    """Return what differs and is accepted, by kind, as notes.

    Raises:
        ConfigError: If something differs that was not accepted, or no probe is shared.
    """
    from evaluator.errors import ConfigError
    from evaluator.stats.comparison.pairing import obstacles_between

    if not ground.probe_ids:
        left = ground.left_out
        raise ConfigError(
            f"compare: the runs share no probe: {left.only_in_a} are only in A, {left.only_in_b} only in B, "
            f"{left.changed} have other contents"
        )
    found: Iterable[Obstacle] = couples.obstacles
    if len(measured) == 2:
        found = (*found, *obstacles_between(measured[0], measured[1], ground))
    refused = [obstacle for obstacle in found if obstacle.kind not in accepted]
    if refused:
        flags = " ".join(dict.fromkeys(f"--allow-different {obstacle.kind}" for obstacle in refused))
        raise ConfigError(f"compare: {'; '.join(obstacle.message for obstacle in refused)}; to compare anyway: {flags}")
    messages: dict[str, list[str]] = {}
    for obstacle in found:
        messages.setdefault(obstacle.kind, []).append(_consequence(obstacle))
    return {kind: f"accepted: {'; '.join(dict.fromkeys(said))}" for kind, said in messages.items()}


def _consequence(obstacle: Obstacle) -> str:
    return f"{obstacle.message}; those probes are left out" if obstacle.kind == "probes" else obstacle.message


def _named(models: Collection[str]) -> str:
    names = list(dict.fromkeys(models))
    return ", ".join(names[:10]) + (f" and {len(names) - 10} more" if len(names) > 10 else "") if names else "none"
