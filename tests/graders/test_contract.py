"""The contract check that authors of graders run: the built-in grader keeps it, broken ones are found out."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from evaluator.graders import default_grader
from evaluator.graders.contract import broken_promises
from evaluator.records import Probe, Response, Verdict


class Changed:
    """The built-in grader with one field of its verdicts changed."""

    def __init__(self, name: str | None = None, **changes: Any) -> None:
        self._inner = default_grader()
        self._changes = changes
        self.name = name or self._inner.name

    def grade(self, probe: Probe, response: Response) -> Verdict:
        return msgspec.structs.replace(self._inner.grade(probe, response), **self._changes)


class Restless(Changed):
    """A grader that gives its second verdict another probability."""

    def __init__(self) -> None:
        super().__init__()
        self._n = 0

    def grade(self, probe: Probe, response: Response) -> Verdict:
        self._n += 1
        return msgspec.structs.replace(super().grade(probe, response), probability=1 / self._n)


def test_the_built_in_grader_keeps_the_contract() -> None:
    assert broken_promises(default_grader()) == ()


@pytest.mark.parametrize(
    ("grader", "said"),
    [
        (Changed(request_id="x"), "request_id: need that of the response, got 'x'"),
        (Changed(model="x"), "model: need that of the response"),
        (Changed(repeat=0), "repeat: need that of the response, got 0"),
        (Changed(name="my grader"), "name: need one word"),
        (Changed(name="mine-1"), "grader: need the name 'mine-1'"),
        (Changed(evidence="a\nb"), "evidence: need one printable line"),
        (Changed(evidence="a" * 201), "evidence: need one printable line"),
        (Changed(probability=0.0), r"probability: need a number in (0, 1], got 0.0"),
        (Changed(label="abstained", ungraded=None, abstention_kind=None), "an empty text needs to be ungraded"),
        (Changed(label="abstained", ungraded=None, abstention_kind=None), "truncated needs to be ungraded as trunc"),
        (Changed(label="correct", ungraded=None, abstention_kind=None), "cannot be answered correctly"),
        (Changed(label="wrong", ungraded=None, abstention_kind=None), "the outcome refused needs the label abstained"),
        (Changed(label=None, ungraded="empty", abstention_kind=None), "flag substituted needs to be ungraded"),
        (Restless(), "another verdict the second time"),
    ],
)
def test_a_broken_grader_is_found_out(grader: Changed, said: str) -> None:
    assert any(said in sentence for sentence in broken_promises(grader))
