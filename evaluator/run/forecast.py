"""What a run would ask, cost and take; nobody is asked to find out.

The upper bounds hold whatever the models say. The expected figures rest on assumptions about the
length and speed of answers, which the forecast lists.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Literal

import msgspec

from evaluator.graders.judge import MOST_ANSWER_CHARS
from evaluator.money import Forecast, ForecastLine
from evaluator.providers.checks import is_thinking, prices_of
from evaluator.providers.prices import Prices, most_prompt_tokens
from evaluator.records import ModelSettings, Request, Response, Usage, Verdict
from evaluator.run.judging import UNSURE_STEP, plan_judging
from evaluator.run.session import RunPlan

ANSWER_TOKENS = 40
"""A few words or one sentence, as every prompt asks for; also a judge's reply."""
REASONING_TOKENS = {"minimal": 100, "low": 400, "medium": 1200, "high": 3000, "xhigh": 6000, "max": 12_000}
UNSAID_EFFORT = "medium"
"""Of a model that reasons unless told not to."""
MESSAGE_TOKENS = 6
CHARACTERS_PER_TOKEN = 4.0
UNSURE_SHARE = 0.2
"""Of the answers: what the rules leave to a judge when it is not to judge all."""
FIRST_TOKEN_S = 1.0
TOKENS_PER_S = {"local": 15.0}
"""Of one answer, while others are made beside it."""
USUAL_TOKENS_PER_S = 60.0
_ANSWER = " ".join(["word"] * ANSWER_TOKENS)


class Load(msgspec.Struct, frozen=True):
    """What one model or judge is asked."""

    settings: ModelSettings
    role: Literal["model", "judge"]
    requests: Sequence[Request]
    share: float = 1.0
    """Of the requests, how many are expected to be made."""


def forecast(plan: RunPlan, todo: Sequence[Request], *, max_usd: float | None = None) -> Forecast:
    """Return what asking `todo`, the open requests of `plan`, would cost and take."""
    manifest = plan.manifest
    loads = [Load(model, "model", _of(model, todo)) for model in manifest.models]
    loads += judge_loads(plan, todo)
    lines = tuple(forecast_line(load) for load in loads)
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


def _of(model: ModelSettings, requests: Iterable[Request]) -> list[Request]:
    return [request for request in requests if request.model == model.id]


def judge_loads(plan: RunPlan, todo: Sequence[Request]) -> list[Load]:
    """Return what the judges of `plan` would be asked if every answer were of the usual length."""
    manifest = plan.manifest
    if not manifest.judges:
        return []
    # Texts that differ are judged one by one, so no two answers are taken to be equal.
    responses = [request.response(outcome="answered", text=f"{_ANSWER} {n}") for n, request in enumerate(todo)]
    judged_all = msgspec.structs.replace(manifest, judge_all=True)
    asked = plan_judging(judged_all, plan.probes, responses, map(_verdict, responses)).requests
    share = 1.0 if manifest.judge_all else UNSURE_SHARE
    return [Load(judge, "judge", _of(judge, asked), share) for judge in manifest.judges]


def _verdict(response: Response) -> Verdict:
    return Verdict(
        request_id=response.request_id,
        probe_id=response.probe_id,
        model=response.model,
        prompt=response.prompt,
        repeat=response.repeat,
        grader="forecast",
        label="wrong",
        step=UNSURE_STEP,
    )


def forecast_line(load: Load) -> ForecastLine:
    """Return what one model or judge would cost and take."""
    settings, n_most = load.settings, len(load.requests)
    n = round(n_most * load.share)
    reasoning = expected_reasoning(settings)
    limit = settings.sampling.max_tokens
    completion = ANSWER_TOKENS + reasoning if limit is None else min(ANSWER_TOKENS + reasoning, limit)
    prompt_tokens = round(sum(map(expected_prompt_tokens, load.requests)) * load.share)
    prices = prices_of(settings)
    each = Usage(prompt_tokens=round(prompt_tokens / n) if n else 0, completion_tokens=completion)
    usd_each = prices.cost_usd(each) if prices else None
    return ForecastLine(
        model=settings.id,
        role=load.role,
        n_requests=n,
        n_requests_most=n_most,
        prompt_tokens=prompt_tokens,
        completion_tokens=n * completion,
        reasoning_tokens=n * min(reasoning, completion),
        usd=None if usd_each is None else n * usd_each,
        usd_most=_usd_most(load, prices),
        price_source=prices.source if prices and usd_each is not None else None,
        minutes=n * seconds_each(settings, completion) / (settings.concurrency or 1) / 60,
    )


def _usd_most(load: Load, prices: Prices | None) -> float | None:
    max_tokens = load.settings.sampling.max_tokens
    if prices is None or max_tokens is None:
        return None
    # A judge is shown up to so much of an answer, whatever its length here.
    shown = MOST_ANSWER_CHARS if load.role == "judge" else 0
    usd = 0.0
    for prompt_tokens, n in Counter(map(most_prompt_tokens, load.requests)).items():
        each = prices.highest_usd(Usage(prompt_tokens=prompt_tokens + shown, completion_tokens=max_tokens))
        if each is None:
            return None
        usd += n * each
    return usd


def expected_prompt_tokens(request: Request) -> int:
    """Return about how many tokens a request has: letters by the word piece, other scripts by the character.

    What a chat template adds is counted, too.
    """
    return sum(MESSAGE_TOKENS + expected_text_tokens(message.content) for message in request.messages)


def expected_text_tokens(text: str) -> int:
    """Return about how many tokens a text has.

    >>> expected_text_tokens("What is the capital of Australia?"), expected_text_tokens("澳大利亚的首都是哪里？")
    (8, 11)
    """
    n_ascii = sum(map(len, re.findall(r"[\x00-\x7f]+", text)))
    return round(n_ascii / CHARACTERS_PER_TOKEN + (len(text) - n_ascii))


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
        said.append(f"the rules are unsure of {UNSURE_SHARE:.0%} of the answers; at most all are judged")
    return tuple(said)
