"""What an answer cost, from its tokens and a price.

The price is the one that the user gives, or that of the list of genai-prices as it was installed;
it is never fetched. A model without either, or an answer without usage, has an unknown cost: never 0.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from importlib.metadata import version
from typing import Protocol

import msgspec

from evaluator.money import Price
from evaluator.records import Request, Usage

SUSPICIOUS_FACTOR = 10.0
"""A cost that a provider reports and that is this many times the list price is not trusted blindly."""
TOKENS_PER_BYTE = 1.0
"""No tokenizer makes more tokens than bytes."""
MESSAGE_TOKENS = 100
"""Generous allowance for what a chat template adds to each message."""
SCHEMA_TOKENS = 1000
"""Generous allowance for how a provider tells the model of a schema, beside the schema itself."""
_ANY_DAY = datetime(2026, 11, 24, tzinfo=UTC)


class Prices(Protocol):
    """What one model costs at one provider."""

    @property
    def source(self) -> str:
        """What `Response.cost_source` says of a cost from here."""
        ...

    def cost_usd(self, usage: Usage | None, *, at: datetime | None = None) -> float | None:
        """Return the USD of an answer, or None when the tokens or the price are unknown.

        Args:
            usage: Tokens; cached ones are part of the prompt's, reasoning ones of the completion's.
            at: When it was asked, since some prices depend on the hour (UTC); default: now.
        """
        ...

    def highest_usd(self, usage: Usage) -> float | None:
        """Return what those tokens cost at the dearest hour; None when the price is unknown."""
        ...


class PriceList(msgspec.Struct, frozen=True):
    """The prices of one model in the list of genai-prices; a `Prices`."""

    provider_id: str
    """As genai-prices names it."""
    model_name: str

    @property
    def source(self) -> str:
        """The list and its version."""
        return f"genai-prices {version('genai-prices')}"

    def cost_usd(self, usage: Usage | None, *, at: datetime | None = None) -> float | None:
        """Return the USD of an answer, or None when the tokens or the price are unknown."""
        if usage is None or usage.prompt_tokens is None or usage.completion_tokens is None:
            return None
        if self.model_name.endswith(":free"):
            return 0.0
        # Imported late: reading the list takes a fifth of a second.
        import genai_prices

        cached = min(usage.cached_tokens or 0, usage.prompt_tokens)
        tokens = genai_prices.Usage(
            input_tokens=usage.prompt_tokens, output_tokens=usage.completion_tokens, cache_read_tokens=cached or None
        )
        name = self.model_name.partition(":")[0]
        try:
            price = genai_prices.calc_price(
                tokens, name, provider_id=self.provider_id, genai_request_timestamp=at or datetime.now(UTC)
            )
        except (LookupError, ValueError):
            return None
        return float(price.total_price)

    def highest_usd(self, usage: Usage) -> float | None:
        """Return what those tokens cost at the dearest hour of the day; None when the price is unknown."""
        return self.cost_usd(usage, at=datetime.now(UTC).replace(hour=_dearest_hour(self)))


class OwnPrice(msgspec.Struct, frozen=True):
    """The price that the user gives; a `Prices`."""

    price: Price
    source: str = "price in the settings"

    def cost_usd(self, usage: Usage | None, *, at: datetime | None = None) -> float | None:  # noqa: ARG002
        """Return the USD of an answer, or None when its tokens are unknown."""
        if usage is None or usage.prompt_tokens is None or usage.completion_tokens is None:
            return None
        price = self.price
        cached = min(usage.cached_tokens or 0, usage.prompt_tokens)
        of_cached = price.prompt if price.cached is None else price.cached
        fresh = usage.prompt_tokens - cached
        return (fresh * price.prompt + cached * of_cached + usage.completion_tokens * price.completion) / 1e6

    def highest_usd(self, usage: Usage) -> float | None:
        """Return what those tokens cost: the price knows no hours."""
        return self.cost_usd(usage)


class Discounted(msgspec.Struct, frozen=True):
    """Prices less a share of them; a `Prices`."""

    prices: Prices
    discount: float
    """In [0, 1)."""

    @property
    def source(self) -> str:
        """Where the full price stands, and what is taken off."""
        return f"{self.prices.source}, less {self.discount:.0%} for batches"

    def cost_usd(self, usage: Usage | None, *, at: datetime | None = None) -> float | None:
        """Return the USD of an answer, or None when the tokens or the price are unknown."""
        full = self.prices.cost_usd(usage, at=at)
        return None if full is None else full * (1 - self.discount)

    def highest_usd(self, usage: Usage) -> float | None:
        """Return what those tokens cost at the dearest hour; None when the price is unknown."""
        full = self.prices.highest_usd(usage)
        return None if full is None else full * (1 - self.discount)


FREE = OwnPrice(Price(prompt=0.0, completion=0.0), source="free")
"""What runs on this machine, or was recorded."""


def most_usd(prices: Prices, request: Request) -> float | None:
    """Return an upper bound of what one attempt at `request` can cost; None when unknown."""
    if request.sampling.max_tokens is None:
        return None
    usage = Usage(prompt_tokens=most_prompt_tokens(request), completion_tokens=request.sampling.max_tokens)
    return prices.highest_usd(usage)


def most_prompt_tokens(request: Request) -> int:
    """Return more prompt tokens than any tokenizer makes of `request`."""
    n_bytes = sum(len(message.content.encode("utf-8", "surrogatepass")) for message in request.messages)
    schema = request.json_schema
    of_schema = len(msgspec.json.encode(schema)) + SCHEMA_TOKENS if schema is not None else 0
    return int(n_bytes * TOKENS_PER_BYTE) + MESSAGE_TOKENS * len(request.messages) + of_schema


@lru_cache(maxsize=1000)
def _dearest_hour(prices: PriceList) -> int:
    """Return the hour (UTC) at which the model costs most; 0 where all are equal."""
    usage = Usage(prompt_tokens=1000, completion_tokens=1000)
    costs = [prices.cost_usd(usage, at=_ANY_DAY.replace(hour=hour)) or 0.0 for hour in range(24)]
    return costs.index(max(costs))
