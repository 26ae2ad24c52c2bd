"""From twin pairs to the probes of a family."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import msgspec

from evaluator.errors import ProbeFileError
from evaluator.probeset.families.draw import Draw
from evaluator.probeset.target_rules import target_in_question
from evaluator.probeset.twin_rules import Passage, asked
from evaluator.records import MatchType, Probe, Record, UnanswerableReason

MAX_USELESS_IN_A_ROW = 500
"""A kind of question that repeats itself so often has nothing new to ask."""


class Pair(Record, frozen=True):
    """Two probes that differ in one point, the first of them answerable."""

    question: str
    twin_question: str
    targets: tuple[str, ...]
    reason: UnanswerableReason
    why: str
    source: str
    twin_source: str | None = None
    """None: as for the answerable probe."""
    match: MatchType = "auto"
    tolerance: float = 0.0
    distractors: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()
    twin_choices: tuple[str, ...] = ()
    context: str | None = None
    twin_context: str | None = None
    about: str | None = None
    """What the pair asks about; pairs about the same thing are one cluster."""
    topic: str | None = None
    """None: the topic of the family."""


Kind = Callable[[Draw], Iterator[Pair]]
"""One kind of question: yields pairs until it has nothing new to ask."""


@dataclass(frozen=True)
class PairFamily:
    """A family whose probes come in twin pairs, from several kinds of question in turn."""

    name: str
    version: str
    """Another version gives other probes for the same seed."""
    topic: str
    summary: str
    """One line on what is asked and where the truth comes from."""
    kinds: tuple[Kind, ...]
    """They take turns; one that stands here twice has two turns."""

    def generate(self, seed: int, n: int) -> tuple[Probe, ...]:
        """Return `n` probes; twins stand side by side, and fewer probes are the beginning of more.

        Args:
            seed: Any whole number; the same seed gives the same probes.
            n: How many; an odd one ends with an answerable probe that has no twin.

        Raises:
            ProbeFileError: If the family has fewer than `n` different probes.
        """
        probes: list[Probe] = []
        for number, pair in enumerate(self._pairs(seed)):
            if len(probes) >= n:
                break
            probes += self._probes_of(pair, f"{self.name}-s{seed}-{number + 1:04d}")
        if len(probes) < n:
            raise ProbeFileError(
                f"family {self.name}: need {n} different probes, got {len(probes)} with seed {seed}; "
                f"ask for at most {len(probes)}"
            )
        if n % 2:
            probes = [*probes[: n - 1], msgspec.structs.replace(probes[n - 1], twin=None)]
        return tuple(probes)

    def _pairs(self, seed: int) -> Iterator[Pair]:
        stream = f"{self.name}/{self.version}/{seed}"
        open_kinds = [kind(Draw(f"{stream}/{number}")) for number, kind in enumerate(self.kinds)]
        seen: set[tuple[str, Passage]] = set()
        while open_kinds:
            for kind in tuple(open_kinds):
                pair = _next_new(kind, seen)
                if pair is None:
                    open_kinds.remove(kind)
                else:
                    yield pair

    def _probes_of(self, pair: Pair, stem: str) -> tuple[Probe, Probe]:
        cluster = f"{self.name}-{pair.about}" if pair.about else None
        tags = (f"family:{self.name}",)
        answerable = Probe(
            probe_id=f"{stem}-a",
            question=pair.question,
            targets=pair.targets,
            match=pair.match,
            choices=pair.choices,
            distractors=pair.distractors,
            context=pair.context,
            topic=pair.topic or self.topic,
            cluster=cluster,
            twin=f"{stem}-u",
            source=pair.source,
            tags=tags,
        )
        if pair.tolerance:
            # A default that is spelt out would be written to the file.
            answerable = msgspec.structs.replace(answerable, tolerance=pair.tolerance)
        unanswerable = Probe(
            probe_id=f"{stem}-u",
            question=pair.twin_question,
            unanswerable=pair.reason,
            why=pair.why,
            match=pair.match if pair.twin_choices else "auto",
            choices=pair.twin_choices,
            context=pair.twin_context,
            topic=pair.topic or self.topic,
            cluster=cluster,
            twin=f"{stem}-a",
            source=pair.twin_source or pair.source,
            tags=tags,
        )
        return answerable, unanswerable


def _next_new(kind: Iterator[Pair], seen: set[tuple[str, Passage]]) -> Pair | None:
    """Return the next pair that asks nothing again and does not tell its own answer."""
    for _, pair in zip(range(MAX_USELESS_IN_A_ROW), kind, strict=False):
        one = Probe(
            probe_id="a", question=pair.question, targets=pair.targets, match=pair.match,
            context=pair.context, choices=pair.choices,
        )  # fmt: skip
        other = Probe(
            probe_id="u", question=pair.twin_question, unanswerable=pair.reason,
            context=pair.twin_context, choices=pair.twin_choices,
        )  # fmt: skip
        both = {asked(one), asked(other)}
        if len(both) == 2 and seen.isdisjoint(both) and target_in_question(one) is None:
            seen |= both
            return pair
    return None
