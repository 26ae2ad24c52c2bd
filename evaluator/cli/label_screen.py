"""One answer after the other on the screen, one key for each."""

from __future__ import annotations

import signal
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import typer

from evaluator.cli.messages import say
from evaluator.cli.result import terminal_width
from evaluator.gold_labels import opinions
from evaluator.labels import LabelledRun, Labelling, check_label, question_text
from evaluator.records import GoldLabel, Label, Probe, Response
from evaluator.report import safe_text, terminal_blocks

MOST_CHARS = 4_000
"""Of a text, before `m` shows the rest."""
_LABEL_KEYS: dict[str, Label] = {"c": "correct", "w": "wrong", "a": "abstained"}
_HELP = "c correct   w wrong   a abstained   s skip   u undo   m more   q quit"
_PACE_OF = 30


class _StoppedError(Exception):
    """The person has had enough, or a signal came: then with its number."""

    def __init__(self, number: int | None = None) -> None:
        super().__init__()
        self.number = number


def ask_until_done(labelling: Labelling, run: LabelledRun, others: Sequence[GoldLabel]) -> int | None:
    """Ask until everything is labelled or the person quits; return the number of a signal that ended it.

    Args:
        labelling: What to ask.
        run: Whose answers are shown.
        others: Labels to show, without names, when a disagreement is settled.

    Raises:
        EvaluatorError: If a label cannot be written.
    """
    if labelling.current is None:
        say("there is nothing to label")
        return None
    screen = _Screen(labelling, run, others)
    try:
        with _on_termination():
            while screen.step():
                pass
    except _StoppedError as exc:
        return exc.number
    except KeyboardInterrupt:
        return signal.SIGINT
    return None


@contextmanager
def _on_termination() -> Iterator[None]:
    # An exception, so that the terminal gets its modes back.
    def stop(number: int, _frame: object) -> None:
        raise _StoppedError(number)

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


class _Screen:
    """Shows what is to label, and does what the keys say."""

    def __init__(self, labelling: Labelling, run: LabelledRun, others: Sequence[GoldLabel]) -> None:
        self._labelling = labelling
        self._run = run
        self._said = opinions(others)
        self._is_terminal = sys.stdin.isatty()
        self._shown: tuple[str, bool] | None = None
        self._shown_at = time.monotonic()
        self._paces: list[float] = []
        self._wants_more = False

    def step(self) -> bool:
        """Show the current answer and take one key; False at the end."""
        request_id = self._labelling.current
        if request_id is None:
            say("that was the last one; u takes the last label back, any other key ends")
        elif self._shown != (request_id, self._wants_more):
            self._show(request_id)
        key = self._key()
        if request_id is None and key != "u":
            return False
        self._do(key)
        return True

    def _key(self) -> str:
        try:
            if self._is_terminal:
                return typer.getchar().lower()
            line = sys.stdin.readline(1000)
        except (EOFError, OSError, UnicodeDecodeError) as exc:
            raise _StoppedError from exc
        if not line:
            raise _StoppedError
        word = line.strip().lower()
        return word[:1] if word in _LABEL_KEYS.values() else word

    def _do(self, key: str) -> None:
        if key in _LABEL_KEYS:
            self._label(_LABEL_KEYS[key])
        elif key == "s":
            self._labelling.skip()
            self._wants_more = False
        elif key == "u":
            self._wants_more = False
            self._shown = None
            if not self._labelling.undo():
                say("there is nothing to undo")
        elif key == "m":
            self._wants_more = True
        elif key == "q":
            raise _StoppedError
        elif key.strip():
            # Several keys at once are a slip, or were meant for an answer that is not shown yet.
            say(f"need one key: {_HELP}")

    def _label(self, label: Label) -> None:
        probe = self._run.probes[self._response().probe_id]
        refusal = check_label(label, probe)
        if refusal is not None:
            say(refusal)
            return
        self._labelling.label(label)
        self._wants_more = False
        self._paces = [*self._paces, time.monotonic() - self._shown_at][-_PACE_OF:]

    def _response(self) -> Response:
        return self._run.responses[self._labelling.current or ""]

    def _show(self, request_id: str) -> None:
        response = self._response()
        blocks = self._blocks(self._run.probes[response.probe_id], response)
        is_colour = sys.stderr.isatty()
        text = terminal_blocks(self._progress(), blocks, width=terminal_width(), colour=is_colour)
        sys.stderr.write(f"\n{text}{_HELP}\n")
        sys.stderr.flush()
        self._shown = (request_id, self._wants_more)
        self._shown_at = time.monotonic()

    def _blocks(self, probe: Probe, response: Response) -> Iterator[tuple[str, str]]:
        if probe.context is not None:
            yield "Passage", self._cut(probe.context)
        yield "Question", self._cut(question_text(probe, with_context=False))
        if probe.is_answerable:
            yield "Accepted answers", self._cut("\n".join(probe.targets))
        else:
            yield "It has no answer", self._cut(f"{probe.unanswerable}: {probe.why or 'no reason is given'}")
        if probe.source is not None:
            yield "Source", self._cut(probe.source)
        if said := self._said.get(response.request_id):
            # Without names: the label counts, not who gave it.
            yield "Labels so far", ", ".join(sorted(said.values()))
        yield "Answer", self._cut(response.text or f"({response.outcome}; no text)")

    def _cut(self, text: str) -> str:
        if self._wants_more or len(text) <= MOST_CHARS:
            return text
        return f"{text[:MOST_CHARS]}\n… {len(text) - MOST_CHARS:,} more characters: m shows them"

    def _progress(self) -> str:
        done, left = self._labelling.n_passed, self._labelling.n_left
        total = done + left
        eta = ""
        if len(self._paces) >= 3:
            eta = f", about {_duration(statistics.median(self._paces) * left)} left"
        return safe_text(f"{done + 1:,} of {total:,} ({done / total:.0%} done{eta})")


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"
