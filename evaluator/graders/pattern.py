"""Match targets that are regular expressions, in linear time."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import re2

from evaluator.errors import ConfigError
from evaluator.graders.sentence import Sentence
from evaluator.graders.step import Finding
from evaluator.records import Probe


def check_patterns(probe: Probe) -> None:
    """Compile every target and distractor of a probe with match=regex.

    Raises:
        ConfigError: Naming the probe and the pattern that does not compile.
    """
    if probe.match == "regex":
        for pattern in (*probe.targets, *probe.distractors):
            _compile(pattern, probe.probe_id)


def match_patterns(probe: Probe, asserted: tuple[Sentence, ...]) -> Finding:
    """Search the asserted sentences for a target, then for a distractor.

    Patterns are RE2 syntax and see the text as written, case included; "(?i)" ignores it.
    """
    text = "\n".join(sentence.text for sentence in asserted)
    for is_target, patterns in ((True, probe.targets), (False, probe.distractors)):
        for pattern in patterns:
            found = _compile(pattern, probe.probe_id).search(text)
            if found:
                return Finding(is_target, not is_target, f"{found[0]!r} matches {pattern!r}")
    return Finding(evidence="no pattern matches")


@lru_cache(maxsize=4096)
def _compile(pattern: str, probe_id: str) -> Any:
    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(pattern, options)
    except re2.error as exc:
        reason = exc.args[0]
        reason = reason.decode() if isinstance(reason, bytes) else reason
        msg = f"probe {probe_id}: need a pattern in RE2 syntax, got {pattern!r}: {reason}"
        raise ConfigError(msg) from exc
