"""Second step: the model's thinking aloud is not its answer."""

from __future__ import annotations

import re
from dataclasses import replace

from evaluator.graders.outcome import decide_empty
from evaluator.graders.step import Case, Decision

_OPENING = re.compile(r"\s*<(think|thinking|reasoning)\s*>", re.IGNORECASE)


def decide_reasoning(case: Case) -> Decision | Case:
    """Drop leading reasoning blocks; one that never ends means that no answer came.

    A block in the middle of the text is left: it is part of what the answer says.
    """
    text = case.text
    while opening := _OPENING.match(text):
        closing = re.compile(rf"</{opening[1]}\s*>", re.IGNORECASE).search(text, opening.end())
        if closing is None:
            return Decision(ungraded="truncated", evidence=f"<{opening[1].lower()}> is never closed")
        text = text[closing.end() :]
    return decide_empty(replace(case, text=text))
