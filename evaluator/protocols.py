"""The two seams of the house: who answers, and who grades.

Third parties add their own through the entry-point groups `evaluator.providers` and
`evaluator.graders`, and readers of other tools' logs through `evaluator.importers`.
"""

from __future__ import annotations

from typing import Literal, Protocol, runtime_checkable

import msgspec

from evaluator.records import Probe, Request, Response, Verdict


class Provider(Protocol):
    """Something that answers requests: an API, a server, an embedded model, a file."""

    async def answer(self, request: Request) -> Response:
        """Make one attempt at `request`.

        Never raises for a request that failed: the outcome and `Response.failure` say what
        happened and whether another attempt makes sense.
        """
        ...


class RateHint(msgspec.Struct, frozen=True):
    """What a reply says is left of a limit on requests or tokens."""

    what: Literal["requests", "tokens"]
    limit: float
    remaining: float
    """Between 0 and `limit`."""
    reset_s: float
    """Seconds until all of the limit is there again, above 0."""


@runtime_checkable
class RateHinting(Protocol):
    """A provider that knows what its API says of the limits."""

    def rate_hints(self) -> tuple[RateHint, ...]:
        """Return what was told since the last call."""
        ...


class Grader(Protocol):
    """Something that turns a response into a verdict."""

    @property
    def name(self) -> str:
        """Name and version, written into every verdict."""
        ...

    def grade(self, probe: Probe, response: Response) -> Verdict:
        """Label `response` as correct, wrong or abstained, or say why it is ungraded.

        Never guesses and never raises for an odd response: what cannot be graded is ungraded.
        """
        ...
