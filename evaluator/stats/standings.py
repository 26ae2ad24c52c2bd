"""How the models of one run stand to each other: ranks that may be, and who is tied with whom."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from evaluator.comparison import Ranking
from evaluator.records import Probe, Summary
from evaluator.stats.comparison.pairing import Measured, common_ground, couple_within
from evaluator.stats.comparison.result import choose_questions, compare
from evaluator.stats.comparison.testing import Settings

RANKED_BY = ("hallucination_rate",)
MOST_MODELS = 50
"""1,225 couples; beyond that ranks are for `evaluator compare`, which names its couples."""


def with_standings(summary: Summary, probes: Sequence[Probe], *, level: float = 0.95) -> Summary:
    """Add rankings by hallucination rate, one per prompt, where two models or more can be compared.

    Every couple is compared probe by probe, and the p-values are adjusted by Holm's method over all
    couples, so that any claim "better" is wrong with probability 1 - level at most.

    Args:
        summary: Of one run.
        probes: Of that run.
        level: 1 - level is the chance of any false claim.
    """
    n_models = len({result.model for result in summary.results})
    if not 2 <= n_models <= MOST_MODELS:
        return summary
    run = Measured(summary, tuple(sorted(probes, key=lambda probe: probe.probe_id)))
    ground = common_ground(run, run)
    couples = couple_within(run, None, across_prompts=False)
    questions = choose_questions(RANKED_BY, None, ground.slices)
    if not couples.found:
        return summary
    found = compare([run], couples.found, ground, questions, Settings(level=level))
    return msgspec.structs.replace(summary, rankings=tuple(map(_with_ties, found.rankings)))


def _with_ties(ranking: Ranking) -> Ranking:
    def tied(model: str) -> tuple[str, ...]:
        groups = [group for group in ranking.tie_groups if model in group]
        return tuple(p.model for p in ranking.places if p.model != model and any(p.model in g for g in groups))

    places = tuple(msgspec.structs.replace(place, tied_with=tied(place.model)) for place in ranking.places)
    return msgspec.structs.replace(ranking, places=places)
