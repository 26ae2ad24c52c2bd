"""The command line: the only room that prints, reads the environment or exits."""

from __future__ import annotations

import gc
import io
import os
import select
import sys
from typing import TYPE_CHECKING, TextIO, cast

from evaluator.errors import EvaluatorError

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

GARBAGE_AFTER = 200_000
"""New objects after which Python looks for cycles among them, more than a command loads; its own limit is 700."""


def main() -> None:
    """Run the command line; wrong input ends in one line on stderr and exit code 2.

    Output is UTF-8 whatever the locale says. A stream that is closed or full never ends
    the work: messages are dropped, and a result that could not be shown is told at the end.
    """
    # Nearly all that is made lives on or dies by reference count, so cycles are looked for less often.
    gc.set_threshold(GARBAGE_AFTER)
    results, messages = _Output(sys.stdout, 1), _Output(sys.stderr, 2)
    sys.stdout = shown = results.as_text(line_buffering=results.isatty())
    sys.stderr = messages.as_text(line_buffering=True)
    code = _run_command()
    shown.flush()
    # All of it is gone with the process: to look for cycles in it would take a fifth of a short run.
    gc.freeze()
    # A reader of stdout that went away (`| head`) has all it wanted.
    if results.failure is not None and not isinstance(results.failure, BrokenPipeError):
        reason = results.failure.strerror
        sys.stderr.write(f"error: cannot write the result to standard output: {reason}; the run is saved\n")
        code = code or 2
    sys.exit(code)


def _run_command() -> str | int | None:
    import typer

    from evaluator.cli.app import app
    from evaluator.cli.usage import UsageError, is_help, usage_line

    try:
        code: object = app(prog_name="evaluator", standalone_mode=False)
    except EvaluatorError as exc:
        return _refuse(str(exc), exc.exit_code)
    except UsageError as exc:
        if is_help(exc):
            sys.stderr.write(f"{exc}\n")
            return 2
        return _refuse(usage_line(exc), 2)
    except typer.Abort:
        sys.stderr.write("stopped: nothing was answered\n")
        return 1
    except SystemExit as exc:
        return exc.code
    return code if isinstance(code, int) else 0


def _refuse(message: str, code: int) -> int:
    from evaluator.report import safe_text

    sys.stderr.write(f"error: {safe_text(message, limit=2000)}\n")
    return code


class _Output(io.RawIOBase):
    """Standard output or standard error; a write that fails is remembered, not raised."""

    def __init__(self, stream: TextIO | None, number: int) -> None:
        self.failure: OSError | None = None
        self._raw: io.RawIOBase
        if stream is None:
            _occupy(number)
            self._raw = io.FileIO(number, "w", closefd=False)
        else:
            # With `python -u` there is no buffer, and `buffer` is the raw stream itself.
            self._raw = cast("io.RawIOBase", getattr(stream.buffer, "raw", stream.buffer))

    def as_text(self, *, line_buffering: bool) -> TextIO:
        """Return the stream to write to."""
        buffer = io.BufferedWriter(self)
        return io.TextIOWrapper(buffer, "utf-8", errors="backslashreplace", line_buffering=line_buffering)

    def writable(self) -> bool:
        """Always: what cannot be written is dropped."""
        return True

    def isatty(self) -> bool:
        """Whether a person is looking."""
        return self._raw.isatty()

    def fileno(self) -> int:
        """Return the descriptor."""
        return self._raw.fileno()

    def write(self, data: ReadableBuffer) -> int:
        """Write what the system takes now; all of it counts as written when it refuses."""
        try:
            while (n_written := self._raw.write(data)) is None:
                # Another process made the descriptor non-blocking.
                select.select([], [self._raw], [])
        except OSError as exc:
            self.failure = self.failure or exc
            return memoryview(data).nbytes
        return n_written


def _occupy(number: int) -> None:
    """Take a closed descriptor, so that no journal is opened under the number of a standard stream."""
    # Read-only: whoever writes to it is still told that it is closed.
    unwritable = os.open(os.devnull, os.O_RDONLY)
    if unwritable != number:
        os.dup2(unwritable, number)
        os.close(unwritable)
