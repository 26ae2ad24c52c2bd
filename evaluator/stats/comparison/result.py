"""The whole comparison: every question about every couple, corrected together, and the rankings."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

import msgspec
import numpy as np

from evaluator.comparison import ComparedRun, Comparison, Correction, Difference, Place, Ranking
from evaluator.stats.clusters import Floats
from evaluator.stats.comparison.calibrated import CalibratedRun, calibrated_difference, own_calibrated_value
from evaluator.stats.comparison.multiplicity import benjamini_hochberg, holm
from evaluator.stats.comparison.pairing import Couple, Ground, Measured, setting_notes
from evaluator.stats.comparison.ranks import Flags, rank_sets, tie_groups
from evaluator.stats.comparison.redraw import redraw
from evaluator.stats.comparison.scores import label_means, own_value, paired_scores
from evaluator.stats.comparison.testing import Question, Settings, tested_difference
from evaluator.stats.intervals import check_level
from evaluator.stats.metrics import METRICS

DEFAULT_METRICS = ("hallucination_rate", "accuracy", "over_abstention_rate")
FEWEST_TO_RANK = 2


def choose_questions(
    metrics: Sequence[str] | None, slices: Sequence[str] | None, available: Iterable[str]
) -> list[Question]:
    """Turn names of metrics and slices into questions.

    Args:
        metrics: Names; None for the hallucination rate, accuracy and over-abstention.
        slices: Names; None for the widest slice of each metric.
        available: The slices that the probes have.

    Raises:
        ValueError: If a name is unknown, or a metric is defined on none of the slices.

    >>> [(q.metric.name, q.slice) for q in choose_questions(["accuracy"], None, ["all", "answerable"])]
    [('accuracy', 'answerable')]
    """
    by_name = {metric.name: metric for metric in METRICS}
    known = list(available)
    for name in metrics or ():
        if name not in by_name:
            msg = f"--metric: need one of {', '.join(by_name)}, got {name[:80]!a}"
            raise ValueError(msg)
    for name in slices or ():
        if name not in known:
            msg = f"--slice: need one of {', '.join(known)}, got {name[:80]!a}"
            raise ValueError(msg)
    questions = []
    for metric in (by_name[name] for name in dict.fromkeys(metrics or DEFAULT_METRICS)):
        own = [name for name in dict.fromkeys(slices or metric.slices[:1]) if metric.covers(name)]
        if metrics and not own:
            msg = f"--metric {metric.name}: is defined on {', '.join(metric.slices)}, not on {', '.join(slices or ())}"
            raise ValueError(msg)
        questions += [Question(metric, name) for name in own]
    if not questions:
        msg = f"--slice: none of {', '.join(DEFAULT_METRICS)} is defined on {', '.join(slices or ())}"
        raise ValueError(msg)
    return questions


def compare(
    runs: Sequence[Measured],
    couples: Sequence[Couple],
    ground: Ground,
    questions: Sequence[Question],
    settings: Settings,
    *,
    calibrated: Mapping[str, CalibratedRun] | None = None,
) -> Comparison:
    """Answer all questions about all couples.

    Args:
        runs: The runs the couples come from.
        couples: Who is compared with whom.
        ground: The probes they share.
        questions: What is compared.
        settings: How differences are tested.
        calibrated: The labelled answers of every run by its id, to compare corrected rates; None for raw ones.

    Returns:
        The comparison. The models of one run are ranked.

    Raises:
        ValueError: If the level is out of range.
    """
    check_level(settings.level)
    # Every model is in many couples: what is its own is computed once.
    sides = {id(result): (run, result) for couple in couples for run, result in couple.sides}
    means = {key: label_means(result, ground) for key, (_, result) in sides.items()}
    if calibrated is None:
        found = [one for question in questions for one in _answers(question, couples, means, ground, settings)]
    else:
        found = [
            calibrated_difference(couple, question, ground, _sides(couple, calibrated), settings)
            for question in questions
            for couple in couples
        ]
    differences, n_tests = adjust(found, settings.correction)
    own = {
        (question.metric.name, question.slice, result.prompt, result.model): own_value(
            question.metric, question.slice, means[id(result)], ground
        )
        if calibrated is None
        else own_calibrated_value(calibrated[run.run_id], result, question, ground)
        for question in questions
        for run, result in sides.values()
    }
    return Comparison(
        runs=tuple(_compared_run(run) for run in runs),
        level=settings.level,
        power=settings.power,
        correction=settings.correction,
        n_tests=n_tests,
        allowed=(),
        left_out=ground.left_out,
        differences=differences,
        rankings=tuple(rankings(differences, own, 1 - settings.level)) if len(runs) == 1 else (),
        notes=(*dict.fromkeys(setting_notes(couples)), *_resolution_notes(n_tests, settings)),
    )


def _sides(couple: Couple, calibrated: Mapping[str, CalibratedRun]) -> tuple[CalibratedRun, CalibratedRun]:
    return calibrated[couple.run_a.run_id], calibrated[couple.run_b.run_id]


def _answers(
    question: Question,
    couples: Sequence[Couple],
    means: Mapping[int, Floats],
    ground: Ground,
    settings: Settings,
) -> list[Difference]:
    scores = [
        paired_scores(question.metric, question.slice, (means[id(couple.a)], means[id(couple.b)]), ground)
        for couple in couples
    ]
    found = [tested_difference(couple, question, own, settings) for couple, own in zip(couples, scores, strict=True)]
    return redraw(found, scores, settings) if settings.n_replicates else found


def adjust(differences: Sequence[Difference], correction: Correction) -> tuple[tuple[Difference, ...], int]:
    """Adjust all p-values together; return the differences and how many had one."""
    tested = [i for i, one in enumerate(differences) if one.p_value is not None]
    method = holm if correction == "holm" else benjamini_hochberg
    adjusted = dict(zip(tested, method([differences[i].p_value or 0.0 for i in tested]).tolist(), strict=True))
    both = (msgspec.structs.replace(one, p_adjusted=adjusted.get(i)) for i, one in enumerate(differences))
    return tuple(both), len(tested)


def rankings(
    differences: Sequence[Difference],
    own: Mapping[tuple[str, str, str, str], tuple[float | None, int]],
    alpha: float,
) -> Iterable[Ranking]:
    """Rank models that were all compared with each other, one ranking per metric, slice and prompt.

    Args:
        differences: With adjusted p-values.
        own: Value and n of each model on its own, by metric, slice, prompt and model.
        alpha: Largest adjusted p-value that counts as a difference.
    """
    groups: dict[tuple[str, str, str], list[Difference]] = {}
    for one in differences:
        if one.a.prompt == one.b.prompt:
            groups.setdefault((one.metric, one.slice, one.a.prompt), []).append(one)
    for key, members in groups.items():
        models = list(dict.fromkeys(model for one in members for model in (one.a.model, one.b.model)))
        is_complete = len(members) == len(models) * (len(models) - 1) // 2
        if len(models) >= FEWEST_TO_RANK and is_complete and all(one.difference is not None for one in members):
            yield _ranking(members, models, [own[*key, model] for model in models], alpha)


def _ranking(
    members: Sequence[Difference], models: Sequence[str], own: Sequence[tuple[float | None, int]], alpha: float
) -> Ranking:
    better = _better(members, models, alpha)
    values = np.array([value for value, _ in own], dtype=np.float64)
    lowest_first = members[0].better == "low"
    sets = rank_sets(better)
    order = np.argsort(values if lowest_first else -values, kind="stable").tolist()
    return Ranking(
        metric=members[0].metric,
        slice=members[0].slice,
        prompt=members[0].a.prompt,
        better=members[0].better,
        places=tuple(
            Place(model=models[i], value=float(values[i]), n=own[i][1], best=sets[i][0], worst=sets[i][1])
            for i in order
        ),
        tie_groups=tuple(
            tuple(models[i] for i in group) for group in tie_groups(values, better, lowest_first=lowest_first)
        ),
    )


def _better(members: Iterable[Difference], models: Sequence[str], alpha: float) -> Flags:
    position = {model: i for i, model in enumerate(models)}
    better = np.zeros((len(models), len(models)), dtype=bool)
    for one in members:
        if one.difference and one.p_adjusted is not None and one.p_adjusted <= alpha:
            pair = (position[one.a.model], position[one.b.model])
            a_is_better = (one.difference < 0) == (one.better == "low")
            better[pair if a_is_better else pair[::-1]] = True
    return better


def _resolution_notes(n_tests: int, settings: Settings) -> Iterable[str]:
    """A drawn p-value is never below 2 / (1 + replicates), which corrections multiply."""
    n_replicates = settings.n_replicates
    if n_replicates and n_tests * 2 / (1 + n_replicates) > 1 - settings.level:
        wanted = math.ceil(2 * n_tests / (1 - settings.level))
        yield (
            f"{n_replicates:,} replicates are too few for {n_tests} tests: after correction none may be "
            f"significant; draw at least {wanted:,} or ask for less"
        )


def _compared_run(run: Measured) -> ComparedRun:
    manifest = run.summary.manifest
    return ComparedRun(
        run_id=manifest.run_id,
        started_at=manifest.started_at,
        graders=manifest.graders,
        judges=tuple(judge.id for judge in manifest.judges),
        n_probes=len(run.summary.probes),
    )
