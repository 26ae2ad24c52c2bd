"""From a judge's reply to its vote."""

from __future__ import annotations

from collections.abc import Collection

from evaluator.graders.judge.reply import read_json, read_line
from evaluator.graders.judge.rubric import words_for
from evaluator.graders.outcome import SUBSTITUTED
from evaluator.graders.step import bounded
from evaluator.records import AbstentionKind, Label, Outcome, Probe, Response, UngradedReason, Verdict

_FAULTS: dict[Outcome, UngradedReason] = {
    "refused": "judge_refused",
    "blocked": "judge_refused",
    "truncated": "judge_truncated",
    "malformed": "judge_unparsable",
    "failed": "judge_failed",
    "pending": "pending",
}


class VoteReader:
    """Reads replies of judges; a `Grader` whose verdicts are votes."""

    def __init__(self, rubric: str, structured: Collection[str]) -> None:
        """Remember the version of the rubric, and the ids of the judges whose replies are bound to a schema."""
        self._rubric = rubric
        self._structured = frozenset(structured)

    @property
    def name(self) -> str:
        """Name and version of the rubric."""
        return self._rubric

    def grade(self, probe: Probe, response: Response) -> Verdict:
        """Return the vote in a judge's reply about an answer to `probe`."""
        fault = _FAULTS.get(response.outcome)
        if fault is not None:
            return self._vote(response, ungraded=fault, evidence=response.detail or f"outcome {response.outcome}")
        if SUBSTITUTED in response.flags:
            # Another model than the judge that was chosen has no vote.
            return self._vote(response, ungraded="substituted", evidence=response.detail or "answered by another model")
        words = words_for(probe)
        read = read_json if response.model in self._structured else read_line
        word = read(response.text, words)
        if word is None:
            return self._vote(response, ungraded="judge_unparsable", evidence=response.text)
        return self._vote(response, label=words[word].label, kind=words[word].abstention_kind, evidence=word)

    def _vote(
        self,
        reply: Response,
        *,
        label: Label | None = None,
        ungraded: UngradedReason | None = None,
        kind: AbstentionKind | None = None,
        evidence: str,
    ) -> Verdict:
        return Verdict(
            request_id=reply.request_id,
            probe_id=reply.probe_id,
            model=reply.model,
            prompt=reply.prompt,
            repeat=reply.repeat,
            grader=self._rubric,
            label=label,
            ungraded=ungraded,
            abstention_kind=kind,
            step="judge",
            evidence=bounded(evidence),
        )
