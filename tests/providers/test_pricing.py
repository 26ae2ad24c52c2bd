"""What is believed of the costs that providers report."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from evaluator.money import Price
from evaluator.providers.pricing import Pricing
from evaluator.providers.wires.reading import Reading
from evaluator.records import ModelSettings, Usage

AT = datetime(2026, 11, 24, tzinfo=UTC)
USAGE = Usage(prompt_tokens=1000, completion_tokens=1000)


def priced(reported: float | None, price: Price | None, usage: Usage | None = USAGE) -> Reading:
    reading = Reading(outcome="answered", usage=usage, cost_usd=reported, cost_source="usage.cost")
    return Pricing(ModelSettings(id="server/m", price=price))(reading, AT)


@pytest.mark.parametrize(
    ("reported", "price", "usage"),
    [
        (0.01, None, USAGE),
        (0.9, None, None),
        (0.019, Price(prompt=1.0, completion=1.0), USAGE),
        (0.00005, Price(prompt=0.0, completion=0.0), USAGE),
    ],
)
def test_a_cost_that_can_be_is_believed(reported: float, price: Price | None, usage: Usage | None) -> None:
    found = priced(reported, price, usage)
    assert (found.cost_usd, found.reported_usd, found.flags) == (reported, None, ())


@pytest.mark.parametrize(
    ("reported", "price", "usage", "cost"),
    [
        (1e9, None, USAGE, None),
        (200.0, None, USAGE, None),
        (1.5, None, None, None),
        (1e14, None, Usage(prompt_tokens=2**50, completion_tokens=2**50), None),
        (0.021, Price(prompt=1.0, completion=1.0), USAGE, 0.002),
        (5.0, Price(prompt=0.0, completion=0.0), USAGE, 0.0),
        (5.0, Price(prompt=1.0, completion=1.0), None, None),
    ],
)
def test_an_odd_cost_gives_way_to_the_price_and_is_kept_beside_it(
    reported: float, price: Price | None, usage: Usage | None, cost: float | None
) -> None:
    found = priced(reported, price, usage)
    assert (found.cost_usd, found.reported_usd, found.flags) == (cost, reported, ("cost_odd",))
    assert (found.cost_source is None) == (cost is None)


def test_a_cost_that_nobody_reports_is_the_prices() -> None:
    assert priced(None, Price(prompt=1.0, completion=3.0)).cost_usd == pytest.approx(0.004)
    assert priced(None, None).cost_usd is None
