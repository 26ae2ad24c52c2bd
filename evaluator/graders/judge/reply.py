"""Read a judge's word, strictly: a word that is not exactly where it belongs is none.

A lax parser finds "correct" in "incorrect" and a grade in "Answer: B"; here a reply is read whole
or not at all, and what is not read leaves the response ungraded.
"""

from __future__ import annotations

import re
from collections.abc import Collection

import msgspec

from evaluator.graders.reasoning import after_reasoning

MARK = re.compile("verdict", re.IGNORECASE)
_LINE = re.compile(r"(?:^|\n)VERDICT: (?P<word>[a-z_]+)\s*\Z")


class _StructuredReply(msgspec.Struct, forbid_unknown_fields=True):
    verdict: str


def read_line(text: str, words: Collection[str]) -> str | None:
    r"""Return the word of a reply that ends in its only verdict line.

    The word VERDICT occurs once in the reply, whatever its case, and the line holds nothing else.

    >>> read_line("It names another river.\nVERDICT: incorrect", {"correct", "incorrect"})
    'incorrect'
    >>> read_line("VERDICT: correct or VERDICT: incorrect", {"correct", "incorrect"}) is None
    True
    """
    answer = after_reasoning(text)
    if answer is None or len(MARK.findall(answer)) != 1:
        return None
    line = _LINE.search(answer)
    return line["word"] if line and line["word"] in words else None


def read_json(text: str, words: Collection[str]) -> str | None:
    """Return the word of a reply that is one JSON object with the one key `verdict`.

    >>> read_json('{"verdict": "correct"}', {"correct", "incorrect"})
    'correct'
    >>> read_json('{"verdict": "incorrect", "verdict": "correct"}', {"correct", "incorrect"}) is None
    True
    """
    answer = after_reasoning(text)
    # A key that is given twice, the second perhaps escaped, would be read as its last value.
    if answer is None or "\\" in answer or len(MARK.findall(answer)) != 1:
        return None
    try:
        word = msgspec.json.decode(answer, type=_StructuredReply).verdict
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        return None
    return word if word in words else None
