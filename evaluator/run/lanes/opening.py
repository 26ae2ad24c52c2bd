"""From open requests to lanes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from evaluator.journal import JournalState
from evaluator.protocols import Provider
from evaluator.records import ModelSettings, Request
from evaluator.run.bounds import Bounds
from evaluator.run.lanes.lane import Lane
from evaluator.run.plan import by_model


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
        todo: Open requests; those to other models are left alone.
        state: What earlier sessions know of the attempts at these requests.
        bounds: Of the session.
    """
    own = by_model(todo, [model.id for model in models])
    return [
        Lane(
            model,
            providers[model.id],
            own[model.id],
            max_wait_s=bounds.max_wait_s,
            ready_s=bounds.ready_s,
            before=state.open_attempts,
        )
        for model in models
    ]
