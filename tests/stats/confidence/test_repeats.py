from __future__ import annotations

from collections.abc import Hashable

import pytest

from evaluator.stats.confidence.repeats import repeat_agreement


@pytest.mark.parametrize(
    ("answers", "answer", "share", "n"),
    [
        (["a", "a", "a"], "a", 1.0, 3),
        (["a", "b", "b", None], "b", 2 / 3, 3),
        (["b", "a"], "b", 0.5, 2),
        (["b", "a", "a", "b"], "b", 0.5, 4),
        ([1494, 1494, ("x", 2)], 1494, 2 / 3, 3),
    ],
)
def test_the_share_of_the_most_frequent_answer(answers: list[Hashable], answer: Hashable, share: float, n: int) -> None:
    found = repeat_agreement(answers)
    assert found is not None
    assert (found.answer, found.share, found.n) == (answer, share, n)


@pytest.mark.parametrize("answers", [[], ["a"], ["a", None, None]])
def test_one_answer_agrees_with_nobody(answers: list[Hashable]) -> None:
    assert repeat_agreement(answers) is None
