"""One small question to a model: is the key good, the name right, and every setting taken?"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import msgspec

from evaluator.errors import ProviderError
from evaluator.journal import Expense, trusted_cost_usd
from evaluator.providers import open_provider
from evaluator.providers.address import is_loopback
from evaluator.providers.checks import prices_of
from evaluator.providers.prices import most_usd
from evaluator.records import Message, ModelSettings, Request, Response

QUESTION = "What is the capital of Australia? Answer with one word."
WHAT = "preflight"
SCHEMA = {
    "type": "object",
    "properties": {"answer": {"type": "string"}},
    "required": ["answer"],
    "additionalProperties": False,
}
"""What the answer must be, of a judge whose replies are bound to a schema."""


def preflight_request(settings: ModelSettings) -> Request:
    """Return the question as the model will be asked, with all of its settings."""
    messages = (Message(role="user", content=QUESTION),)
    identity = ("preflight", settings.id, messages, settings.sampling, *settings.route)
    return Request(
        request_id=hashlib.sha256(msgspec.json.encode(identity)).hexdigest(),
        probe_id="preflight",
        model=settings.id,
        prompt="preflight",
        repeat=0,
        messages=messages,
        sampling=settings.sampling,
        json_schema=SCHEMA if settings.structured_output else None,
    )


async def check_model(settings: ModelSettings, key: str | None) -> Response:
    """Ask the model once; what went wrong is in the response.

    Raises:
        ConfigError: If it does not take a setting; nothing was sent.
        ProviderError: If it cannot be asked at all.
    """
    async with open_provider(settings, key) as provider:
        return await provider.answer(preflight_request(settings))


def is_good(response: Response) -> bool:
    """Whether the model that was asked answered, however it did."""
    return response.outcome in {"answered", "refused", "blocked", "truncated"} and "substituted" not in response.flags


def needs_preflight(settings: ModelSettings) -> bool:
    """Whether asking the model spends anything, so that it is worth a question first.

    What runs on this machine, in this process or as a server without a name, spends nothing.
    """
    provider = settings.id.partition("/")[0]
    if provider in {"local", "recorded"}:
        return False
    is_here = settings.base_url is not None and is_loopback(settings.base_url)
    return not (provider == "server" and is_here)


async def preflight(models: Sequence[ModelSettings], keys: Mapping[str, str]) -> list[Expense]:
    """Ask each model one small question before a run spends anything.

    What may pass, as a rate limit or an overload, is left to the run.

    Returns:
        What the questions cost.

    Raises:
        ProviderError: Naming the first model that cannot be asked so; nothing else was sent.
    """
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(_asked(model, keys.get(model.id))) for model in models]
    responses = [task.result() for task in tasks]
    for model, response in zip(models, responses, strict=True):
        if isinstance(response, ProviderError):
            raise response
        refuse_bad(model, response)
    return [_expense(model, r) for model, r in zip(models, responses, strict=True) if isinstance(r, Response)]


async def _asked(settings: ModelSettings, key: str | None) -> Response | ProviderError:
    try:
        return await check_model(settings, key)
    except ProviderError as exc:
        return exc


def refuse_bad(settings: ModelSettings, response: Response) -> None:
    """Refuse a model whose answer to the preflight says that no other will be better.

    Raises:
        ProviderError: Saying what it answered and how to go on.
    """
    kind = response.failure.kind if response.failure else None
    is_hopeless = kind in {"permanent", "halted"} or "substituted" in response.flags
    if is_hopeless:
        detail = response.detail or response.outcome
        raise ProviderError(f"{settings.id}: {detail} (a first small question; --no-preflight skips it)")


def _expense(settings: ModelSettings, response: Response) -> Expense:
    prices, request = prices_of(settings), preflight_request(settings)
    failure = response.failure
    is_paid = failure is None or failure.maybe_paid
    return Expense(
        at=datetime.now(UTC).isoformat(timespec="milliseconds"),
        model=settings.id,
        what=WHAT,
        cost_usd=trusted_cost_usd(response) if is_paid else trusted_cost_usd(response) or 0.0,
        most_usd=most_usd(prices, request) if prices else None,
    )
