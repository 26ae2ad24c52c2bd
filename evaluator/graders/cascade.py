"""The built-in grader: rules in steps, the first that can decide does."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from evaluator.graders.classifier.step import decide_abstention, decide_reply_kind
from evaluator.graders.echo import decide_echo
from evaluator.graders.matching import decide_matching, target_kind
from evaluator.graders.outcome import decide_outcome
from evaluator.graders.reasoning import decide_reasoning
from evaluator.graders.reliability import DISTRACTOR_ASSERTED, NOT_ASSERTED
from evaluator.graders.sentence import read_answer
from evaluator.graders.stance import read_stance
from evaluator.graders.step import Case, Decision, Step, bounded
from evaluator.records import Probe, Response, Verdict


def decide_leftover(case: Case) -> Decision | Case:
    """Settle what no step before could: it answers, and not with a target."""
    answers = 1 - case.abstention_probability
    if not case.probe.is_answerable:
        return Decision(label="wrong", evidence="gives an answer although there is none", probability=answers)
    share = DISTRACTOR_ASSERTED if case.has_distractor else NOT_ASSERTED[target_kind(case.probe)]
    evidence = case.evidence or "no target is asserted"
    return Decision(label="wrong", evidence=evidence, probability=share * answers)


def read_case(case: Case) -> Decision | Case:
    """Take the answer apart for the steps that follow; decide nothing."""
    return replace(case, stance=read_stance(read_answer(case.text), case.probe.question))


STEPS = (
    Step("outcome", decide_outcome),
    Step("reasoning", decide_reasoning),
    Step("reading", read_case),
    Step("echo", decide_echo),
    Step("matching", decide_matching),
    Step("abstention", decide_abstention),
    Step("classifier", decide_reply_kind),
    Step("leftover", decide_leftover),
)
"""The steps of the built-in grader. A further step goes before "leftover"."""


class Cascade:
    """A grader that asks its steps in turn.

    The last step must decide: a case that passes every step is a mistake in the list of steps.
    """

    def __init__(self, name: str, steps: Sequence[Step]) -> None:
        self._name = name
        self._steps = tuple(steps)

    @property
    def name(self) -> str:
        """Name and version, written into every verdict."""
        return self._name

    def grade(self, probe: Probe, response: Response) -> Verdict:
        """Label `response`, or say why it is ungraded."""
        case = Case(probe, response, response.text)
        for step in self._steps:
            result = step.decide(case)
            if isinstance(result, Decision):
                return self._verdict(response, step.name, result)
            case = result
        raise RuntimeError(f"{self._name}: need a last step that always decides, got {self._steps[-1].name}")

    def _verdict(self, response: Response, step: str, decision: Decision) -> Verdict:
        return Verdict(
            request_id=response.request_id,
            probe_id=response.probe_id,
            model=response.model,
            prompt=response.prompt,
            repeat=response.repeat,
            grader=self._name,
            label=decision.label,
            ungraded=decision.ungraded,
            abstention_kind=decision.abstention_kind,
            step=step,
            probability=decision.probability,
            evidence=bounded(decision.evidence),
        )
