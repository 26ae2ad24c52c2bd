"""Signals: the first lets what is in flight finish, the second ends at once; a closed terminal is one, too."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Iterator
from contextlib import contextmanager
from typing import Protocol

from evaluator.cli.display import Display

GRACE_S = 30.0
"""How long requests in flight may finish after the first signal."""


class Stoppable(Protocol):
    """A session that can be asked to end."""

    def stop(self) -> None:
        """Send nothing more; what is in flight may finish."""
        ...


async def run_session(session: Stoppable, display: Display, work: Awaitable[None]) -> int | None:
    """Await the work of `session`; return the number of the signal that ended it, if one did."""
    received: list[int] = []
    with _signals(session, received, display):
        try:
            with display:
                await work
        except asyncio.CancelledError:
            if not received:
                raise
    return received[0] if received else None


@contextmanager
def _signals(session: Stoppable, received: list[int], display: Display) -> Iterator[None]:
    loop, task = asyncio.get_running_loop(), asyncio.current_task()

    def on_signal(number: int) -> None:
        received.append(number)
        if task is None:
            return
        if len(received) > 1:
            task.cancel()
            return
        session.stop()
        loop.call_later(GRACE_S, task.cancel)
        display.note(f"stopping: waiting up to {GRACE_S:.0f} s for requests in flight; again to stop at once")

    # What is ignored stays ignored, as a closed terminal under nohup.
    numbers = [
        number
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        if signal.getsignal(number) is not signal.SIG_IGN
    ]
    for number in numbers:
        loop.add_signal_handler(number, on_signal, number)
    try:
        yield
    finally:
        for number in numbers:
            loop.remove_signal_handler(number)
