"""The confidence a model stated: read off the last line of its answer, which is then the answer alone."""

from __future__ import annotations

import re

import msgspec

from evaluator.records import Response
from evaluator.run.prompts import CONFIDENCE_SUFFIX

_LAST_LINE = re.compile(r"(?:^|\n)[ \t*_>-]{0,10}confidence[ \t*_]{0,5}:(?P<said>[^\n]{0,200})\s*$", re.IGNORECASE)
_PERCENT = re.compile(r"[ \t*_]{0,10}(?P<percent>100(?:\.0{1,4})?|\d{1,2}(?:\.\d{1,4})?)[ \t]?%[ \t*_.]{0,10}")


def answer_alone(response: Response) -> Response:
    """Take the stated confidence off an answer, where the prompt asked for one.

    The journal keeps the text as it came. A last line that begins with "Confidence:" is never part of
    the answer, so it is removed also where what follows is no percentage; then there is no confidence.

    Returns:
        The response with its text alone and `confidence` in [0, 1], or None where it cannot be read.
    """
    if not response.prompt.endswith(CONFIDENCE_SUFFIX) or response.confidence is not None:
        return response
    text = response.text.rstrip()
    found = _LAST_LINE.search(text, max(0, len(text) - 400))
    if found is None:
        return response
    said = _PERCENT.fullmatch(found["said"])
    confidence = float(said["percent"]) / 100 if said else None
    return msgspec.structs.replace(response, text=text[: found.start()].rstrip(), confidence=confidence)
