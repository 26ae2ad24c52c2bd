"""`evaluator run`: ask models, grade, report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from evaluator.cli.options import (
    AllowUnknownPriceOption,
    AnswersOption,
    BaseUrlOption,
    BatchOption,
    ConcurrencyOption,
    ConfigArgument,
    JsonOption,
    JudgeAllOption,
    JudgeBaseUrlOption,
    JudgeOption,
    JudgeRepeatsOption,
    MaxMinutesOption,
    MaxTokensOption,
    MaxUsdOption,
    MaxWaitOption,
    ModelOption,
    NoPreflightOption,
    ProbesOption,
    PromptOption,
    RepeatsOption,
    ReuseOption,
    RunIdOption,
    RunsOption,
    SampleOption,
    SelfGradingOption,
    TemperatureOption,
    YesOption,
)

if TYPE_CHECKING:
    from evaluator.config import Settings


def run(
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
    max_minutes: MaxMinutesOption = None,
    max_wait: MaxWaitOption = None,
    max_usd: MaxUsdOption = None,
    allow_unknown_price: AllowUnknownPriceOption = False,
    no_preflight: NoPreflightOption = False,
    batch: BatchOption = False,
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> None:
    """Ask models, grade the answers, report the rates.

    Running the same command with the same --run-id again continues that run.

    \b
    Examples:
      evaluator run --probes probes/core --model local/smollm2-135m
      evaluator run evaluation.toml --repeats 3 --max-usd 5
      evaluator run --probes probes/core --model openrouter/moonshotai/kimi-k2.6 --model openai/gpt-5.5
      evaluator run --probes probes/core --model server/qwen3-8b --base-url http://127.0.0.1:8000/v1 --prompt permit
    """
    from evaluator.cli.asking import StartOptions, start_run
    from evaluator.cli.spending import Spending
    from evaluator.cli.time_limits import TimeLimits

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
        allow_unknown_price=allow_unknown_price,
        batch=batch,
    )
    options = StartOptions(
        run_id=run_id,
        reuse=reuse,
        allow_self_grading=allow_self_grading,
        limits=TimeLimits(max_minutes=max_minutes, max_wait=max_wait),
        spending=Spending(has_preflight=not no_preflight, assume_yes=yes),
    )
    start_run(settings_from(config, flags), options, as_json=as_json)


@dataclass(frozen=True, kw_only=True)
class RunFlags:
    """The flags that say what a run is; None leaves what the file says."""

    probes: list[str] | None
    model: list[str] | None
    base_url: str | None
    answers: str | None
    prompt: list[str] | None
    repeats: int | None
    sample: int | None
    max_tokens: int | None
    temperature: float | None
    concurrency: int | None
    out: str | None
    judge: list[str] | None
    judge_base_url: str | None
    judge_all: bool
    judge_repeats: int | None
    max_usd: float | None = None
    allow_unknown_price: bool = False
    batch: bool = False


def settings_from(config: Path | None, flags: RunFlags) -> Settings:
    """Return the settings of a run: what the file says, with every given flag in its place."""
    from evaluator.cli.judging import JudgeFlags, with_judge_flags

    given = {
        "probes": tuple(flags.probes) if flags.probes else None,
        "prompts": tuple(flags.prompt) if flags.prompt else None,
        "repeats": flags.repeats,
        "sample": flags.sample,
        "concurrency": flags.concurrency,
        "out": flags.out,
        "max_usd": flags.max_usd,
        "allow_unknown_price": flags.allow_unknown_price or None,
        "batch": flags.batch or None,
    }
    settings = merge(config, given, models=flags.model, max_tokens=flags.max_tokens, temperature=flags.temperature)
    settings = with_hosts(settings, base_url=flags.base_url, answers=flags.answers)
    judges = JudgeFlags(flags.judge, flags.judge_base_url, flags.judge_all, flags.judge_repeats)
    return with_judge_flags(settings, judges)


def merge(
    config: Path | None,
    flags: Mapping[str, object],
    *,
    models: list[str] | None,
    max_tokens: int | None,
    temperature: float | None,
) -> Settings:
    """Return the settings of the file with every given flag in its place."""
    import msgspec

    from evaluator.config import ModelTable, Settings, read_settings

    settings = read_settings(config) if config else Settings()
    given = {name: value for name, value in flags.items() if value is not None}
    tables = {table.id: table for table in settings.model}
    if models:
        given["model"] = tuple(tables.get(model, ModelTable(id=model)) for model in models)
    sampling = {"max_tokens": max_tokens, "temperature": temperature}
    wanted = {name: value for name, value in sampling.items() if value is not None}
    settings = msgspec.structs.replace(settings, **given)
    return msgspec.structs.replace(
        settings,
        sampling=msgspec.structs.replace(settings.sampling, **wanted),
        # A flag speaks for every model, so it also replaces what a [[model]] says.
        model=tuple(msgspec.structs.replace(table, **wanted) for table in settings.model),
    )


def with_hosts(settings: Settings, *, base_url: str | None, answers: str | None) -> Settings:
    """Give `--base-url` to the models that are asked over HTTP and `--answers` to the recorded ones.

    Raises:
        ConfigError: If there is no model that the flag could mean.
    """
    import msgspec

    from evaluator.errors import ConfigError

    def is_recorded(model_id: str) -> bool:
        return model_id.startswith("recorded/")

    def is_remote(model_id: str) -> bool:
        return not model_id.startswith(("recorded/", "local/"))

    tables = settings.model
    for flag, name, value, takes in (
        ("--base-url", "base_url", base_url, is_remote),
        ("--answers", "answers", answers, is_recorded),
    ):
        if value is None:
            continue
        if not any(takes(table.id) for table in tables):
            raise ConfigError(
                f"{flag}: no model of this run takes it, got {', '.join(t.id for t in tables) or 'no model'}"
            )
        tables = tuple(msgspec.structs.replace(t, **{name: value}) if takes(t.id) else t for t in tables)
    return msgspec.structs.replace(settings, model=tables)
