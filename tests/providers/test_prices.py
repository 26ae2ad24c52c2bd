"""Costs: from the price list when the provider names none; what is not known stays unknown."""

from __future__ import annotations

from datetime import UTC, datetime
from importlib.metadata import version

import pytest

from evaluator.providers.checks import prices_of
from evaluator.providers.prices import PriceList, most_usd
from evaluator.providers.pricing import Pricing
from evaluator.providers.wires.reading import Reading
from evaluator.records import Message, ModelSettings, Request, Sampling, Usage
from tests.providers.test_parameters import DIRECT, ROUTED

AT = datetime(2026, 11, 24, 20, 0, tzinfo=UTC)
MILLION = Usage(prompt_tokens=100_000, completion_tokens=10_000)


@pytest.mark.parametrize("model_id", [*DIRECT.values(), *ROUTED.values()])
def test_every_model_has_a_price(model_id: str) -> None:
    prices = prices_of(ModelSettings(id=model_id))
    assert prices is not None
    cost = prices.cost_usd(MILLION, at=AT)
    assert cost is not None
    assert 0.01 < cost < 2


@pytest.mark.parametrize(
    ("provider", "model", "per_million"),
    [
        ("moonshotai", "kimi-k2.6", (0.95, 4, 0.16)),
        ("anthropic", "claude-opus-4-7", (5, 25, 0.5)),
        ("openai", "gpt-5.5", (5, 30, 0.5)),
        ("google", "gemini-3.1-pro-preview", (2, 12, 0.2)),
        ("deepseek", "deepseek-v4-pro", (0.66, 1.98, 0.022)),
    ],
)
def test_a_cost_is_tokens_times_price(provider: str, model: str, per_million: tuple[float, float, float]) -> None:
    usage = Usage(prompt_tokens=1000, completion_tokens=200, cached_tokens=300, reasoning_tokens=150)
    fresh, out, cached = (price / 1e6 for price in per_million)
    expected = 700 * fresh + 300 * cached + 200 * out
    assert PriceList(provider, model).cost_usd(usage, at=AT) == pytest.approx(expected)


def test_the_hour_of_the_request_decides_where_the_price_does() -> None:
    prices = PriceList("deepseek", "deepseek-v4-pro")
    calm, peak = prices.cost_usd(MILLION, at=AT), prices.cost_usd(MILLION, at=AT.replace(hour=2))
    assert calm is not None
    assert peak == pytest.approx(2 * calm)


@pytest.mark.parametrize(
    "usage",
    [
        None,
        Usage(),
        Usage(prompt_tokens=5),
        Usage(completion_tokens=5),
    ],
)
def test_without_usage_the_cost_is_unknown_never_zero(usage: Usage | None) -> None:
    assert PriceList("openai", "gpt-5.5").cost_usd(usage) is None


def test_a_model_outside_the_list_has_no_cost() -> None:
    assert PriceList("openai", "gpt-99-nobody").cost_usd(MILLION) is None
    assert PriceList("nobody", "gpt-5.5").cost_usd(MILLION) is None


def test_variants_are_priced_as_their_model_and_free_ones_as_free() -> None:
    plain = PriceList("openrouter", "moonshotai/kimi-k2.6").cost_usd(MILLION)
    assert PriceList("openrouter", "moonshotai/kimi-k2.6:nitro").cost_usd(MILLION) == plain
    assert PriceList("openrouter", "moonshotai/kimi-k2.6:free").cost_usd(MILLION) == 0.0


def test_more_cached_tokens_than_tokens_are_no_more_than_all() -> None:
    odd = Usage(prompt_tokens=10, completion_tokens=1, cached_tokens=999)
    assert PriceList("openai", "gpt-5.5").cost_usd(odd) == pytest.approx(10 * 0.5e-6 + 30e-6)


def test_the_source_names_the_list_and_its_version() -> None:
    assert PriceList("openai", "gpt-5.5").source == f"genai-prices {version('genai-prices')}"


def test_nobody_knows_the_price_at_another_address() -> None:
    assert prices_of(ModelSettings(id="openai/gpt-5.5", base_url="https://gateway.example/v1")) is None
    assert prices_of(ModelSettings(id="server/m", base_url="http://127.0.0.1:1")) is None


def test_the_most_an_attempt_can_cost_is_above_what_it_does() -> None:
    request = Request(
        request_id="r",
        probe_id="p",
        model="openai/gpt-5.5",
        prompt="none",
        repeat=0,
        messages=(Message(role="user", content="é" * 500),),
        sampling=Sampling(max_tokens=1000),
    )
    prices = PriceList("openai", "gpt-5.5")
    assert most_usd(prices, request) == pytest.approx((1000 + 100) * 5e-6 + 1000 * 30e-6)
    unlimited = Request(
        **{name: getattr(request, name) for name in request.__struct_fields__} | {"sampling": Sampling()}
    )
    assert most_usd(prices, unlimited) is None


def test_row_24_a_run_that_crosses_the_dear_hours_prices_each_request_by_its_own_time() -> None:
    pricing = Pricing(ModelSettings(id="deepseek/deepseek-v4-pro"))
    reading = Reading(outcome="answered", text="x", usage=MILLION)
    before, within = (pricing(reading, AT.replace(hour=h, minute=m)) for h, m in ((0, 59), (1, 0)))
    assert within.cost_usd == pytest.approx(2 * (before.cost_usd or 0))
    # The answer may come in another hour than the question went.
    assert prices_of(ModelSettings(id="deepseek/deepseek-v4-pro")) == PriceList("deepseek", "deepseek-v4-pro")
    assert PriceList("deepseek", "deepseek-v4-pro").highest_usd(MILLION) == pytest.approx(within.cost_usd)
