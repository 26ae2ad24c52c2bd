"""What makes a run and its baseline two different things, so that a gate should not compare them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from evaluator.policy import Allowed
from evaluator.stats.comparison.pairing import Couple, Couples, Ground, Measured, obstacles_between, setting_notes


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that is not the same in run and baseline."""

    kind: Allowed
    message: str


def differences_between(run: Measured, baseline: Measured, couples: Couples, ground: Ground) -> list[Difference]:
    """Everything a gate refuses unless it is accepted.

    Args:
        run: The gated run.
        baseline: What it is compared with.
        couples: Their results.
        ground: Their probes.
    """
    found = [Difference(one.kind, one.message) for one in couples.obstacles]
    found += [Difference(one.kind, one.message) for one in obstacles_between(run, baseline, ground)]
    found += [Difference("settings", note) for note in dict.fromkeys(setting_notes(couples.found))]
    found += [Difference("served", message) for message in _served(couples.found)]
    return found


def host_notes(couples: Sequence[Couple]) -> Iterator[str]:
    """Say where other hosts answered than in the baseline: a host may serve another precision of a model."""
    for couple in couples:
        new, old = couple.a.served_by, couple.b.served_by
        if new and old and new.keys() != old.keys():
            yield f"{couple.a.model}: answered by {_shares(new)}; in the baseline by {_shares(old)}"


def _shares(hosts: Mapping[str, int]) -> str:
    total = sum(hosts.values())
    shown = sorted(hosts.items(), key=lambda host: (-host[1], host[0]))[:3]
    return ", ".join(f"{name} ({100 * n / total:.0f}%)" for name, n in shown)


def _served(couples: Sequence[Couple]) -> Iterator[str]:
    for couple in couples:
        new, old = set(couple.a.served_models), set(couple.b.served_models)
        if new and old and new != old:
            yield (f"{couple.a.model}: the server says {_names(new)} answered the run, and {_names(old)} the baseline")


def _names(served: set[str]) -> str:
    shown = sorted(served)[:3]
    return " and ".join(shown) + (f" and {len(served) - 3} more" if len(served) > 3 else "")
