"""Second step: the model's thinking aloud is not its answer."""

from __future__ import annotations

import re
from dataclasses import replace

from evaluator.graders.outcome import decide_empty
from evaluator.graders.step import Case, Decision

_NAMES = ("think", "thinking", "reasoning")
_OPENING = re.compile(rf"\s*<({'|'.join(_NAMES)})>", re.IGNORECASE)
_CLOSING = {name: re.compile(f"</{name}>", re.IGNORECASE) for name in _NAMES}


def decide_reasoning(case: Case) -> Decision | Case:
    """Drop leading reasoning blocks; one that never ends means that no answer came.

    A block in the middle of the text is left: it is part of what the answer says.
    """
    at = 0
    while opening := _OPENING.match(case.text, at):
        name = opening[1].lower()
        closing = _CLOSING[name].search(case.text, opening.end())
        if closing is None:
            return Decision(ungraded="truncated", evidence=f"<{name}> is never closed")
        at = closing.end()
    return decide_empty(replace(case, text=case.text[at:]) if at else case)
