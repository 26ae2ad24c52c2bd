from __future__ import annotations

import pytest

from evaluator.records import Probe
from evaluator.stats.confidence.answers import AnswerKeys

PROBE = Probe(probe_id="p", question="When was the treaty of Tordesillas signed?", targets=("1494",))


@pytest.mark.parametrize(
    ("one", "other", "is_alike"),
    [
        ("1494", "It was signed in 1494.", True),
        ("1494", "The Treaty of Tordesillas was signed in 1494!", True),
        ("1494", "1493", False),
        ("the treaty", "The treaty.", True),
        ("7 June 1494", "1494", False),
        ("…", "?!", True),
    ],
)
def test_answers_are_alike_when_their_own_words_are(one: str, other: str, is_alike: bool) -> None:
    codes = AnswerKeys([PROBE]).codes([0, 0], [one, other]).tolist()
    assert (codes[0] == codes[1]) is is_alike


def test_no_answer_has_the_code_of_abstentions() -> None:
    assert min(AnswerKeys([PROBE]).codes([0, 0], ["", "the"])) > 0


def test_ranks_do_not_depend_on_who_came_first() -> None:
    first, second = AnswerKeys([PROBE]), AnswerKeys([PROBE])
    a, b = first.codes([0, 0], ["rome", "paris"]), second.codes([0, 0], ["paris", "rome"])
    assert first.ranks()[a].tolist() == second.ranks()[b][::-1].tolist()
