"""From the answers of one or several runs to what they say about each probe."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from evaluator.audit import probe_hash
from evaluator.item_analysis import SUSPICIONS, ItemAnalysis, ItemFlag, ItemResult
from evaluator.records import Label, Probe
from evaluator.stats.items.agreement import Agreed, Asked, WrongAnswer, agreed_answers
from evaluator.stats.items.discrimination import Scores, item_rest_correlations

FEWEST_MODELS = 3
"""Models from which an agreement means something."""
AGREED_SHARE = 0.5
"""Share of the models with one answer from which it is called agreed."""
FEWEST_RESPONDENTS = 5
"""Below, a negative correlation is mostly chance: it is shown and not flagged."""
MANY_RESPONDENTS = 10
LOW_R = 0.1
"""With many respondents, a correlation below this is flagged; with fewer, one below 0."""
FLIP_SHARE = 0.5
FEWEST_PAIRS = 3


@dataclass(frozen=True, slots=True)
class ItemAnswer:
    """One graded answer."""

    probe_id: str
    model: str
    prompt: str
    label: Label
    text: str


@dataclass(slots=True)
class _Item:
    """What is collected about one probe; by respondent, the labels and texts."""

    given: defaultdict[tuple[str, str], list[ItemAnswer]] = field(default_factory=lambda: defaultdict(list))


def analyse_items(
    probes: Sequence[Probe], answers: Iterable[ItemAnswer], runs: Sequence[str], notes: Sequence[str] = ()
) -> ItemAnalysis:
    """Say of every probe what speaks against it.

    Nothing is dropped: leaving out what models get wrong would make every rate look better. What is
    flagged is for people to look at.

    Args:
        probes: Different ids.
        answers: Graded ones; of a model and prompt there may be several, from repeats and runs.
        runs: Names of the runs.
        notes: What to say about them.

    Assumes:
        Models err independently. Models of one maker share their errors, so that an answer on which
        they agree is less suspect than it looks.

    Source:
        Item-rest correlation as in classical test theory; agreement of models as a sign of a wrong
        key: Fantastic Bugs and Where to Find Them (2025), arXiv:2511.16842.
    """
    items: defaultdict[str, _Item] = defaultdict(_Item)
    for answer in answers:
        items[answer.probe_id].given[answer.model, answer.prompt].append(answer)
    respondents = sorted({name for item in items.values() for name in item.given})
    correlations = _correlations(probes, items, respondents)
    agreed = _agreed(probes, items)
    results = [_result(probe, items[probe.probe_id], correlations, agreed.get(probe.probe_id)) for probe in probes]
    results.sort(key=lambda item: (-len(item.flags), -(item.modal_share or 0), item.item_rest_r or 0, item.probe_id))
    kinds = Counter(flag.kind for item in results for flag in item.flags)
    models = {model for model, _ in respondents}
    return ItemAnalysis(
        runs=tuple(runs),
        n_models=len(models),
        n_respondents=len(respondents),
        n_probes=len(probes),
        n_flagged=sum(bool(item.flags) for item in results),
        by_kind={kind: kinds[kind] for kind in SUSPICIONS},
        items=tuple(results),
        notes=(*notes, *_limits(len(models), len(respondents))),
    )


def _limits(n_models: int, n_respondents: int) -> Iterator[str]:
    if n_models < FEWEST_MODELS:
        yield f"agreement is looked for from {FEWEST_MODELS} models on, here are {n_models}: no answer is called agreed"
    if n_respondents < FEWEST_RESPONDENTS:
        yield (
            f"the item-rest correlation is shown from 3 models and prompts on and flagged from {FEWEST_RESPONDENTS} "
            f"on, here are {n_respondents}"
        )


def _is_right(probe: Probe, label: Label) -> bool:
    return label == ("correct" if probe.is_answerable else "abstained")


def _correlations(
    probes: Sequence[Probe], items: Mapping[str, _Item], respondents: Sequence[tuple[str, str]]
) -> dict[str, float]:
    """By probe_id; each probe against the others of its kind, since declining helps with one kind only."""
    found: dict[str, float] = {}
    row_of = {name: row for row, name in enumerate(respondents)}
    for kind in (True, False):
        own = [probe for probe in probes if probe.is_answerable is kind and probe.probe_id in items]
        scores: Scores = np.full((len(respondents), len(own)), np.nan)
        for column, probe in enumerate(own):
            for name, given in items[probe.probe_id].given.items():
                scores[row_of[name], column] = sum(_is_right(probe, a.label) for a in given) / len(given)
        found |= dict(zip((p.probe_id for p in own), item_rest_correlations(scores).tolist(), strict=True))
    return found


def _agreed(probes: Sequence[Probe], items: Mapping[str, _Item]) -> dict[str, Agreed]:
    asked = {p.probe_id: Asked(f"{p.question} {p.context or ''}", p.targets) for p in probes}
    wrong = {
        probe.probe_id: [WrongAnswer(a.model, a.text) for a in _answers(items[probe.probe_id]) if a.label == "wrong"]
        for probe in probes
        if probe.probe_id in items
    }
    seen = {probe_id: [answer.text for answer in _answers(item)] for probe_id, item in items.items()}
    return agreed_answers(asked, wrong, seen)


def _answers(item: _Item) -> Iterator[ItemAnswer]:
    for given in item.given.values():
        yield from given


def _result(probe: Probe, item: _Item, correlations: Mapping[str, float], agreed: Agreed | None) -> ItemResult:
    models = {model for model, _ in item.given}
    shares = [sum(_is_right(probe, a.label) for a in given) / len(given) for given in item.given.values()]
    right = sum(shares) / len(shares) if shares else None
    r = correlations.get(probe.probe_id, math.nan)
    n_flips, n_pairs = _flips(item)
    modal_share = len(agreed.models) / len(models) if agreed else None
    flags = [
        *_agreement_flags(probe, agreed, len(models), right or 0.0),
        *_discrimination_flags(r, len(item.given)),
        *_flip_flags(item, n_flips, n_pairs),
    ]
    return ItemResult(
        probe_id=probe.probe_id,
        probe_hash=probe_hash(probe),
        answerable=probe.is_answerable,
        n_models=len(models),
        n_answers=sum(map(len, item.given.values())),
        right_share=right,
        item_rest_r=None if math.isnan(r) else r,
        modal_answer=agreed.text if agreed else None,
        modal_share=modal_share,
        flip_share=n_flips / n_pairs if n_pairs else None,
        n_flip_pairs=n_pairs,
        flags=tuple(flags),
    )


def _agreement_flags(probe: Probe, agreed: Agreed | None, n_models: int, right: float) -> Iterator[ItemFlag]:
    if agreed is None or n_models < FEWEST_MODELS or len(agreed.models) < FEWEST_MODELS:
        return
    share = len(agreed.models) / n_models
    if share >= AGREED_SHARE and share > right:
        said = f"{len(agreed.models)} of {n_models} models say: {agreed.text}"
        yield ItemFlag(kind="same_wrong_answer" if probe.is_answerable else "agreed_answer", message=said)


def _discrimination_flags(r: float, n_respondents: int) -> Iterator[ItemFlag]:
    limit = LOW_R if n_respondents >= MANY_RESPONDENTS else 0.0
    if n_respondents >= FEWEST_RESPONDENTS and r < limit:
        yield ItemFlag(kind="low_discrimination", message=f"r = {r:.2f} over {n_respondents} models and prompts")


def _flips(item: _Item) -> tuple[int, int]:
    """Pairs of answers by one respondent with different labels, and all pairs."""
    n_flips = n_pairs = 0
    for given in item.given.values():
        n = len(given)
        same = sum(k * (k - 1) // 2 for k in Counter(a.label for a in given).values())
        n_pairs += n * (n - 1) // 2
        n_flips += n * (n - 1) // 2 - same
    return n_flips, n_pairs


def _flip_flags(item: _Item, n_flips: int, n_pairs: int) -> Iterator[ItemFlag]:
    if n_pairs >= FEWEST_PAIRS and n_flips / n_pairs >= FLIP_SHARE:
        message = f"{n_flips} of {n_pairs} pairs of answers by one model have different labels"
        yield ItemFlag(kind="label_flips", message=message)
    labels: defaultdict[str, set[Label]] = defaultdict(set)
    for answer in _answers(item):
        labels[answer.text.strip()].add(answer.label)
    for text, found in labels.items():
        if len(found) > 1:
            yield ItemFlag(kind="unstable_grade", message=f"{' and '.join(sorted(found))}: {text[:120]}")
            return
