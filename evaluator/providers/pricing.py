"""Adds to what a reply says what it cost."""

from __future__ import annotations

from datetime import datetime

import msgspec

from evaluator.providers.checks import prices_of
from evaluator.providers.prices import SUSPICIOUS_FACTOR
from evaluator.providers.wires.reading import Reading
from evaluator.records import ModelSettings

COST_ODD = "cost_odd"
"""The flag of a cost that cannot be, or is far above what the list says."""


class Pricing:
    """Prices the readings of one model; a `Completion`."""

    def __init__(self, settings: ModelSettings, *, is_batch: bool = False) -> None:
        self._prices = prices_of(settings, is_batch=is_batch)

    def __call__(self, reading: Reading, at: datetime) -> Reading:
        """Trust the provider's own figure first; it is checked against the price that is known."""
        if self._prices is None:
            return reading
        listed = self._prices.cost_usd(reading.usage, at=at)
        if reading.cost_usd is None:
            if listed is None:
                return reading
            return msgspec.structs.replace(reading, cost_usd=listed, cost_source=self._prices.source)
        if listed and reading.cost_usd > SUSPICIOUS_FACTOR * listed:
            flags = dict.fromkeys((*reading.flags, COST_ODD))
            return msgspec.structs.replace(reading, flags=tuple(flags))
        return reading
