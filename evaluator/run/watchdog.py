"""Names calls that take long, so that nobody has to guess what a run is waiting for."""

from __future__ import annotations

import asyncio

from evaluator.providers.deadline import last_deadline_s
from evaluator.records import ModelSettings
from evaluator.run.lanes.item import Attempt
from evaluator.run.progress import Watcher

LOOK_EVERY_S = 5.0
WARN_SHARE = 0.8
"""Of the deadline."""
WARN_FROM_S = 30.0


class Watchdog:
    """Knows every attempt in flight; tells once of each that is near its deadline or past its end."""

    def __init__(self, watcher: Watcher) -> None:
        self._watcher = watcher
        self._flying: dict[int, tuple[Attempt, ModelSettings]] = {}
        self._told: set[tuple[int, str]] = set()

    def begin(self, attempt: Attempt, settings: ModelSettings) -> None:
        """Watch an attempt that is being sent."""
        self._flying[id(attempt)] = (attempt, settings)

    def end(self, attempt: Attempt) -> None:
        """Forget an attempt that ended."""
        del self._flying[id(attempt)]
        if self._told:
            self._told -= {(id(attempt), "slow"), (id(attempt), "stuck")}

    async def run(self) -> None:
        """Look now and then, until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            self.look(loop.time())

    def look(self, now: float) -> None:
        """Tell of every attempt that is slow or stuck at the time `now`."""
        for key, (attempt, settings) in list(self._flying.items()):
            waited_s = now - attempt.sent_at
            if waited_s > last_deadline_s(settings) + 2 * LOOK_EVERY_S:
                self._tell(key, "stuck", f"{_name(attempt)} is stuck: its provider ignores the deadline")
            elif waited_s >= max(WARN_SHARE * settings.timeout_s, WARN_FROM_S) and not attempt.is_overdue:
                limit = f"the deadline is {settings.timeout_s:g} s (timeout_s)"
                self._tell(key, "slow", f"{_name(attempt)} has no answer for {waited_s:.0f} s; {limit}")

    def _tell(self, key: int, what: str, text: str) -> None:
        if (key, what) not in self._told:
            self._told.add((key, what))
            self._watcher.on_notice(text)


def _name(attempt: Attempt) -> str:
    request = attempt.item.request
    return f"{request.model}: {request.probe_id} (attempt {attempt.number})"
