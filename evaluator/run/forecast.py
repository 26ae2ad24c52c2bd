"""What a run would ask, cost and take; nobody is asked to find out.

The upper bounds hold whatever the models say. The expected figures rest on assumptions about the
length and speed of answers, which the forecast lists.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec

from evaluator.money import Forecast, ForecastLine
from evaluator.providers.checks import has_batches, is_thinking, prices_of
from evaluator.providers.prices import MESSAGE_TOKENS, Prices, most_prompt_tokens
from evaluator.records import ModelSettings, Request, Summary, Usage
from evaluator.run.judge_load import JudgeLoad, estimated_tokens, judge_loads
from evaluator.run.plan import by_model
from evaluator.run.session import RunPlan

ANSWER_TOKENS = 40
"""A few words or one sentence, as every prompt asks for."""
REASONING_TOKENS = {"minimal": 100, "low": 400, "medium": 1200, "high": 3000, "xhigh": 6000, "max": 12_000}
UNSAID_EFFORT = "medium"
"""Of a model that reasons unless told not to."""
TEMPLATE_TOKENS = 6
"""What a chat template usually adds to a message."""
FIRST_TOKEN_S = 1.0
TOKENS_PER_S = {"local": 15.0}
"""Of one answer, while others are made beside it."""
USUAL_TOKENS_PER_S = 60.0
BATCH_MINUTES = 24 * 60.0
NO_TOKENS = frozenset({"pending", "failed"})
"""Outcomes of requests that no answer was generated for."""


class Seen(msgspec.Struct, frozen=True):
    """What one answer of a model had in an earlier run, on average."""

    run_id: str
    completion_tokens: float
    reasoning_tokens: float
    seconds: float | None


def seen_in(summary: Summary) -> dict[str, Seen]:
    """Return what the answers of each model had in a run, where it counted their tokens."""
    found = {}
    for model in {result.model for result in summary.results}:
        own = [result for result in summary.results if result.model == model]
        n = sum(n for result in own for outcome, n in result.outcomes.items() if outcome not in NO_TOKENS)
        tokens = [result.cost.completion_tokens for result in own]
        seconds = [result.latency.median_s for result in own if result.latency.median_s is not None]
        if n and None not in tokens:
            found[model] = Seen(
                run_id=summary.manifest.run_id,
                completion_tokens=sum(each or 0 for each in tokens) / n,
                reasoning_tokens=sum(result.cost.reasoning_tokens or 0 for result in own) / n,
                seconds=sum(seconds) / len(seconds) if seconds else None,
            )
    return found


class Work(msgspec.Struct, frozen=True, kw_only=True):
    """What one model or judge is asked, in tokens."""

    settings: ModelSettings
    role: Literal["model", "judge"]
    n_requests: int
    n_requests_most: int
    prompt_tokens: int
    reply_tokens: int
    """Of one reply, without reasoning."""
    most_prompts: Counter[int]
    """How many requests have at most so many prompt tokens."""
    is_batch: bool = False
    seen: Seen | None = None


def forecast(
    plan: RunPlan,
    todo: Sequence[Request],
    *,
    n_judged: int = 0,
    max_usd: float | None = None,
    seen: Mapping[str, Seen] | None = None,
) -> Forecast:
    """Return what asking `todo`, the open requests of `plan`, would cost and take.

    Args:
        plan: A run, with its judges.
        todo: The requests that nobody has answered yet.
        n_judged: Answers that were judged already.
        max_usd: The cap that is set on the run, to be told.
        seen: What answers had in an earlier run, by model; it is better than an assumption.
    """
    manifest = plan.manifest
    is_batch = manifest.config.get("batch") is True
    own = by_model(todo, [model.id for model in manifest.models])
    work = [model_work(model, own[model.id], is_batch=is_batch and has_batches(model)) for model in manifest.models]
    work = [msgspec.structs.replace(each, seen=(seen or {}).get(each.settings.id)) for each in work]
    work += judge_work(plan, n_judged=n_judged)
    lines = tuple(map(forecast_line, work))
    known = [line.usd for line in lines if line.usd is not None]
    most = [line.usd_most for line in lines if line.usd_most is not None]
    return Forecast(
        n_probes=len(plan.probes),
        n_prompts=len(manifest.prompts),
        repeats=manifest.repeats,
        n_done=len(plan.requests) - len(todo),
        n_requests=sum(line.n_requests for line in lines),
        prompt_tokens=sum(line.prompt_tokens for line in lines),
        completion_tokens=sum(line.completion_tokens for line in lines),
        usd=sum(known) if len(known) == len(lines) else None,
        usd_known=sum(known),
        usd_most=sum(most) if len(most) == len(lines) else None,
        max_usd=max_usd,
        # Lanes work side by side; judges begin when there are answers.
        minutes=sum(max((line.minutes for line in lines if line.role == r), default=0.0) for r in ("model", "judge")),
        lines=lines,
        assumptions=assumptions(lines, work),
    )


def model_work(settings: ModelSettings, requests: Sequence[Request], *, is_batch: bool) -> Work:
    """Return what a model is asked."""
    return Work(
        settings=settings,
        role="model",
        n_requests=len(requests),
        n_requests_most=len(requests),
        prompt_tokens=sum(map(expected_prompt_tokens, requests)),
        reply_tokens=ANSWER_TOKENS,
        most_prompts=Counter(map(most_prompt_tokens, requests)),
        is_batch=is_batch,
    )


def judge_work(plan: RunPlan, *, n_judged: int) -> list[Work]:
    """Return what the judges of `plan` would be asked about the answers that they have not judged."""
    likely = judge_loads(plan.manifest, plan.probes)
    # No tokenizer makes more tokens than bytes.
    most = judge_loads(plan.manifest, plan.probes, count_tokens=lambda text: len(text.encode()) + MESSAGE_TOKENS)
    settings = {judge.id: judge for judge in plan.manifest.judges}
    return [_judge_work(settings[each.judge], each, upper, n_judged) for each, upper in zip(likely, most, strict=True)]


def _judge_work(settings: ModelSettings, likely: JudgeLoad, most: JudgeLoad, n_judged: int) -> Work:
    share = 1 - min(n_judged / likely.n_answers, 1) if likely.n_answers else 0.0
    n, n_most = round(likely.n_requests * share), round(likely.n_requests_most * share)
    each = most.prompt_tokens_most // max(most.n_requests_most, 1) + 1
    return Work(
        settings=settings,
        role="judge",
        n_requests=n,
        n_requests_most=n_most,
        prompt_tokens=round(likely.prompt_tokens * share),
        reply_tokens=round(likely.completion_tokens / max(likely.n_requests, 1)),
        most_prompts=Counter({each: n_most}),
    )


def forecast_line(work: Work) -> ForecastLine:
    """Return what one model or judge would cost and take."""
    settings, n = work.settings, work.n_requests
    reasoning, wanted = expected_reasoning(settings), work.reply_tokens + expected_reasoning(settings)
    if work.seen is not None:
        reasoning, wanted = round(work.seen.reasoning_tokens), round(work.seen.completion_tokens)
    limit = settings.sampling.max_tokens
    completion = wanted if limit is None else min(wanted, limit)
    prices = prices_of(settings, is_batch=work.is_batch)
    each = Usage(prompt_tokens=round(work.prompt_tokens / max(n, 1)), completion_tokens=completion)
    usd_each = prices.cost_usd(each) if prices else None
    return ForecastLine(
        model=settings.id,
        role=work.role,
        n_requests=n,
        n_requests_most=work.n_requests_most,
        prompt_tokens=work.prompt_tokens,
        completion_tokens=n * completion,
        reasoning_tokens=n * min(reasoning, completion),
        usd=None if usd_each is None else n * usd_each,
        usd_most=_usd_most(work, prices),
        price_source=prices.source if prices and usd_each is not None else None,
        minutes=_minutes(work, n * _seconds(work, completion)),
    )


def _seconds(work: Work, completion_tokens: int) -> float:
    if work.seen is None or work.seen.seconds is None:
        return seconds_each(work.settings, completion_tokens)
    return work.seen.seconds


def _minutes(work: Work, seconds: float) -> float:
    if work.is_batch:
        # What providers promise; it is often much sooner.
        return BATCH_MINUTES if work.n_requests else 0.0
    return seconds / (work.settings.concurrency or 1) / 60


def _usd_most(work: Work, prices: Prices | None) -> float | None:
    max_tokens = work.settings.sampling.max_tokens
    if prices is None or max_tokens is None:
        return None
    usd = 0.0
    for prompt_tokens, n in work.most_prompts.items():
        each = prices.highest_usd(Usage(prompt_tokens=prompt_tokens, completion_tokens=max_tokens))
        if each is None:
            return None
        usd += n * each
    return usd


def expected_prompt_tokens(request: Request) -> int:
    """Return about how many tokens a request has, with what a chat template adds."""
    return round(sum(TEMPLATE_TOKENS + estimated_tokens(message.content) for message in request.messages))


def expected_reasoning(settings: ModelSettings) -> int:
    """Return about how many tokens a model thinks before it answers; 0 for one of which nothing is known."""
    if not is_thinking(settings):
        return 0
    return REASONING_TOKENS.get(settings.sampling.reasoning_effort or UNSAID_EFFORT, REASONING_TOKENS[UNSAID_EFFORT])


def seconds_each(settings: ModelSettings, completion_tokens: int) -> float:
    """Return about how long one answer takes; a recorded one takes none."""
    provider = settings.id.partition("/")[0]
    if provider == "recorded":
        return 0.0
    return FIRST_TOKEN_S + completion_tokens / TOKENS_PER_S.get(provider, USUAL_TOKENS_PER_S)


def assumptions(lines: Sequence[ForecastLine], work: Sequence[Work]) -> tuple[str, ...]:
    """Say what the expected figures rest on."""
    seen = {each.settings.id: each.seen.run_id for each in work if each.seen is not None}
    said = [f"the answers of {model} are as in run {run_id}" for model, run_id in sorted(seen.items())]
    if any(line.role == "model" and line.model not in seen for line in lines):
        said.append(f"an answer has {ANSWER_TOKENS} tokens, at {USUAL_TOKENS_PER_S:.0f} tokens per second")
    thinking = sorted({line.model for line in lines if line.reasoning_tokens} - seen.keys())
    if thinking:
        efforts = ", ".join(f"{tokens:,} at effort {effort}" for effort, tokens in REASONING_TOKENS.items())
        said.append(f"reasoning has {efforts}, and as at {UNSAID_EFFORT} where none is set ({', '.join(thinking)})")
    judged = [line for line in lines if line.role == "judge" and line.n_requests < line.n_requests_most]
    if judged:
        n, n_most = sum(line.n_requests for line in judged), sum(line.n_requests_most for line in judged)
        said.append(f"the rules leave {n / n_most:.0%} of the answers to a judge, as on public answers; at most all")
    return tuple(said)
