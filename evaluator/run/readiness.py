"""Waiting for a server that is starting, as one that loads its model before it listens."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence

from evaluator.errors import ProviderError, UnreachableError
from evaluator.providers import open_provider
from evaluator.records import ModelSettings

LOOK_FIRST_S = 0.5
LOOK_MOST_S = 5.0


async def wait_until_ready(
    models: Sequence[ModelSettings], keys: Mapping[str, str], *, max_wait_s: float, on_notice: Callable[[str], None]
) -> None:
    """Wait until something answers for every model; nothing is asked.

    Args:
        models: All of them are waited for at the same time.
        keys: The API key of each model id that has one.
        max_wait_s: At most.
        on_notice: Told once of each model that is waited for.

    Raises:
        ProviderError: If a model cannot be asked: nothing answered in time, or what answers refuses it.
    """
    try:
        async with asyncio.TaskGroup() as group:
            for each in models:
                group.create_task(_ready(each, keys.get(each.id), max_wait_s, on_notice))
    except* ProviderError as failures:
        raise failures.exceptions[0] from None


async def _ready(settings: ModelSettings, key: str | None, max_wait_s: float, on_notice: Callable[[str], None]) -> None:
    loop, wait_s = asyncio.get_running_loop(), LOOK_FIRST_S
    end, is_told = loop.time() + max_wait_s, False
    while True:
        try:
            async with open_provider(settings, key):
                return
        except UnreachableError as exc:
            if loop.time() + wait_s > end:
                raise
            if not is_told:
                on_notice(f"{exc} Waiting for it, at most {max_wait_s / 60:g} min (--max-wait)")
                is_told = True
        await asyncio.sleep(wait_s)
        wait_s = min(2 * wait_s, LOOK_MOST_S)
