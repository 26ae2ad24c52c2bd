"""One person, one response after the other: what comes next, what was said, what is taken back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from evaluator.gold_labels import disagreements
from evaluator.journal import GoldFile
from evaluator.label_design import LabelDesign
from evaluator.labels.check_sheet import LabelledRun
from evaluator.labels.draw import blind_order
from evaluator.labels.match import text_sha256
from evaluator.records import GoldLabel, Label


def open_questions(design: LabelDesign, labels: Iterable[GoldLabel], annotator: str) -> list[str]:
    """Return the request_ids that were drawn and `annotator` has not labelled, in blind order.

    Args:
        design: Of the draw.
        labels: Those that still hold.
        annotator: Who is going to label.
    """
    done = {label.request_id for label in labels if label.annotator == annotator and not label.adjudicates}
    return [request_id for request_id in blind_order(design) if request_id not in done]


def open_disagreements(design: LabelDesign | None, labels: Iterable[GoldLabel]) -> list[str]:
    """Return the request_ids whose annotators disagree, those of the draw in blind order first."""
    found = disagreements(labels)
    order = blind_order(design) if design else []
    drawn = [request_id for request_id in order if request_id in found]
    return drawn + sorted(found.keys() - set(drawn))


class Labelling:
    """Goes through responses; every label is on disk before the next response is shown."""

    def __init__(
        self, queue: Sequence[str], run: LabelledRun, gold: GoldFile, annotator: str, *, adjudicates: bool = False
    ) -> None:
        """`queue` holds the request_ids to label, all of them in the run."""
        self._queue = queue
        self._run = run
        self._gold = gold
        self._annotator = annotator
        self._adjudicates = adjudicates
        self._past: list[GoldLabel | None] = []

    @property
    def current(self) -> str | None:
        """The request_id to label now; None at the end."""
        return self._queue[self.n_passed] if self.n_passed < len(self._queue) else None

    @property
    def n_passed(self) -> int:
        """Responses that were labelled or skipped."""
        return len(self._past)

    @property
    def n_labelled(self) -> int:
        """Labels given and not taken back."""
        return sum(label is not None for label in self._past)

    @property
    def n_open(self) -> int:
        """Responses without a label: skipped, or still to come."""
        return len(self._queue) - self.n_labelled

    @property
    def n_left(self) -> int:
        """Responses to come, the current one included."""
        return len(self._queue) - self.n_passed

    def label(self, label: Label) -> None:
        """Label the current response and go on.

        Raises:
            EvaluatorError: If it cannot be written; then the response stays the current one.
        """
        response = self._run.responses[self._queue[self.n_passed]]
        given = GoldLabel(
            run_id=self._run.run_id,
            request_id=response.request_id,
            response_sha256=text_sha256(response.text),
            label=label,
            annotator=self._annotator,
            labelled_at=datetime.now(UTC).isoformat(timespec="seconds"),
            adjudicates=self._adjudicates,
        )
        self._gold.add([given])
        self._past.append(given)

    def skip(self) -> None:
        """Go on without a label; the response comes again another time."""
        self._past.append(None)

    def undo(self) -> bool:
        """Go back to the response before, and take its label back; False at the beginning."""
        if not self._past:
            return False
        label = self._past[-1]
        if label is not None:
            self._gold.remove(label)
        self._past.pop()
        return True
