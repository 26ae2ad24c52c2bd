"""Adds to what a reply says what it cost."""

from __future__ import annotations

from datetime import datetime

import msgspec

from evaluator.money import COST_ODD, USAGE_ODD
from evaluator.providers.checks import prices_of
from evaluator.providers.prices import SUSPICIOUS_FACTOR
from evaluator.providers.wires.reading import Reading
from evaluator.records import ModelSettings, Usage

NEVER_ODD_USD = 1e-4
"""A fee as small as this may come on top of any price, also of a free one."""
MOST_FLAT_USD = 1.0
MOST_USD_PER_TOKEN = 0.006
"""Ten times what the dearest models cost: what is believed of a model whose price nobody knows."""
MOST_TOKENS = 2_000_000


class Pricing:
    """Prices the readings of one model; a `Completion`."""

    def __init__(self, settings: ModelSettings, *, is_batch: bool = False) -> None:
        self._prices = prices_of(settings, is_batch=is_batch)

    def __call__(self, reading: Reading, at: datetime) -> Reading:
        """Trust the provider's own figure first; where it is odd, the list's stands in its place."""
        reading = _with_doubt(reading)
        usage = None if USAGE_ODD in reading.flags else reading.usage
        listed = self._prices.cost_usd(usage, at=at) if self._prices else None
        reported = reading.cost_usd
        is_odd = reported is not None and reported > most_believed_usd(listed, reading.usage)
        if reported is not None and not is_odd:
            return reading
        source = self._prices.source if self._prices and listed is not None else None
        flags = tuple(dict.fromkeys((*reading.flags, COST_ODD))) if is_odd else reading.flags
        return msgspec.structs.replace(reading, cost_usd=listed, cost_source=source, reported_usd=reported, flags=flags)


def _with_doubt(reading: Reading) -> Reading:
    """Flag more cached tokens than the prompt has: to price them so would be too cheap."""
    usage = reading.usage
    if usage is None or usage.prompt_tokens is None or (usage.cached_tokens or 0) <= usage.prompt_tokens:
        return reading
    return msgspec.structs.replace(reading, flags=tuple(dict.fromkeys((*reading.flags, USAGE_ODD))))


def most_believed_usd(listed_usd: float | None, usage: Usage | None) -> float:
    """Return the highest cost of an answer that is believed when its provider reports it.

    Args:
        listed_usd: What it costs by its price, where that is known.
        usage: Its tokens.
    """
    if listed_usd is not None:
        return max(SUSPICIOUS_FACTOR * listed_usd, NEVER_ODD_USD)
    tokens = (usage.prompt_tokens or 0) + (usage.completion_tokens or 0) if usage else 0
    return MOST_FLAT_USD + MOST_USD_PER_TOKEN * min(tokens, MOST_TOKENS)
