"""Item analysis: what the answers of many models say about the probes themselves."""

from __future__ import annotations

from typing import Literal

from evaluator.record import Record

ITEMS_SCHEMA = "evaluator/items/1"
Suspicion = Literal["same_wrong_answer", "agreed_answer", "low_discrimination", "label_flips", "unstable_grade"]
SUSPICIONS: dict[Suspicion, str] = {
    "same_wrong_answer": "most models give the same answer and it counts as wrong: is the target right and complete?",
    "agreed_answer": "models agree on one answer although there should be none: can it be answered?",
    "low_discrimination": "models that do better elsewhere do worse here: is the target right, is it clear?",
    "label_flips": "one model gets it right and wrong in turn: is it ambiguous?",
    "unstable_grade": "equal texts got different labels: the grader is in doubt",
}


class ItemFlag(Record, frozen=True):
    """Why a probe should be looked at; it stays in every number until a person takes it out."""

    kind: Suspicion
    message: str


class ItemResult(Record, frozen=True, omit_defaults=False):
    """What the answers say about one probe."""

    probe_id: str
    probe_hash: str
    answerable: bool
    n_models: int
    """Models with a graded answer."""
    n_answers: int
    """Graded answers, over models, prompts, repeats and runs."""
    right_share: float | None
    """Mean over models and prompts: correct where there is an answer, abstained where there is none."""
    item_rest_r: float | None
    """Point-biserial correlation, over models and prompts, with the mean on the other probes of its kind."""
    modal_answer: str | None
    """What most models say that are wrong, as one of them says it; None when no two agree."""
    modal_share: float | None
    """Share of the models that say so."""
    flip_share: float | None
    """Of the pairs of answers by one model under one prompt, the share with different labels."""
    n_flip_pairs: int
    flags: tuple[ItemFlag, ...]


class ItemAnalysis(Record, frozen=True, omit_defaults=False):
    """All probes of one or several runs; what is most suspect comes first."""

    runs: tuple[str, ...]
    n_models: int
    n_respondents: int
    """Models times prompts: what the correlation is over."""
    n_probes: int
    n_flagged: int
    by_kind: dict[str, int]
    items: tuple[ItemResult, ...]
    notes: tuple[str, ...]
    schema: str = ITEMS_SCHEMA
