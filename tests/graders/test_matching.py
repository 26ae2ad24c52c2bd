from __future__ import annotations

import pytest

from evaluator.graders.matching import target_kind
from evaluator.records import Probe


@pytest.mark.parametrize(
    ("targets", "kind"),
    [
        (("5", "five"), "number"),
        (("1.2 million", "1,200,000"), "number"),
        (("21 April 1948", "April 1948"), "date"),
        (("1948-04-21",), "date"),
        (("Paris",), "text"),
        (("5", "Paris"), "text"),
        (("Apollo 11",), "text"),
    ],
)
def test_auto_guesses_from_all_targets(targets: tuple[str, ...], kind: str) -> None:
    assert target_kind(Probe(probe_id="p", question="Which?", targets=targets)) == kind


def test_a_named_target_kind_is_kept() -> None:
    assert target_kind(Probe(probe_id="p", question="Which?", targets=("5",), match="text")) == "text"
