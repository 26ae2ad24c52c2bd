"""Second step: the model's thinking aloud is not its answer."""

from __future__ import annotations

import re

from msgspec.structs import replace

from evaluator.graders.outcome import decide_empty
from evaluator.graders.step import Case, Decision

_NAMES = ("think", "thinking", "reasoning")
_OPENING = re.compile(rf"\s*<({'|'.join(_NAMES)})>", re.IGNORECASE)
_CLOSING = {name: re.compile(f"</{name}>", re.IGNORECASE) for name in _NAMES}


def decide_reasoning(case: Case) -> Decision | Case:
    """Drop leading reasoning blocks; one that never ends means that no answer came.

    A block in the middle of the text is left: it is part of what the answer says.
    """
    text = after_reasoning(case.text)
    if text is None:
        return Decision(ungraded="truncated", evidence="a reasoning block is never closed")
    return decide_empty(replace(case, text=text)) if len(text) < len(case.text) else case


def after_reasoning(text: str) -> str | None:
    """Return what follows the leading reasoning blocks; None when one never ends.

    >>> after_reasoning("<think>1492? No.</think>1494")
    '1494'
    """
    at = 0
    while opening := _OPENING.match(text, at):
        closing = _CLOSING[opening[1].lower()].search(text, opening.end())
        if closing is None:
            return None
        at = closing.end()
    return text[at:]
