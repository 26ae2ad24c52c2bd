"""What is wrong with the words of a command line, in one line."""

from __future__ import annotations

import re
from collections.abc import Iterator

import typer

UsageError: type[Exception] = typer.BadParameter.__mro__[1]
"""What typer raises for a command line that it cannot read; it has no public name there."""

_WANTED = (
    (re.compile(r"valid integer", re.IGNORECASE), "need a whole number"),
    (re.compile(r"valid (number|float)", re.IGNORECASE), "need a number"),
    (re.compile(r"greater than or equal to (?P<least>\S+)|x>=(?P<low>[^\s.]+)"), "need at least {}"),
)


def usage_line(exc: Exception) -> str:
    """Say which option or argument is wrong, what was wanted, what came where that is known, and where to read on.

    Args:
        exc: A `UsageError`.
    """
    context = getattr(exc, "ctx", None)
    message = " ".join(_message(exc).split()).rstrip(".")
    return f"{message}; see {context.command_path} --help" if context is not None else message


def is_help(exc: Exception) -> bool:
    """Whether nothing was asked for, so that the help itself is the message."""
    return type(exc).__name__ == "NoArgsIsHelpError"


def _message(exc: Exception) -> str:
    text = getattr(exc, "message", "") or ""
    if isinstance(exc, typer.BadParameter) and text:
        return f"{_name_of(exc)}: {_wanted(text)}{_got(exc)}"
    possible = ", ".join(getattr(exc, "possibilities", None) or ())
    if text and possible:
        return f"{_lowered(text)}; did you mean {possible}?"
    format_message = getattr(exc, "format_message", None)
    return _lowered(format_message() if format_message else str(exc)).replace(". Did you", "; did you")


def _name_of(exc: Exception) -> str:
    param = getattr(exc, "param", None)
    options = [name for name in getattr(param, "opts", ()) if name.startswith("-")]
    metavar = getattr(param, "metavar", None) or getattr(param, "name", None) or "argument"
    return max(options, key=len) if options else str(metavar)


def _wanted(text: str) -> str:
    for pattern, wanted in _WANTED:
        if found := pattern.search(text):
            return wanted.format(*filter(None, found.groups()))
    return _lowered(text).rstrip(".")


def _got(exc: Exception) -> str:
    return next((f", got {str(value)[:80]!r}" for value in _inputs(exc.__cause__)), "")


def _inputs(cause: BaseException | None) -> Iterator[object]:
    errors = getattr(cause, "errors", None)
    if callable(errors):
        yield from (error["input"] for error in errors() if "input" in error)


def _lowered(text: str) -> str:
    return text[:1].lower() + text[1:]
