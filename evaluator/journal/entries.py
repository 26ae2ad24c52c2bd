"""The lines of journal.jsonl.

    intent      a request is about to be sent; on disk before the first byte leaves
    failure     that attempt gave no answer, and why
    response    what finally became of the request
    spare       an answer that came after its deadline, while the request was being asked again
    expense     what something else than an answer cost
    batch       requests are about to be handed in together; batch_made, batch_ended: what became of it
    torn        the line before this one was cut off by a crash and holds nothing

An intent that neither a failure nor a response follows was in flight when the process died: it
may have been paid for.
"""

from __future__ import annotations

from evaluator.records import Failure, Record, Response


class Intent(Record, frozen=True, tag_field="kind", tag="intent"):
    """An attempt that is about to be sent."""

    request_id: str
    model: str
    probe_id: str
    attempt: int
    """1 for the first attempt of the request, counted over all resumes."""
    at: str
    """UTC, ISO 8601."""
    most_usd: float | None = None
    """What the attempt can cost at most; None when nobody knows its price."""


class FailedAttempt(Record, frozen=True, tag_field="kind", tag="failure"):
    """An attempt that gave no usable answer."""

    request_id: str
    at: str
    failure: Failure
    attempt: int | None = None
    """Which of them; None in journals of earlier versions."""
    cost_usd: float | None = None
    """What it is known to have cost all the same."""


class Expense(Record, frozen=True, tag_field="kind", tag="expense"):
    """Money for something else than an answer, as the question that finds out whether a model can be asked."""

    at: str
    model: str
    what: str
    cost_usd: float | None = None
    most_usd: float | None = None


class Answered(Record, frozen=True, tag_field="kind", tag="response"):
    """The final response to a request."""

    at: str
    response: Response


class BatchIntent(Record, frozen=True, tag_field="kind", tag="batch"):
    """Requests that are about to be handed in together; the intent of each of them."""

    tag: str
    """Our name for the batch, by which it is found again."""
    model: str
    at: str
    request_ids: tuple[str, ...]
    most_usd: tuple[float | None, ...]
    """What each attempt can cost at most."""


class BatchMade(Record, frozen=True, tag_field="kind", tag="batch_made"):
    """The provider has the batch."""

    tag: str
    batch_id: str
    at: str


class BatchEnded(Record, frozen=True, tag_field="kind", tag="batch_ended"):
    """Every request of the batch has an end; or the batch was never made, or refused as a whole."""

    tag: str
    at: str
    is_void: bool = False
    """Nothing of it was processed: none of its requests was an attempt."""


class Spare(Record, frozen=True, tag_field="kind", tag="spare"):
    """An answer that came after its deadline; it counts when the request got no other."""

    at: str
    attempt: int
    response: Response


class Torn(Record, frozen=True, tag_field="kind", tag="torn"):
    """Says that line number `line` was cut off and holds nothing."""

    line: int


Entry = Intent | FailedAttempt | Expense | Answered | Spare | BatchIntent | BatchMade | BatchEnded | Torn
