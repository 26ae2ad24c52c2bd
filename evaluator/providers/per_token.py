"""Prices as OpenRouter writes them: strings, USD per token."""

from __future__ import annotations

import math
from typing import Any

from evaluator.money import Price

_MILLION = 1_000_000


def price_per_token(pricing: dict[str, Any]) -> Price | None:
    """Return a price that is given as strings, USD per token; None when a part of it is missing or cannot be."""
    prompt, completion = _per_million(pricing.get("prompt")), _per_million(pricing.get("completion"))
    if prompt is None or completion is None:
        return None
    return Price(prompt=prompt, completion=completion, cached=_per_million(pricing.get("input_cache_read")))


def _per_million(value: Any) -> float | None:
    try:
        amount = float(value) * _MILLION if isinstance(value, str | int | float) else math.nan
    except ValueError:
        return None
    # -1 stands for a price that depends on where the request is routed.
    return amount if 0 <= amount <= _MILLION else None
