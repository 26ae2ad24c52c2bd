"""Questions that are asked twice, found without comparing every pair."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from evaluator.probeset.twin_rules import Passage, asked
from evaluator.probeset.wording import token_multiset, tokens_of
from evaluator.records import Probe
from evaluator.set_records import Finding

NEAR = 0.92
"""Jaccard similarity of the token multisets from which two questions count as near duplicates."""

MOST_IN_BUCKET = 100

Tokens = frozenset[tuple[str, int]]


def duplicate_findings(probes: Sequence[Probe]) -> Iterator[Finding]:
    """Report equal questions (error) and nearly equal ones (warning), whether answerable or not.

    Only questions about the same passage and with the same choices are compared, and declared
    twins are left to their own rules. Of the questions that a probe nearly repeats, the first is named.
    """
    by_wording: dict[tuple[str, Passage], list[Probe]] = defaultdict(list)
    for probe in probes:
        by_wording[asked(probe)].append(probe)
    by_passage: dict[Passage, list[Probe]] = defaultdict(list)
    for (_, passage), same in by_wording.items():
        by_passage[passage].append(same[0])
        for probe in same[1:]:
            if not _are_twins(same[0], probe):
                yield _equal(same[0], probe)
    for group in by_passage.values():
        sets = [token_multiset(tokens_of(probe.question)) for probe in group]
        named = set[int]()
        for first, second, similarity in similar_pairs(sets):
            if second not in named and not _are_twins(group[first], group[second]):
                named.add(second)
                yield _near(group[first], group[second], similarity)


def similar_pairs(sets: Sequence[Tokens], threshold: float = NEAR) -> Iterator[tuple[int, int, float]]:
    """Yield (i, j, similarity), i < j, for all pairs with Jaccard similarity >= threshold.

    Two sets can only be that similar when they share one of their few rarest tokens, so each set
    is compared with the sets in those buckets alone, and with the last `MOST_IN_BUCKET` of each: of
    thousands of questions made from one template some pairs are found, in linear time, not all.

    Args:
        sets: Token multisets, as `token_multiset` gives them.
        threshold: In (0, 1].

    Source:
        Prefix filter of Bayardo, Ma and Srikant (2007), "Scaling up all pairs
        similarity search", WWW '07, doi:10.1145/1242572.1242591.

    >>> a, b, c = (token_multiset(text.split()) for text in ("x y z w", "x y z v", "p q r s"))
    >>> list(similar_pairs([a, b, c], threshold=0.6))
    [(0, 1, 0.6)]
    """
    frequency = Counter(token for tokens in sets for token in tokens)
    buckets: dict[tuple[str, int], list[int]] = defaultdict(list)
    for index, tokens in enumerate(sets):
        rarest = sorted(tokens, key=lambda token: (frequency[token], token))
        # A small slack keeps a product such as 0.92 * 25 from rounding past its integer.
        n_prefix = len(tokens) - math.ceil(threshold * len(tokens) - 1e-9) + 1
        candidates = {other for token in rarest[:n_prefix] for other in buckets[token][-MOST_IN_BUCKET:]}
        for other in sorted(candidates):
            shared = len(tokens & sets[other])
            similarity = shared / (len(tokens) + len(sets[other]) - shared)
            if similarity >= threshold:
                yield other, index, similarity
        for token in rarest[:n_prefix]:
            buckets[token].append(index)


def _are_twins(one: Probe, other: Probe) -> bool:
    return one.twin == other.probe_id or other.twin == one.probe_id


def _border(one: Probe, other: Probe) -> str:
    return "" if one.is_answerable == other.is_answerable else ", yet only one of them is answerable"


def _equal(one: Probe, other: Probe) -> Finding:
    message = f"it asks the same as {one.probe_id!r}{_border(one, other)}"
    hint = "keep one of them, or make them twins that differ in one point"
    return Finding(code="P301", severity="error", probe_id=other.probe_id, message=message, hint=hint)


def _near(one: Probe, other: Probe, similarity: float) -> Finding:
    message = f"it shares {similarity:.0%} of its words with {one.probe_id!r}{_border(one, other)}"
    hint = "if they test the same knowledge, keep one, or give both the same `cluster`"
    return Finding(code="P302", severity="warning", probe_id=other.probe_id, message=message, hint=hint)
