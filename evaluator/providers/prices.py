"""What an answer cost, from its tokens and the price list of genai-prices.

The list is the one that was installed; it is never fetched. A model that is not in it, or an
answer without usage, has an unknown cost: never 0.
"""

from __future__ import annotations

from datetime import UTC, datetime
from importlib.metadata import version

import msgspec

from evaluator.records import Request, Usage

SUSPICIOUS_FACTOR = 10.0
"""A cost that a provider reports and that is this many times the list price is not trusted blindly."""
TOKENS_PER_BYTE = 1.0
"""No tokenizer makes more tokens than bytes."""
MESSAGE_TOKENS = 100
"""Generous allowance for what a chat template adds to each message."""


class PriceList(msgspec.Struct, frozen=True):
    """The prices of one model at one provider."""

    provider_id: str
    """As genai-prices names it."""
    model_name: str

    @property
    def source(self) -> str:
        """What `Response.cost_source` says of a cost from here."""
        return f"genai-prices {version('genai-prices')}"

    def cost_usd(self, usage: Usage | None, *, at: datetime | None = None) -> float | None:
        """Return the USD of an answer, or None when the tokens or the price are unknown.

        Args:
            usage: Tokens; cached ones are part of the prompt's, reasoning ones of the completion's.
            at: When it was asked, since some prices depend on the hour (UTC); default: now.
        """
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

    def most_usd(self, request: Request) -> float | None:
        """Return an upper bound of what one attempt at `request` can cost; None when unknown."""
        if request.sampling.max_tokens is None:
            return None
        n_bytes = sum(len(message.content.encode()) for message in request.messages)
        prompt_tokens = int(n_bytes * TOKENS_PER_BYTE) + MESSAGE_TOKENS * len(request.messages)
        return self.cost_usd(Usage(prompt_tokens=prompt_tokens, completion_tokens=request.sampling.max_tokens))
