"""Join labels to the responses of a run."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import msgspec

from evaluator.errors import LabelsFileError
from evaluator.gold_labels import text_sha256 as text_sha256
from evaluator.labels.read import LabelSet, NumberedLabel, conflict
from evaluator.records import GoldLabel, Label, Response
from evaluator.results import LabelsRef


class MatchedLabels(msgspec.Struct, frozen=True):
    """The labels of a run's responses, and where they come from."""

    by_request: dict[str, Label]
    ref: LabelsRef


def match_labels(
    labels: LabelSet, responses: Sequence[Response], *, unanswerable: Collection[str] = ()
) -> MatchedLabels:
    """Find the response of every label.

    A label by request_id belongs to one text: it is not taken for another answer to the request.

    Args:
        labels: From a file.
        responses: Of the run.
        unanswerable: Ids of the probes to which no answer is correct.

    Raises:
        LabelsFileError: If no label is for a response of the run, a label could mean the answers
            to several prompts, one answer has two different labels, or an answer to a probe without
            targets is called correct.
    """
    texts = {response.request_id: response for response in responses}
    answers: dict[tuple[str, ...], list[str]] = {}
    for response in responses:
        key = (response.model, response.probe_id, str(response.repeat))
        answers.setdefault(key, []).append(response.request_id)
    found: dict[str, NumberedLabel] = {}
    n_without_response = 0
    for line in labels.labels:
        request_id = _request_of(labels, line, texts, answers)
        if request_id is None:
            n_without_response += 1
            continue
        if line[1].label == "correct" and texts[request_id].probe_id in unanswerable:
            raise LabelsFileError(
                f"{labels.path}:{line[0]}: label: probe {texts[request_id].probe_id!r} has no answer: "
                "need wrong or abstained, got correct"
            )
        first = found.setdefault(request_id, line)
        if first[1].label != line[1].label:
            raise conflict(labels.path, first, line)
    if not found:
        raise _nothing_matches(labels, responses)
    ref = LabelsRef(
        path=labels.path.as_posix(),
        sha256=labels.sha256,
        annotator=labels.annotator,
        n_labels=len(labels.labels),
        n_without_response=n_without_response,
        n_responses_without_label=len(responses) - len(found),
    )
    return MatchedLabels(by_request={request_id: line[1].label for request_id, line in found.items()}, ref=ref)


def _request_of(
    labels: LabelSet, line: NumberedLabel, texts: dict[str, Response], answers: dict[tuple[str, ...], list[str]]
) -> str | None:
    number, label = line
    if isinstance(label, GoldLabel):
        response = texts.get(label.request_id)
        is_same = response is not None and text_sha256(response.text) == label.response_sha256
        return label.request_id if is_same else None
    request_ids = answers.get(label.answer, [])
    if len(request_ids) > 1:
        prompts = ", ".join(sorted(texts[request_id].prompt for request_id in request_ids))
        raise LabelsFileError(
            f"{labels.path}:{number}: {label.model} answered {label.probe_id!r} under the prompts {prompts}: "
            "need the request_id to tell which answer the label is for"
        )
    return request_ids[0] if request_ids else None


def _nothing_matches(labels: LabelSet, responses: Sequence[Response]) -> LabelsFileError:
    number, label = labels.labels[0]
    if isinstance(label, GoldLabel):
        wanted = f"request {label.request_id!r}"
    else:
        wanted = f"{label.model!r} on {label.probe_id!r}, repeat {label.repeat}"
    have = f"the run has {responses[0].model!r} on {responses[0].probe_id!r}" if responses else "the run has no answers"
    return LabelsFileError(
        f"{labels.path}: none of the {len(labels.labels):,} labels is for an answer of this run; "
        f"line {number} is for {wanted}, {have}"
    )
