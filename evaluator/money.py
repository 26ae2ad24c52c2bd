"""What asking costs: prices that the user gives, and the forecast of a run before it is asked."""

from __future__ import annotations

from typing import Literal

from evaluator.detection import Detection as Detection
from evaluator.record import Record

COST_ODD = "cost_odd"
"""The flag of a response whose provider reports a cost that cannot be, or is far above its list price."""
USAGE_ODD = "usage_odd"
"""The flag of a response whose tokens contradict each other: its cost is unknown unless the provider names it."""
FORECAST_SCHEMA = "evaluator/forecast/1"


class Price(Record, frozen=True):
    """A price in USD per million tokens, for a model that no list knows."""

    prompt: float
    completion: float
    """Reasoning is paid as completion."""
    cached: float | None = None
    """Of prompt tokens that were cached; default: as `prompt`."""

    def __post_init__(self) -> None:
        for name in ("prompt", "completion", "cached"):
            value = getattr(self, name)
            if value is not None and not 0 <= value <= 1_000_000:
                raise ValueError(f"price.{name}: need USD per million tokens from 0 to 1,000,000, got {value:g}")


class ForecastLine(Record, frozen=True, omit_defaults=False):
    """What one model or judge is expected to be asked, and what that costs."""

    model: str
    role: Literal["model", "judge"]
    n_requests: int
    """Expected; of a judge, as many as the rules are expected to be unsure of."""
    n_requests_most: int
    prompt_tokens: int
    completion_tokens: int
    """Reasoning included."""
    reasoning_tokens: int
    """The part of `completion_tokens` that nobody will read."""
    usd: float | None
    """Expected; None when the price is unknown, 0.0 only when it is known to be free."""
    usd_most: float | None
    """Upper bound when every answer is as long as its limit allows; None when the price is unknown."""
    price_source: str | None
    minutes: float


class Forecast(Record, frozen=True, omit_defaults=False):
    """What a run would ask and cost; nothing was asked to find out."""

    n_probes: int
    n_prompts: int
    repeats: int
    n_done: int
    """Requests that are answered already, in this run or in the one it reuses; in no other figure."""
    n_requests: int
    """To models and, expected, to judges."""
    prompt_tokens: int
    completion_tokens: int
    usd: float | None
    """Expected, in all; None when one price is unknown."""
    usd_known: float
    """The sum over the models and judges whose price is known."""
    usd_most: float | None
    """Upper bound, in all; None when one price is unknown."""
    max_usd: float | None
    """The cap that was set; the run stops before it would spend more."""
    minutes: float
    lines: tuple[ForecastLine, ...]
    assumptions: tuple[str, ...]
    """What the expected figures rest on."""
    notes: tuple[str, ...] = ()
    detection: Detection | None = None
    """What difference between two models it could detect."""
    schema: str = FORECAST_SCHEMA
