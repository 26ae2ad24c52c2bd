"""How much the judges of a run are expected to be asked, before there is any answer.

Which answers go to a judge depends on the answers, so this is an estimate with an upper end beside it. Once the
answers are there, `plan_judging` says exactly what is asked.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import msgspec

from evaluator.graders.judge import judge_messages, load_rubric
from evaluator.graders.judge.rubric import MOST_ANSWER_CHARS
from evaluator.graders.matching import target_kind
from evaluator.graders.reliability import UNSURE_SHARE, UNSURE_UNANSWERABLE
from evaluator.records import Manifest, ModelSettings, Probe

USUAL_ANSWER_CHARS = 200
"""Length of a brief answer, where the caller knows no better."""
REPLY_TOKENS = {True: 12, False: 80}
"""Tokens of a reply that is bound to a schema, and of one that may say why. A judge that reasons first writes more."""
_ASCII_PER_TOKEN = 4
_FILLING = "x"


class JudgeLoad(msgspec.Struct, frozen=True):
    """What one judge is expected to be asked: requests and tokens, likely and at most."""

    judge: str
    n_answers: int
    """Answers the run asks for, which is how many can be judged."""
    n_requests: int
    """Requests expected, judge repeats included; resuming or grading again adds none."""
    n_requests_most: int
    """The same when every answer is judged and no two are equal."""
    prompt_tokens: int
    """Expected tokens of all `n_requests` prompts together."""
    prompt_tokens_most: int
    """Of `n_requests_most` prompts that hold as much of an answer as a judge is shown."""
    completion_tokens: int
    """Expected tokens of the replies; of a judge that reasons before it replies, too few."""
    completion_tokens_most: int | None
    """When every reply is cut at the judge's limit; None without one."""


def judge_loads(
    manifest: Manifest,
    probes: Sequence[Probe],
    *,
    answer_chars: int = USUAL_ANSWER_CHARS,
    count_tokens: Callable[[str], float] | None = None,
) -> tuple[JudgeLoad, ...]:
    """Say how often each judge of `manifest` is expected to be asked, and with how many tokens.

    With `judge_all` every answer is judged. Else the share is the one that the rules left uncertain on public answers,
    by the kind of target (`UNSURE_SHARE`); where a probe has no answer it hangs on how often the models abstain, and
    three in four is assumed. Answers that never come, and equal texts that are asked once, make it less.

    Args:
        manifest: With its judges in place (`with_judges`): models, prompts and repeats say how many answers there are.
        probes: What is asked.
        answer_chars: Expected length of an answer.
        count_tokens: Tokens of a text; default `estimated_tokens`.

    Returns:
        One load per judge, in the order of the manifest; empty without judges.
    """
    count = count_tokens or estimated_tokens
    n_per_probe = len(manifest.models) * len(manifest.prompts) * manifest.repeats
    return tuple(_load(judge, manifest, probes, n_per_probe, answer_chars, count) for judge in manifest.judges)


def _load(
    judge: ModelSettings,
    manifest: Manifest,
    probes: Sequence[Probe],
    n_per_probe: int,
    answer_chars: int,
    count: Callable[[str], float],
) -> JudgeLoad:
    shares = [unsure_share(probe, judge_all=manifest.judge_all) for probe in probes]
    likely = [_prompt_tokens(manifest, judge, probe, answer_chars, count) for probe in probes]
    most = [_prompt_tokens(manifest, judge, probe, MOST_ANSWER_CHARS, count) for probe in probes]
    n_each = n_per_probe * manifest.judge_repeats
    n_requests = math.ceil(n_each * math.fsum(shares))
    n_most = n_each * len(probes)
    weighted = math.fsum(share * tokens for share, tokens in zip(shares, likely, strict=True))
    limit = judge.sampling.max_tokens
    return JudgeLoad(
        judge=judge.id,
        n_answers=n_per_probe * len(probes),
        n_requests=n_requests,
        n_requests_most=n_most,
        prompt_tokens=math.ceil(n_each * weighted),
        prompt_tokens_most=math.ceil(n_each * math.fsum(most)),
        completion_tokens=n_requests * REPLY_TOKENS[judge.structured_output],
        completion_tokens_most=None if limit is None else n_most * limit,
    )


def unsure_share(probe: Probe, *, judge_all: bool) -> float:
    """Say which share of the answers to `probe` is expected to go to a judge."""
    if judge_all:
        return 1.0
    return UNSURE_SHARE[target_kind(probe)] if probe.is_answerable else UNSURE_UNANSWERABLE


def estimated_tokens(text: str) -> float:
    """Estimate the tokens of a text: four ASCII characters make one, as does any other character.

    >>> estimated_tokens("abcdefgh"), estimated_tokens("北京")
    (2.0, 2.0)
    """
    n_ascii = len(text.encode("ascii", "ignore"))
    return n_ascii / _ASCII_PER_TOKEN + len(text) - n_ascii


def _prompt_tokens(
    manifest: Manifest, judge: ModelSettings, probe: Probe, answer_chars: int, count: Callable[[str], float]
) -> float:
    rubric = load_rubric(manifest.judge_prompt.version if manifest.judge_prompt else "")
    messages = judge_messages(rubric, probe, _FILLING * answer_chars, structured=judge.structured_output)
    return math.fsum(count(message.content) for message in messages)
