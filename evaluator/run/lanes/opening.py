"""From open requests to lanes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from evaluator.journal import JournalState
from evaluator.protocols import Provider
from evaluator.records import ModelSettings, Request
from evaluator.run.bounds import Bounds
from evaluator.run.lanes.lane import Lane


def open_lanes(
    models: Sequence[ModelSettings],
    providers: Mapping[str, Provider],
    todo: Sequence[Request],
    state: JournalState,
    bounds: Bounds,
) -> list[Lane]:
    """Return one lane per model with what is to be asked of it.

    Args:
        models: The models of the session.
        providers: How each is asked, by its id.
        todo: Open requests of all of them.
        state: What earlier sessions know of the attempts at these requests.
        bounds: Of the session.
    """
    by_model: dict[str, list[Request]] = {model.id: [] for model in models}
    for request in todo:
        by_model[request.model].append(request)
    return [
        Lane(
            model,
            providers[model.id],
            by_model[model.id],
            max_wait_s=bounds.max_wait_s,
            before=state.open_attempts,
        )
        for model in models
    ]
