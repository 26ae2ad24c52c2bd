from __future__ import annotations

import random
from collections import Counter
from itertools import product
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluator.errors import ConfigError
from evaluator.label_design import LabelDesign, draw_key
from evaluator.labels import DrawSettings, blind_order, draw
from evaluator.labels.draw import Cell, allocate, neyman_weights, responses_by_cell
from evaluator.records import LABELS, Manifest, ModelSettings, Probe, PromptRef, Verdict

MANIFEST = Manifest(
    run_id="r",
    started_at="2026-01-01T00:00:00+00:00",
    evaluator="0",
    config={},
    probe_sets=(),
    models=(ModelSettings(id="m"),),
    prompts=(),
    graders=("cascade-1",),
    packages={},
    seed=0,
    repeats=1,
    n_requests=0,
    plan_sha256="0",
)
PROBES = [
    Probe(probe_id="a", question="q", targets=("x",)),
    Probe(probe_id="u", question="q", unanswerable="unknown"),
]
POSSIBLE = [("a", "correct"), ("a", "wrong"), ("a", "abstained"), ("u", "wrong"), ("u", "abstained")]
Sizes = dict[tuple[str, str, str, str], int]


def verdicts(sizes: Sizes) -> list[Verdict]:
    """As many verdicts as `sizes` says by model, prompt, probe and label."""
    return [
        Verdict(
            request_id=f"{model}/{prompt}/{probe}/{label}/{n}",
            probe_id=probe,
            model=model,
            prompt=prompt,
            repeat=n,
            grader="cascade-1",
            label=label,  # type: ignore[arg-type]
        )
        for (model, prompt, probe, label), size in sizes.items()
        for n in range(size)
    ]


def one_model(*sizes: int) -> Sizes:
    return {("m", "none", *kind): size for kind, size in zip(POSSIBLE, sizes, strict=True)}


def drawn(sizes: Sizes, *, earlier: LabelDesign | None = None, **settings: Any) -> LabelDesign:
    wanted = DrawSettings(**{"seed": 7, **settings})
    return draw(MANIFEST, PROBES, verdicts(sizes), wanted, earlier=earlier)


runs = st.dictionaries(
    st.sampled_from([(m, p, *kind) for m, p, kind in product(["m", "n"], ["none", "permit"], POSSIBLE)]),
    st.integers(1, 80),
    min_size=1,
)
settings = st.fixed_dictionaries(
    {
        "seed": st.integers(0, 5),
        "per_model": st.integers(1, 200),
        "allocation": st.sampled_from(["proportional", "neyman"]),
        "floor": st.integers(0, 20),
    }
)


@given(runs, settings)
def test_every_model_gets_its_number_and_every_cell_its_floor(sizes: Sizes, wanted: dict[str, Any]) -> None:
    design = drawn(sizes, **wanted)
    assert {(c.model, c.prompt, "a" if c.answerable else "u", c.verdict): c.n_responses for c in design.cells} == sizes
    for model in {cell.model for cell in design.cells}:
        own = [cell for cell in design.cells if cell.model == model]
        floors = [min(wanted["floor"], cell.n_responses) for cell in own]
        assert all(floor <= cell.n_drawn for floor, cell in zip(floors, own, strict=True))
        n_all = sum(cell.n_responses for cell in own)
        assert sum(cell.n_drawn for cell in own) == max(min(wanted["per_model"], n_all), sum(floors))


@given(runs, settings)
def test_the_smallest_keys_of_a_cell_are_drawn(sizes: Sizes, wanted: dict[str, Any]) -> None:
    design = drawn(sizes, **wanted)
    members = responses_by_cell(PROBES, verdicts(sizes))
    for cell in design.cells:
        ids = members[Cell(cell.model, cell.prompt, cell.answerable, cell.verdict)]
        rest = set(ids) - set(cell.drawn)
        assert len(cell.drawn) == cell.n_drawn
        assert set(cell.drawn) <= set(ids)
        largest = max((draw_key(wanted["seed"], one) for one in cell.drawn), default="")
        assert all(draw_key(wanted["seed"], one) > largest for one in rest)


@given(runs, settings, st.integers(0, 100))
def test_a_larger_draw_holds_the_smaller(sizes: Sizes, wanted: dict[str, Any], more: int) -> None:
    small = drawn(sizes, **wanted)
    large = drawn(sizes, **{**wanted, "per_model": wanted["per_model"] + more})
    assert small.drawn <= large.drawn


@given(runs, settings, settings)
def test_what_has_labels_stays_drawn_whatever_else_is_asked(
    sizes: Sizes, first: dict[str, Any], second: dict[str, Any]
) -> None:
    earlier = drawn(sizes, **first)
    later = drawn(sizes, earlier=earlier, **{**second, "seed": first["seed"]})
    assert earlier.drawn <= later.drawn


@given(runs, settings, st.randoms())
def test_the_order_of_the_verdicts_changes_nothing(sizes: Sizes, wanted: dict[str, Any], chance: random.Random) -> None:
    shuffled = verdicts(sizes)
    chance.shuffle(shuffled)
    assert draw(MANIFEST, PROBES, shuffled, DrawSettings(**wanted)) == drawn(sizes, **wanted)


def test_another_seed_is_refused_once_there_are_labels() -> None:
    earlier = drawn(one_model(50, 50, 50, 50, 50))
    with pytest.raises(ConfigError, match=r"--seed: .* with seed 7, got 8; leave --seed out .*gold.jsonl"):
        drawn(one_model(50, 50, 50, 50, 50), seed=8, earlier=earlier)


def test_after_another_grading_the_sample_is_drawn_anew_from_the_new_cells() -> None:
    earlier = drawn(one_model(50, 50, 50, 50, 50), per_model=200)
    later = drawn(one_model(60, 40, 50, 50, 50), per_model=60, earlier=earlier)
    assert sum(cell.n_drawn for cell in later.cells) == 60
    assert later.verdicts_sha256 != earlier.verdicts_sha256


def test_ungraded_responses_are_not_drawn_and_nothing_graded_is_an_error() -> None:
    ungraded = Verdict(
        request_id="x", probe_id="a", model="m", prompt="none", repeat=0, grader="cascade-1", ungraded="empty"
    )
    with pytest.raises(ConfigError, match="no graded responses"):
        draw(MANIFEST, PROBES, [ungraded], DrawSettings(seed=0))
    design = draw(MANIFEST, PROBES, [ungraded, *verdicts(one_model(3, 0, 0, 0, 0))], DrawSettings(seed=0))
    assert [(cell.n_responses, cell.n_drawn) for cell in design.cells] == [(3, 3)]


def test_the_graders_behind_the_verdicts_are_named() -> None:
    prompt = PromptRef(name="judge", version="judge-1", sha256="abc")
    judged = msgspec.structs.replace(MANIFEST, judges=(ModelSettings(id="server/j"),), judge_prompt=prompt)
    design = draw(judged, PROBES, verdicts(one_model(3, 0, 0, 0, 0)), DrawSettings(seed=0))
    assert design.graders == ("cascade-1", "server/j", "judge-1 abc")


def test_the_rest_is_shared_by_size() -> None:
    assert allocate([600, 300, 100], [600, 300, 100], total=100, floor=0, least=[0, 0, 0]) == [60, 30, 10]
    # The floor counts towards the share.
    assert allocate([600, 300, 100], [600, 300, 100], total=100, floor=10, least=[0, 0, 0]) == [60, 30, 10]
    assert allocate([960, 30, 10], [960, 30, 10], total=100, floor=10, least=[0, 0, 0]) == [80, 10, 10]


def sainte_lague(sizes: list[int], weights: list[float], total: int) -> list[int]:
    """The textbook's way: the highest quotients of weight / (1, 3, 5, ...) win."""
    quotients = [(-w / (2 * n + 1), g) for g, w in enumerate(weights) for n in range(sizes[g])]
    won = Counter(g for _, g in sorted(quotients)[:total])
    return [won[g] for g in range(len(sizes))]


@given(st.lists(st.tuples(st.integers(1, 50), st.integers(1, 999)), min_size=1, max_size=6), st.integers(0, 200))
def test_allocation_without_a_floor_is_the_textbooks(cells: list[tuple[int, int]], total: int) -> None:
    sizes, weights = [size for size, _ in cells], [weight / 7 for _, weight in cells]
    found = allocate(sizes, weights, total=total, floor=0, least=[0] * len(sizes))
    assert found == sainte_lague(sizes, weights, total)


def test_neyman_gives_more_where_a_label_moves_the_rate_more() -> None:
    # Nearly all it does not know it makes up: one that truly abstains moves W / (W + A) most.
    sizes = {Cell("m", "none", True, label): size for label, size in zip(LABELS, (500, 450, 50), strict=True)}
    weights = {cell.verdict: weight / sizes[cell] for cell, weight in neyman_weights(sizes).items()}
    assert weights["correct"] < weights["wrong"]
    rate, share = 450.5 / 501, 501 / 1001.5
    moves = {"correct": 0.0, "wrong": (1 - rate) / share, "abstained": -rate / share}
    mean = 0.05 * moves["correct"] + 0.9 * moves["wrong"] + 0.05 * moves["abstained"]
    spread = 0.05 * moves["correct"] ** 2 + 0.9 * moves["wrong"] ** 2 + 0.05 * moves["abstained"] ** 2
    assert weights["wrong"] == pytest.approx((spread - mean**2) ** 0.5)


@pytest.mark.parametrize("allocation", ["proportional", "neyman"])
def test_estimates_from_the_sample_are_unbiased_over_seeds(allocation: str) -> None:
    """Σ N_g · mean of the drawn is the true total on average, with the variance of the textbook."""
    sizes = one_model(60, 40, 8, 25, 12)
    chance = random.Random(5)
    truth = {verdict.request_id: chance.random() < 0.3 for verdict in verdicts(sizes)}
    n_seeds, total, squares, variance = 800, 0.0, 0.0, 0.0
    for seed in range(n_seeds):
        design = drawn(sizes, seed=seed, per_model=50, floor=5, allocation=allocation)
        estimate = sum(cell.n_responses * sum(truth[one] for one in cell.drawn) / cell.n_drawn for cell in design.cells)
        total, squares = total + estimate, squares + estimate**2
    for cell in design.cells:
        own = [truth[f"m/none/{'a' if cell.answerable else 'u'}/{cell.verdict}/{n}"] for n in range(cell.n_responses)]
        mean = sum(own) / len(own)
        spread = mean * (1 - mean) * len(own) / (len(own) - 1)
        variance += cell.n_responses**2 * spread * (1 - cell.n_drawn / cell.n_responses) / cell.n_drawn
    assert total / n_seeds == pytest.approx(sum(truth.values()), abs=4 * (variance / n_seeds) ** 0.5)
    assert squares / n_seeds - (total / n_seeds) ** 2 == pytest.approx(variance, rel=0.2)


def test_every_response_of_a_cell_is_drawn_equally_often() -> None:
    sizes = one_model(20, 0, 0, 0, 0)
    counts: Counter[str] = Counter()
    for seed in range(2000):
        counts.update(drawn({k: n for k, n in sizes.items() if n}, seed=seed, per_model=5, floor=0).drawn)
    # 2000 draws at 1/4: standard deviation 19.4; of 20 counts none further than 4 of them.
    assert len(counts) == 20
    assert all(abs(count - 500) < 78 for count in counts.values())


def test_the_order_shown_says_nothing_of_the_verdict() -> None:
    """Of a small cell all are drawn, of a large one the smallest keys: the order must not be that of the keys."""
    places: dict[str, list[int]] = {"correct": [], "abstained": []}
    for seed in range(100):
        design = drawn({k: n for k, n in one_model(200, 0, 10, 0, 0).items() if n}, seed=seed, per_model=30)
        order = blind_order(design)
        assert sorted(order) == sorted(design.drawn)
        for place, request_id in enumerate(order):
            places[request_id.split("/")[3]].append(place)
    means = {label: sum(found) / len(found) for label, found in places.items()}
    # The mean place of 1000 is 14.5 with a standard deviation of 0.27 at most.
    assert means["abstained"] == pytest.approx(14.5, abs=1.1)
