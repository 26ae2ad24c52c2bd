"""What the labels of several annotators come to: one final label per response, or an open disagreement."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Mapping

import msgspec

from evaluator.label_design import LabelDesign
from evaluator.records import GoldLabel, Label

WITHHELD = "sha256:"
"""How a text begins that is not in a published bundle; its hash follows."""
_WITHHELD_TEXT = re.compile(rf"{WITHHELD}([0-9a-f]{{64}})")


def text_sha256(text: str) -> str:
    """Return the SHA-256 that a gold label remembers of the text it was given to.

    >>> text_sha256("Canberra")[:16], text_sha256("sha256:" + "ab" * 32)[:16]
    ('b36f06bee2e4f548', 'abababababababab')
    """
    if found := _WITHHELD_TEXT.fullmatch(text):
        return found[1]
    return hashlib.sha256(text.encode("utf-8", errors="surrogatepass")).hexdigest()


class GoldSet(msgspec.Struct, frozen=True):
    """The labels of a run that still hold, and the draw they were asked for."""

    design: LabelDesign | None
    labels: tuple[GoldLabel, ...]
    n_stale: int = 0
    """Labels left out, because the text they were given to is not in the run any more."""


class FinalLabels(msgspec.Struct, frozen=True):
    """The final label of every response that has one, and the responses that have none yet."""

    by_request: dict[str, Label]
    open: tuple[str, ...]
    """request_ids of responses whose annotators disagree with no majority and nobody adjudicated, sorted."""


def gold_set(design: LabelDesign | None, labels: Iterable[GoldLabel], texts: Mapping[str, str]) -> GoldSet:
    """Keep the labels whose response has the text it was labelled with.

    Args:
        design: Of the draw, if one was made.
        labels: All of the run.
        texts: SHA-256 of the text of every response, by request_id.
    """
    known = tuple(labels)
    kept = tuple(label for label in known if texts.get(label.request_id) == label.response_sha256)
    return GoldSet(design=design, labels=kept, n_stale=len(known) - len(kept))


def opinions(labels: Iterable[GoldLabel]) -> dict[str, dict[str, Label]]:
    """Return what each annotator said of each response; what adjudicators settled is left out.

    Returns:
        By request_id, then by annotator.
    """
    found: dict[str, dict[str, Label]] = {}
    for label in labels:
        if not label.adjudicates:
            found.setdefault(label.request_id, {})[label.annotator] = label.label
    return found


def disagreements(labels: Iterable[GoldLabel]) -> dict[str, dict[str, Label]]:
    """Return the responses whose annotators disagree and nobody adjudicated, with what each said."""
    known = tuple(labels)
    settled = {label.request_id for label in known if label.adjudicates}
    return {
        request_id: said
        for request_id, said in opinions(known).items()
        if len(set(said.values())) > 1 and request_id not in settled
    }


def final_labels(labels: Iterable[GoldLabel]) -> FinalLabels:
    """Return one label per response: the adjudicator's, else that of more than half of the annotators.

    Args:
        labels: Of responses whose text is still the one that was labelled.
    """
    known = tuple(labels)
    final = {label.request_id: label.label for label in known if label.adjudicates}
    unsettled = []
    for request_id, said in opinions(known).items():
        if request_id in final:
            continue
        label, n_votes = Counter(said.values()).most_common(1)[0]
        if 2 * n_votes > len(said):
            final[request_id] = label
        else:
            unsettled.append(request_id)
    return FinalLabels(by_request=final, open=tuple(sorted(unsettled)))
