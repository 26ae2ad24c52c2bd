from __future__ import annotations

import json
import re
from typing import Any

import msgspec
import pytest
from rich.cells import cell_len

from evaluator.comparison import ComparedRun, Comparison, Difference, LeftOut, Place, Ranking, Side
from evaluator.report import comparison_bytes, render_comparison
from evaluator.report.comparison import MOST_ROWS, render_comparison_markdown
from evaluator.report.schemas import json_schema
from tests.report.example import HOSTILE, MODELS

RAW = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def side(model: str, value: float | None, **fields: Any) -> Side:
    known = {"run_id": "nightly", "model": model, "prompt": "none", "numerator": 61.0, "denominator": 140.0}
    return Side(**{**known, "value": value, **fields})


def difference(a: Side, b: Side, **fields: Any) -> Difference:
    gap = a.value - b.value if a.value is not None and b.value is not None else None
    known: dict[str, Any] = {
        "metric": "hallucination_rate",
        "definition": "W / (W + A)",
        "slice": "all",
        "better": "low",
        "a": a,
        "b": b,
        "difference": gap,
        "low": None if gap is None else gap - 0.06,
        "high": None if gap is None else gap + 0.06,
        "p_value": None if gap is None else 0.012,
        "p_adjusted": None if gap is None else 0.036,
        "method": "Student t, linearised over clusters",
        "test": "Student t, linearised over clusters",
        "n": 290,
        "n_clusters": 150,
        "only_a": None,
        "only_b": None,
        "mde": 0.086,
        "n_left_out": 10,
        "notes": ("10 of 300 probes left out: no graded answer on one side",),
    }
    return Difference(**{**known, **fields})


def comparison(*differences: Difference, runs: tuple[str, ...] = ("nightly",), **fields: Any) -> Comparison:
    known: dict[str, Any] = {
        "runs": tuple(
            ComparedRun(run_id=run, started_at="2026-11-23", graders=("cascade-1",), judges=(), n_probes=300)
            for run in runs
        ),
        "level": 0.95,
        "power": 0.8,
        "correction": "holm",
        "n_tests": len(differences),
        "allowed": (),
        "left_out": LeftOut(only_in_a=0, only_in_b=0, changed=0),
        "differences": differences,
        "rankings": (),
        "notes": (),
    }
    return Comparison(**{**known, **fields})


def two_runs() -> Comparison:
    accuracy = {"metric": "accuracy", "slice": "answerable", "better": "high"}
    return comparison(
        difference(side(MODELS[0], 0.436), side(MODELS[0], 0.281, run_id="new")),
        difference(side(MODELS[0], 0.9996), side(MODELS[0], 0.7), **accuracy, only_a=40, only_b=3, notes=()),
        runs=("nightly", "new"),
        allowed=("grader",),
        left_out=LeftOut(only_in_a=12, only_in_b=1, changed=2),
        notes=("accepted: run nightly was graded by cascade-1, run new by cascade-2",),
    )


def ranked() -> Comparison:
    names = ("best", "middle", "last")
    values = (0.1, 0.3, 0.35)
    pairs = [(0, 1), (0, 2), (1, 2)]
    places = tuple(
        Place(model=names[i], value=values[i], n=290 + i, best=(1, 2, 2)[i], worst=(1, 3, 3)[i]) for i in range(3)
    )
    ranking = Ranking(
        metric="hallucination_rate",
        slice="all",
        prompt="none",
        better="low",
        places=places,
        tie_groups=(("best",), ("middle", "last")),
    )
    return comparison(
        *(difference(side(names[i], values[i]), side(names[j], values[j])) for i, j in pairs), rankings=(ranking,)
    )


def hostile() -> Comparison:
    evil = side(HOSTILE, 0.5, run_id=HOSTILE, prompt=HOSTILE)
    place = Place(model=HOSTILE, value=0.5, n=3, best=1, worst=1)
    ranking = Ranking(
        metric=HOSTILE, slice=HOSTILE, prompt=HOSTILE, better="low", places=(place,), tie_groups=((HOSTILE,),)
    )
    one = difference(evil, evil, metric=HOSTILE, slice=HOSTILE, definition=HOSTILE, notes=(HOSTILE,), test=HOSTILE)
    return comparison(one, runs=(HOSTILE, HOSTILE), rankings=(ranking,), notes=(HOSTILE,))


def many() -> Comparison:
    found = [
        difference(side(f"m{i}", 0.5), side(f"n{i}", 0.4), p_value=(i + 1) / 100, p_adjusted=0.5) for i in range(40)
    ]
    return comparison(*found, rankings=ranked().rankings)


def undefined() -> Comparison:
    return comparison(difference(side("m", None), side("n", 0.3), mde=None, notes=("undefined: nothing counts",)))


ALL = [two_runs, ranked, hostile, many, undefined, comparison]


def test_the_report_is_the_golden_one(golden: Any) -> None:
    golden("comparison.txt", render_comparison(two_runs()).encode())
    golden("ranking.txt", render_comparison(ranked()).encode())


def test_the_first_lines_say_what_was_compared_and_left_out() -> None:
    text = render_comparison(two_runs(), width=200)
    first, second = text.splitlines()[:2]
    assert first == "Run nightly (A) against run new (B), compared probe by probe"
    assert second == (
        "286 probes in common · left out: 12 only in A, 1 only in B, 2 of other content · accepted as different: grader"
    )


def test_a_line_has_both_values_the_difference_in_points_and_both_p_values() -> None:
    text = render_comparison(two_runs(), width=200)
    (line,) = [line for line in text.splitlines() if "43.6%" in line]
    for shown in ("28.1%", "+15.5", "[+9.5, +21.5]", "290", "0.012", "0.036", "8.6"):
        assert shown in line
    assert ">99.9%" in text, "what is not quite 1 never looks like it"


def test_models_that_tie_share_a_letter() -> None:
    text = render_comparison(ranked(), width=120)
    rank = next(block for block in text.split("\n\n") if block.startswith("Rank by hallucination rate"))
    rows = {line.split()[0]: line.split()[1:] for line in rank.splitlines() if "%" in line}
    assert rows["best"] == ["10.0%", "290", "1", "a"]
    assert rows["middle"] == ["30.0%", "291", "2", "to", "3", "b"]
    assert rows["last"][-1] == "b"


def test_of_many_differences_the_most_certain_are_shown_and_the_rest_is_named() -> None:
    text = render_comparison(many(), width=120)
    assert f"The {MOST_ROWS} most certain of 40 differences." in " ".join(text.split())
    shown = re.findall(r"m(\d+) - n\d+", text)
    assert sorted(set(map(int, shown))) == list(range(MOST_ROWS))


def test_an_undefined_difference_says_why() -> None:
    text = render_comparison(undefined())
    assert "n/a" in text
    assert "undefined: nothing counts" in text


@pytest.mark.parametrize("build", ALL)
@pytest.mark.parametrize("width", [40, 80, 120])
def test_no_line_is_too_long_and_nothing_raw_is_shown(build: Any, width: int) -> None:
    text = render_comparison(build(), width=width)
    assert all(cell_len(line) <= width for line in text.splitlines())
    assert not RAW.search(text.replace("\n", ""))
    assert not RAW.search(render_comparison_markdown(build()).replace("\n", ""))


def test_markup_of_strangers_does_not_act() -> None:
    text = render_comparison_markdown(hostile())
    assert "<script>" not in text
    assert "@octocat" not in text


@pytest.mark.parametrize("build", ALL)
def test_json_fits_its_schema_and_comes_back(build: Any) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    data = comparison_bytes(build())
    jsonschema.Draft202012Validator(json.loads(json_schema("comparison"))).validate(json.loads(data))
    assert msgspec.json.decode(data, type=Comparison) == build()
    assert data == comparison_bytes(build())


def test_indices_and_scores_are_not_shown_as_percentages() -> None:
    index = difference(side("m", 31.5), side("n", -12.0), metric="omniscience_index", low=20.0, high=67.0, mde=12.5)
    score = difference(side("m", -1.3), side("n", 0.3), metric="penalised_score_t0.9", low=-2.0, high=-1.2, mde=0.4)
    text = render_comparison(comparison(index, score), width=120)
    for shown in ("+31.5", "-12.0", "+43.5", "[+20.0, +67.0]", "12.5", "-1.30", "0.30", "-1.60", "[-2.00, -1.20]"):
        assert shown in text
    assert "%" not in next(line for line in text.splitlines() if "+31.5" in line)
