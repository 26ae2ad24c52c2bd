"""Progress for a person at a terminal, and plain lines for a log."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Sequence
from types import TracebackType
from typing import Self, TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Task, TextColumn, TimeRemainingColumn, track
from rich.progress import Progress as Bar
from rich.text import Text

from evaluator.cli.messages import say
from evaluator.providers.wires.reading import IN_REASONING
from evaluator.record_file import by_id
from evaluator.records import Failure, Probe, Request, Response, Verdict
from evaluator.report import safe_text
from evaluator.run.progress import Progress

Item = TypeVar("Item")

ANSWERS_PER_SECOND = 8
LOG_EVERY_S = 10.0
HINT_OF_REASONING = (
    "an answer has reasoning and no text (flag answer_in_reasoning); it is not graded. "
    "Raise max_tokens, or look at the server's reasoning parser"
)
STYLES = {"correct": "green", "wrong": "red", "abstained": "yellow", "ungraded": "dim"}


class Display:
    """Shows a run on stderr; a `Watcher`."""

    def __init__(self, probes: Sequence[Probe], progress: Progress) -> None:
        self._probes = by_id(probes, "probe_id")
        self._progress = progress
        self._console = Console(stderr=True, highlight=False, markup=False)
        self._is_live = self._console.is_terminal
        self._bar = Bar(
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]} {task.fields[labels]}"),
            TimeRemainingColumn(compact=True),
            TextColumn("left"),
            console=self._console,
            disable=not self._is_live,
        )
        self._task: Task | None = None
        self._logged = -1
        self._hinted: set[str] = set()
        self._last_answer = self._last_log = time.monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()
        if not self._is_live and self._task is not None and self._progress.done != self._logged:
            self._log()

    def start(self, n_done: int) -> None:
        """Begin with `n_done` requests that were answered before."""
        self._progress.begin(n_done)
        if n_done:
            say(f"{n_done:,} of {self._progress.total:,} requests are answered already")
        number = self._bar.add_task("asking", total=self._progress.total, completed=n_done, rate="", labels="")
        self._task = next(task for task in self._bar.tasks if task.id == number)
        self._bar.start()

    def note(self, text: str) -> None:
        """Show a message above the bar."""
        self._console.print(Text(safe_text(text)), soft_wrap=True)

    def on_verdict(self, response: Response, verdict: Verdict) -> None:
        """Count a finished request and show its answer, not faster than one can read."""
        self._progress.count(response, verdict)
        if IN_REASONING in response.flags and response.model not in self._hinted:
            self._hinted.add(response.model)
            self.note(f"{response.model}: {HINT_OF_REASONING}")
        now = time.monotonic()
        if self._is_live:
            if now - self._last_answer >= 1 / ANSWERS_PER_SECOND:
                self._last_answer = now
                self._show_answer(response, verdict)
            self._update()
        elif now - self._last_log >= LOG_EVERY_S:
            self._last_log = now
            self._log()

    def on_retry(self, request: Request, failure: Failure) -> None:
        """Say that an attempt is repeated, to a person who looks."""
        if self._is_live:
            self.note(f"{request.model}: {failure.message}; is asked again")

    def on_halt(self, model: str, reason: str) -> None:
        """Say that a model gets no more requests."""
        self.note(f"{model} is halted: {reason}")

    def on_notice(self, text: str) -> None:
        """Say it."""
        self.note(text)

    def _show_answer(self, response: Response, verdict: Verdict) -> None:
        label = verdict.label or "ungraded"
        room = self._console.width - len("abstained ")
        # The answer matters more than the question, which the reader can look up.
        question = Text(safe_text(self._probes[response.probe_id].question))
        question.truncate(room * 2 // 5, overflow="ellipsis", pad=True)
        answer = Text(safe_text(response.text or response.detail or "", limit=self._console.width))
        line = Text.assemble((f"{label:<10}", STYLES[label]), question, " ", answer)
        line.truncate(self._console.width, overflow="ellipsis")
        self._console.print(line)

    def _update(self) -> None:
        if self._task is not None:
            rate = f"{self._progress.per_second:.1f}/s"
            self._bar.update(self._task.id, completed=self._progress.done, rate=rate, labels=self._labels())

    def _labels(self) -> str:
        labels = " ".join(f"{n} {label}" for label, n in sorted(self._progress.labels.items()))
        return f"{labels} {self._progress.spent}".strip()

    def _log(self) -> None:
        progress = self._progress
        self._logged = progress.done
        left = progress.seconds_left
        eta = "" if left is None or progress.done >= progress.total else f", {left:.0f} s left"
        share = progress.done / progress.total if progress.total else 1.0
        say(f"{progress.done:,}/{progress.total:,} ({share:.0%}) {progress.per_second:.1f}/s{eta}: {self._labels()}")


def counted(items: Collection[Item], what: str) -> Iterator[Item]:
    """Yield `items` while a bar or, in a log, a line now and then says how far it is."""
    console = Console(stderr=True, highlight=False, markup=False)
    if console.is_terminal:
        yield from track(items, description=what, console=console, transient=True)
        return
    last = time.monotonic()
    for number, item in enumerate(items):
        if time.monotonic() - last >= LOG_EVERY_S:
            last = time.monotonic()
            say(f"{what}: {number:,}/{len(items):,} ({number / len(items):.0%})")
        yield item
