"""Ranks in the summary of a run: who is tied with whom."""

from __future__ import annotations

from typing import Any


def standings(recorded_run: Any, labels: dict[str, str]) -> dict[str, tuple[int, int, tuple[str, ...]]]:
    """Rank of each model, whose labels are given probe by probe: `w` made up, `a` abstained."""
    run = recorded_run(models=tuple(labels))
    for i in range(60):
        run.probe(f"p{i}", "unknown")
        for model, said in labels.items():
            run.answer(f"p{i}", "wrong" if said[i % len(said)] == "w" else "abstained", model=model)
    (ranking,) = run.summary().rankings
    return {place.model: (place.best, place.worst, place.tied_with) for place in ranking.places}


def test_models_far_apart_have_ranks_of_their_own(recorded_run: Any) -> None:
    assert standings(recorded_run, {"good": "a", "bad": "w"}) == {"good": (1, 1, ()), "bad": (2, 2, ())}


def test_models_close_to_each_other_are_tied(recorded_run: Any) -> None:
    found = standings(recorded_run, {"one": "wa", "two": "aw", "bad": "w"})
    assert found == {"one": (1, 2, ("two",)), "two": (1, 2, ("one",)), "bad": (3, 3, ())}


def test_a_model_on_its_own_has_no_rank(recorded_run: Any) -> None:
    run = recorded_run()
    run.ask("p", "c")
    assert run.summary().rankings == ()
