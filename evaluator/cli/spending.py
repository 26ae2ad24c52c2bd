"""Before money is spent: prices that are known, a cap, a question to a person, and one to every model."""

from __future__ import annotations

import asyncio
import math
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

import typer

from evaluator.cli.messages import say
from evaluator.errors import ConfigError
from evaluator.journal import Expense, RunDirectory, read_journal, trusted_cost_usd
from evaluator.providers.address import is_loopback
from evaluator.providers.checks import prices_of
from evaluator.records import ModelSettings, Request, Response, Usage
from evaluator.run.bounds import Budget, Unlimited
from evaluator.run.budget import Outlook, SpendCap
from evaluator.run.engine import open_requests
from evaluator.run.forecast import forecast
from evaluator.run.plan import count_by_model
from evaluator.run.preflight import needs_preflight, preflight
from evaluator.run.session import RunPlan

ASK_ABOVE_USD = 1.0
"""A run that is expected to cost more is confirmed by the person at the terminal."""
MOST_USD = 1_000_000.0
NOTEWORTHY_USD = 0.01
NOTEWORTHY_SHARE = 0.05
"""Smaller differences between two ledgers are rounding and delay."""


@dataclass(frozen=True)
class Spending:
    """What the user says about money; None leaves what the run was started with."""

    max_usd: float | None = None
    allow_unknown_price: bool | None = None
    has_preflight: bool = True
    assume_yes: bool = False


def cap_of(plan: RunPlan, spending: Spending) -> float | None:
    """Return the cap that holds: of the flag, else of the settings the run was started with.

    Raises:
        ConfigError: If it is out of range.
    """
    found = spending.max_usd if spending.max_usd is not None else plan.manifest.config.get("max_usd")
    if found is None:
        return None
    if not isinstance(found, int | float) or not 0 < found <= MOST_USD:
        raise ConfigError(f"max_usd: need US dollars above 0 and up to {MOST_USD:,.0f}, got {found!r}")
    return float(found)


def without_price(models: Sequence[ModelSettings]) -> list[str]:
    """Return the ids of the models whose price nobody knows."""
    probe = Usage(prompt_tokens=1, completion_tokens=1)
    found = [each.id for each in models if (prices := prices_of(each)) is None or prices.cost_usd(probe) is None]
    return list(dict.fromkeys(found))


def refuse_unknown_prices(models: Sequence[ModelSettings]) -> None:
    """Refuse a cap that could not be held, since nobody knows what a model costs.

    Raises:
        ConfigError: Naming the models; nothing was sent.
    """
    unknown = without_price(models)
    if unknown:
        raise ConfigError(
            f"--max-usd: the price of {', '.join(unknown)} is not known, so no cap can be held; "
            "write price.prompt and price.completion (USD per million tokens) under [[model]], "
            "or say --allow-unknown-price"
        )


def confirm(plan: RunPlan, spending: Spending) -> None:
    """Ask the person at the terminal before a new run spends much, or an unknown amount."""
    # There is no standard input when whoever started us closed it.
    if spending.assume_yes or sys.stdin is None or not sys.stdin.isatty():
        return
    remote = [
        model.id
        for model in (*plan.manifest.models, *plan.manifest.judges)
        if model.base_url is not None and not is_loopback(model.base_url)
    ]
    told = forecast(plan, plan.requests)
    if not remote or (told.usd is not None and told.usd <= ASK_ABOVE_USD):
        return
    cost = "at a price that is not known" if told.usd is None else f"for about ${told.usd:,.2f}"
    typer.confirm(f"Send {told.n_requests:,} requests to {', '.join(remote)}, {cost}?", abort=True, err=True)


def budget_of(
    plan: RunPlan, directory: RunDirectory, todo: Sequence[Request], spending: Spending, expenses: Sequence[Expense]
) -> Budget:
    """Return what holds the run under its cap, if it has one; what earlier sessions spent counts."""
    max_usd = cap_of(plan, spending)
    if max_usd is None:
        return Unlimited(on_notice=say)
    journals = (directory.read_journal(), read_journal(directory.judgements_path))
    spent = journals[0].spent + journals[1].spent
    for expense in expenses:
        spent.add(expense.cost_usd, expense.most_usd)
    told = forecast(plan, todo, max_usd=max_usd)
    planned = {line.model: line.usd / max(line.n_requests, 1) for line in told.lines if line.usd is not None}
    dearest = dearest_of(chain(expenses, *(journal.responses.values() for journal in journals)))
    n_open = count_by_model(todo, [model.id for model in plan.manifest.models])
    outlook = Outlook(n_open, planned, dearest, goes_on=spending.assume_yes)
    if told.usd is not None and told.usd > max_usd:
        say(f"about ${told.usd:,.2f} are expected; the run ends at {max_usd:g} USD, before all is asked")
    allow = is_allowed_unknown(plan, spending)
    if allow and todo:
        say_what_is_not_held(plan, max_usd)
    return SpendCap(max_usd, spent, outlook=outlook, allow_unknown=allow, on_notice=say)


def dearest_of(paid: Iterable[Response | Expense]) -> dict[str, float]:
    """Return the highest cost that was told of one request to each model."""
    dearest: dict[str, float] = {}
    for each in paid:
        cost_usd = trusted_cost_usd(each) if isinstance(each, Response) else each.cost_usd
        if cost_usd:
            dearest[each.model] = max(dearest.get(each.model, 0.0), cost_usd)
    return dearest


def say_what_is_not_held(plan: RunPlan, max_usd: float) -> None:
    """Say what the cap can and cannot hold, where prices are not known."""
    asked = (*plan.manifest.models, *plan.manifest.judges)
    unknown = without_price(asked)
    if not unknown:
        return
    n_in_flight = sum(model.concurrency or 1 for model in asked if model.id in unknown)
    flying = "batches" if plan.manifest.config.get("batch") is True else f"up to {n_in_flight:,} requests"
    several = "s" if len(unknown) > 1 else ""
    say(
        f"the price{several} of {', '.join(unknown)} is not known, so --max-usd cannot be held by setting money aside: "
        f"costs that are reported count, and nothing more is sent once they reach {max_usd:g} USD; "
        f"{flying} in flight may go beyond it, and what reports no cost is not counted"
    )


def say_uncounted(budget: Budget) -> None:
    """Say how much of what was sent is in no sum, at the end of a run with a cap."""
    if isinstance(budget, SpendCap) and budget.spent.n_unbounded:
        n = budget.spent.n_unbounded
        what = "1 request has" if n == 1 else f"{n:,} requests have"
        say(f"{what} a cost that nobody told: not in the ${budget.spent_usd:.4f} that count for --max-usd")


def is_allowed_unknown(plan: RunPlan, spending: Spending) -> bool:
    """Whether what nobody knows the price of may be sent under a cap."""
    if spending.allow_unknown_price is not None:
        return spending.allow_unknown_price
    return plan.manifest.config.get("allow_unknown_price") is True


def open_of(plan: RunPlan, directory: RunDirectory) -> Sequence[Request]:
    """Return the requests to models that have no answer yet."""
    return open_requests(plan.requests, directory.read_journal()) if directory.exists else plan.requests


def look_first(plan: RunPlan, todo: Sequence[Request], keys: Mapping[str, str], spending: Spending) -> list[Expense]:
    """Ask every model that has something open, and every judge, one small question; return what it cost.

    Raises:
        ConfigError: If there is a cap and a price is not known.
        ProviderError: If a model cannot be asked so.
    """
    is_open = count_by_model(todo, [model.id for model in plan.manifest.models])
    asked = [model for model in plan.manifest.models if model.id in is_open]
    asked += plan.manifest.judges if todo else ()
    if cap_of(plan, spending) is not None and not is_allowed_unknown(plan, spending):
        refuse_unknown_prices([*asked, *plan.manifest.judges])
    if not spending.has_preflight:
        return []
    return asyncio.run(preflight([model for model in asked if needs_preflight(model)], keys))


class Account:
    """Compares what OpenRouter says its key has spent in a session with what the journals say."""

    def __init__(self, plan: RunPlan, directory: RunDirectory, keys: Mapping[str, str]) -> None:
        asked = (*plan.manifest.models, *plan.manifest.judges)
        routed = [model for model in asked if model.id.startswith("openrouter/") and keys.get(model.id)]
        self._directory = directory
        self._models = {model.id for model in routed}
        self._asked = routed[0] if routed and len({keys[model.id] for model in routed}) == 1 else None
        self._key = keys[routed[0].id] if routed else None
        self._billed_before = self._billed()
        self._own_before = self._own() if self._billed_before is not None and directory.exists else 0.0

    def _billed(self) -> float | None:
        if self._asked is None:
            return None
        from evaluator.providers.account import key_usage_usd

        return asyncio.run(key_usage_usd(self._asked, self._key))

    def _own(self) -> float:
        journals = (self._directory.read_journal(), read_journal(self._directory.judgements_path))
        responses = (r for journal in journals for r in journal.responses.values() if r.model in self._models)
        return math.fsum((trusted_cost_usd(r) or 0.0) + r.retries_usd for r in responses)

    def tell(self) -> None:
        """Say so when the provider counts clearly more than the session knows of."""
        after = self._billed() if self._billed_before is not None else None
        if after is None or self._billed_before is None:
            return
        billed, own = after - self._billed_before, self._own() - self._own_before
        if billed > own + max(NOTEWORTHY_USD, NOTEWORTHY_SHARE * own):
            say(
                f"OpenRouter counts ${billed:.4f} for this key since the session began, the journal ${own:.4f}; "
                "its figure is account-wide: other jobs with the key are in it, and what failed may have been billed"
            )
