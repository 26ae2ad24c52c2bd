"""What a run would ask, cost and take; nobody is asked to find out.

The upper bounds hold whatever the models say. The expected figures rest on assumptions about the
length and speed of answers, which the forecast lists.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Literal

import msgspec

from evaluator.money import Forecast, ForecastLine
from evaluator.providers.checks import has_batches, is_thinking, prices_of
from evaluator.providers.prices import MESSAGE_TOKENS, Prices, most_prompt_tokens
from evaluator.records import ModelSettings, Request, Usage
from evaluator.run.judge_load import JudgeLoad, estimated_tokens, judge_loads
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


def forecast(plan: RunPlan, todo: Sequence[Request], *, n_judged: int = 0, max_usd: float | None = None) -> Forecast:
    """Return what asking `todo`, the open requests of `plan`, would cost and take.

    Args:
        plan: A run, with its judges.
        todo: The requests that nobody has answered yet.
        n_judged: Answers that were judged already.
        max_usd: The cap that is set on the run, to be told.
    """
    manifest = plan.manifest
    is_batch = manifest.config.get("batch") is True
    work = [
        model_work(model, [r for r in todo if r.model == model.id], is_batch=is_batch and has_batches(model))
        for model in manifest.models
    ]
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
        assumptions=assumptions(lines),
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
    reasoning = expected_reasoning(settings)
    limit = settings.sampling.max_tokens
    completion = work.reply_tokens + reasoning if limit is None else min(work.reply_tokens + reasoning, limit)
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
        minutes=_minutes(work, n * seconds_each(settings, completion)),
    )


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


def assumptions(lines: Sequence[ForecastLine]) -> tuple[str, ...]:
    """Say what the expected figures rest on."""
    said = [f"an answer has {ANSWER_TOKENS} tokens, at {USUAL_TOKENS_PER_S:.0f} tokens per second"]
    thinking = sorted({line.model for line in lines if line.reasoning_tokens})
    if thinking:
        efforts = ", ".join(f"{tokens:,} at effort {effort}" for effort, tokens in REASONING_TOKENS.items())
        said.append(f"reasoning has {efforts}, and as at {UNSAID_EFFORT} where none is set ({', '.join(thinking)})")
    judged = [line for line in lines if line.role == "judge" and line.n_requests < line.n_requests_most]
    if judged:
        n, n_most = sum(line.n_requests for line in judged), sum(line.n_requests_most for line in judged)
        said.append(f"the rules leave {n / n_most:.0%} of the answers to a judge, as on public answers; at most all")
    return tuple(said)
