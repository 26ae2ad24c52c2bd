"""Messages for people on stderr; stdout carries results only."""

from __future__ import annotations

import sys

from evaluator.report import safe_text


def say(text: str) -> None:
    """Print one line on stderr, harmless whatever is in it."""
    sys.stderr.write(f"{safe_text(text)}\n")
    sys.stderr.flush()
