"""Names of code: a part of a name is another name."""

from __future__ import annotations

import re
from functools import lru_cache

from evaluator.graders.sentence import Sentence
from evaluator.records import Probe

_IDENTIFIER = re.compile(r"-{0,2}[A-Za-z_][\w.-]*")
_JOINT = r"\\?[_\s-]"
_CODE = "`"


def is_about_code(probe: Probe) -> bool:
    """Whether a question shows code and each target is one name of it."""
    return _CODE in probe.question and all(map(_IDENTIFIER.fullmatch, probe.targets))


def targets_in_full(probe: Probe, asserted: tuple[Sentence, ...]) -> tuple[str, ...]:
    """Return the targets that can have been meant: `right` is not `right_on`, nor `uuid` the `safe_uuid`.

    Args:
        probe: All of its targets are returned when the question is not about code.
        asserted: What the answer states.
    """
    if not is_about_code(probe):
        return probe.targets
    text = "\n".join(sentence.text for sentence in asserted)
    return tuple(target for target in probe.targets if _pattern(target).search(text))


@lru_cache(maxsize=20_000)
def _pattern(target: str) -> re.Pattern[str]:
    # Markdown and people part words as they like: `right\_on`, right-on, right on.
    words = _JOINT.join(map(re.escape, target.split("_")))
    return re.compile(rf"(?<!\w){words}(?![\w-])", re.IGNORECASE)
