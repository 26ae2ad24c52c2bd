"""`evaluator plan`: what a run would ask and cost, before anything is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evaluator.cli.options import (
    AnswersOption,
    BaseUrlOption,
    BatchOption,
    ConcurrencyOption,
    ConfigArgument,
    DetectOption,
    JsonOption,
    JudgeAllOption,
    JudgeBaseUrlOption,
    JudgeOption,
    JudgeRepeatsOption,
    LabelsOption,
    LikeOption,
    MaxTokensOption,
    MaxUsdOption,
    MetricOption,
    ModelOption,
    ProbesOption,
    PromptOption,
    RepeatsOption,
    ReuseOption,
    RunIdOption,
    RunsOption,
    SampleOption,
    SelfGradingOption,
    SliceOption,
    TemperatureOption,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evaluator.cli.plan_power import PowerFlags
    from evaluator.config import Settings
    from evaluator.records import Request
    from evaluator.run.session import RunPlan


def plan(
    config: ConfigArgument = None,
    probes: ProbesOption = None,
    model: ModelOption = None,
    base_url: BaseUrlOption = None,
    answers: AnswersOption = None,
    prompt: PromptOption = None,
    repeats: RepeatsOption = None,
    sample: SampleOption = None,
    max_tokens: MaxTokensOption = None,
    temperature: TemperatureOption = None,
    concurrency: ConcurrencyOption = None,
    run_id: RunIdOption = None,
    out: RunsOption = None,
    reuse: ReuseOption = None,
    judge: JudgeOption = None,
    judge_base_url: JudgeBaseUrlOption = None,
    judge_all: JudgeAllOption = False,
    judge_repeats: JudgeRepeatsOption = None,
    allow_self_grading: SelfGradingOption = False,
    detect: DetectOption = None,
    like: LikeOption = None,
    metric: MetricOption = "hallucination_rate",
    slice_: SliceOption = None,
    labels: LabelsOption = 150,
    max_usd: MaxUsdOption = None,
    batch: BatchOption = False,
    as_json: JsonOption = False,
) -> None:
    """Say what `run` with the same words would ask: requests, tokens, USD, minutes. Asks no model.

    Says as well what difference between two models it could detect, and with --detect how many
    probes, repeats and labels a given difference takes; an earlier run says it better than guesses.

    Judge calls, repeats and reasoning are counted. What is answered already, in the run of that
    --run-id or in the one to reuse, is not.

    \b
    Examples:
      evaluator plan evaluation.toml
      evaluator plan --probes probes/core --model openrouter/moonshotai/kimi-k2.6 --model openai/gpt-5.5 --repeats 3
      evaluator plan evaluation.toml --detect 0.03 --like nightly
      evaluator plan --probes probes/core --model openai/gpt-5.5 --judge anthropic/claude-opus-4-7 --json
    """
    from evaluator.cli.plan_power import PowerFlags
    from evaluator.cli.run import RunFlags, settings_from

    flags = RunFlags(
        probes=probes,
        model=model,
        base_url=base_url,
        answers=answers,
        prompt=prompt,
        repeats=repeats,
        sample=sample,
        max_tokens=max_tokens,
        temperature=temperature,
        concurrency=concurrency,
        out=out,
        judge=judge,
        judge_base_url=judge_base_url,
        judge_all=judge_all,
        judge_repeats=judge_repeats,
        max_usd=max_usd,
        batch=batch,
    )
    settings = settings_from(config, flags)
    planned = plan_of(settings, allow_self_grading=allow_self_grading)
    todo, n_judged = open_in(planned, settings, run_id=run_id, reuse=reuse)
    power = PowerFlags(detect, like, metric, slice_, labels)
    show_plan(planned, settings, todo, n_judged, power, as_json=as_json)


def show_plan(
    planned: RunPlan, settings: Settings, todo: Sequence[Request], n_judged: int, power: PowerFlags, *, as_json: bool
) -> None:
    """Print what asking `todo` would cost and take, and what it could detect."""
    import sys
    from pathlib import Path

    import msgspec

    from evaluator.cli.plan_power import detection_of
    from evaluator.cli.reporting import load_summary
    from evaluator.cli.result import terminal_width
    from evaluator.report import forecast_bytes, render_forecast
    from evaluator.run.forecast import forecast, seen_in

    detection = detection_of(planned.probes, settings.repeats, power, Path(settings.out))
    seen = seen_in(load_summary(power.like, Path(settings.out))) if power.like is not None else {}
    found = forecast(planned, todo, n_judged=n_judged, max_usd=settings.max_usd, seen=seen)
    found = msgspec.structs.replace(found, detection=detection)
    if as_json:
        sys.stdout.write(forecast_bytes(found).decode("ascii"))
    else:
        sys.stdout.write(render_forecast(found, width=terminal_width(), colour=sys.stdout.isatty()))


def plan_of(settings: Settings, *, allow_self_grading: bool) -> RunPlan:
    """Return what a run with these settings asks its models and would ask its judges."""
    from datetime import UTC, datetime

    import msgspec

    from evaluator.errors import ConfigError
    from evaluator.graders import default_grader
    from evaluator.probeset import read_probe_sets, sample_probe_sets
    from evaluator.run.judging import with_judges
    from evaluator.run.session import prepare

    if not settings.probes:
        raise ConfigError("need at least one probe set: --probes PATH or probes = [...] in the config file")
    grader = default_grader()
    started_at = datetime.now(UTC).isoformat(timespec="seconds")
    probe_sets = sample_probe_sets(read_probe_sets(settings.probes), settings.sample, seed=settings.seed)
    planned = prepare(settings, probe_sets, grader, run_id="plan", started_at=started_at)
    manifest = with_judges(planned.manifest, settings, grader.name, allow_self_grading=allow_self_grading)
    return msgspec.structs.replace(planned, manifest=manifest)


def open_in(
    planned: RunPlan, settings: Settings, *, run_id: str | None, reuse: str | None
) -> tuple[Sequence[Request], int]:
    """Return what neither the run of that id nor the one to reuse has answered, and how much the first has judged."""
    from pathlib import Path

    from evaluator.journal import RunDirectory
    from evaluator.run.engine import open_requests

    todo, out, n_judged = planned.requests, Path(settings.out), 0
    if run_id is not None:
        own = RunDirectory.named(run_id, out)
        todo = open_requests(todo, own.read_journal()) if own.exists else todo
        n_judged = len(planned.requests) - len(todo) if own.judgements_path.exists() else 0
    if reuse is not None:
        todo = open_requests(todo, RunDirectory.find(reuse, out).read_journal())
    return todo, n_judged
