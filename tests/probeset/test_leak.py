from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Sequence
from statistics import NormalDist
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from evaluator.probeset import leak_auroc
from evaluator.probeset.leak import auroc_interval
from evaluator.records import Probe

WORDS = [f"w{i}" for i in range(300)]


def probe(name: str, words: Sequence[str], *, answer: bool, **fields: Any) -> Probe:
    side: dict[str, Any] = {"targets": ("t",)} if answer else {"unanswerable": "unknown"}
    return Probe(probe_id=name, question=" ".join(words) + "?", **side, **fields)


def mixed(n: int, cue: str | None = None, share: float = 1.0) -> list[Probe]:
    rng = random.Random(3)
    probes = []
    for i in range(n):
        words = rng.choices(WORDS, k=8)
        if cue and i % 2 and rng.random() < share:
            words.append(cue)
        probes.append(probe(f"p{i}", words, answer=i % 2 == 0))
    return probes


def test_a_word_that_only_unanswerable_probes_have_is_found() -> None:
    leak = leak_auroc(mixed(200, "reportedly"))
    assert leak.auroc is not None
    assert leak.low is not None
    assert leak.auroc > 0.95
    assert leak.low > 0.9


def test_the_opening_words_alone_are_found() -> None:
    rng = random.Random(5)
    probes = []
    for i in range(200):
        words = rng.choices(WORDS, k=8)
        first, last = ("x", "y") if i % 2 else ("y", "x")
        probes.append(probe(f"p{i}", [first, *words, last], answer=i % 2 == 0))
    assert (leak_auroc(probes).low or 0) > 0.65


def test_random_wording_gives_nothing_away() -> None:
    leak = leak_auroc(mixed(400))
    assert leak.auroc is not None
    assert 0.4 < leak.auroc < 0.6
    assert (leak.n_answerable, leak.n_unanswerable, leak.n_groups) == (200, 200, 400)


def test_twins_hide_even_a_topic_that_is_mostly_unanswerable() -> None:
    rng = random.Random(7)
    pairs = []
    for i in range(80):
        base = rng.choices(WORDS, k=9)
        other = [*base[:4], rng.choice(WORDS), *base[5:]]
        pairs += [probe(f"a{i}", base, answer=True, twin=f"b{i}"), probe(f"b{i}", other, answer=False, twin=f"a{i}")]
    leak = leak_auroc(pairs)
    assert leak.auroc is not None
    assert leak.auroc < 0.6
    assert leak.n_groups == 80


def test_a_cluster_is_never_on_both_sides_of_a_fold() -> None:
    rng = random.Random(9)
    probes = [
        probe(f"p{i}", [f"only{i // 10}", *rng.choices(WORDS, k=6)], answer=(i // 10) % 2 == 0, cluster=f"k{i // 10}")
        for i in range(300)
    ]
    grouped = leak_auroc(probes).auroc
    loose = leak_auroc([probe(p.probe_id, [p.question], answer=p.is_answerable) for p in probes]).auroc
    assert grouped is not None
    assert loose is not None
    assert loose > 0.9
    assert grouped < 0.65


def test_the_result_repeats_and_does_not_depend_on_other_random_numbers() -> None:
    probes = mixed(120, "cue", share=0.4)
    first = leak_auroc(probes)
    np.random.default_rng(1).random()
    assert leak_auroc(probes) == first


@pytest.mark.parametrize("n", [0, 1, 58])
def test_too_few_probes_have_no_number(n: int) -> None:
    leak = leak_auroc(mixed(n))
    assert (leak.auroc, leak.low, leak.high) == (None, None, None)


def test_one_class_or_few_independent_groups_have_no_number() -> None:
    assert leak_auroc([probe(f"p{i}", ["w"], answer=True) for i in range(100)]).auroc is None
    clustered = [probe(f"p{i}", [f"w{i}"], answer=i % 2 == 0, cluster=f"k{i % 9}") for i in range(100)]
    assert leak_auroc(clustered).auroc is None


def test_questions_without_any_word_are_at_chance() -> None:
    leak = leak_auroc([probe(f"p{i}", [], answer=i % 2 == 0) for i in range(80)])
    assert leak.auroc == 0.5


def textbook_delong(scores: list[float], positive: list[bool], level: float) -> tuple[float, float]:
    wins = [
        [1.0 if p > n else 0.5 if p == n else 0.0 for n, is_p in zip(scores, positive, strict=True) if not is_p]
        for p, is_positive in zip(scores, positive, strict=True)
        if is_positive
    ]
    table = np.array(wins)
    auroc = table.mean()
    s10, s01 = np.var(table.mean(axis=1), ddof=1), np.var(table.mean(axis=0), ddof=1)
    error = (s10 / table.shape[0] + s01 / table.shape[1]) ** 0.5
    return float(auroc), float(NormalDist().inv_cdf((1 + level) / 2) * error)


def test_without_groups_the_interval_is_delongs() -> None:
    rng = random.Random(2)
    positive = [rng.random() < 0.4 for _ in range(400)]
    scores = [round(rng.gauss(0.8 if is_positive else 0, 1), 1) for is_positive in positive]
    auroc, low, high = auroc_interval(scores, positive, [str(i) for i in range(400)], level=0.9)
    expected, half_width = textbook_delong(scores, positive, 0.9)
    assert auroc == pytest.approx(expected, abs=1e-12)
    assert auroc == pytest.approx(roc_auc_score(positive, scores), abs=1e-12)
    assert (high - low) / 2 == pytest.approx(half_width, rel=0.01)


def test_copies_in_one_group_do_not_narrow_the_interval() -> None:
    rng = random.Random(4)
    positive = [i % 2 == 0 for i in range(100)]
    scores = [rng.gauss(is_positive, 1) for is_positive in positive]
    names = [str(i) for i in range(100)]
    once = auroc_interval(scores, positive, names)
    assert auroc_interval(scores * 3, positive * 3, names * 3) == pytest.approx(once)


def test_perfect_separation_stays_inside_the_unit_interval() -> None:
    assert auroc_interval([0, 0, 1, 1], [False, False, True, True], list("abcd")) == (1.0, 1.0, 1.0)


def test_one_class_has_no_auroc() -> None:
    with pytest.raises(ValueError, match="need both classes"):
        auroc_interval([0, 1], [True, True], ["a", "b"])


def test_importing_the_room_loads_no_heavy_library() -> None:
    code = "import sys, evaluator.probeset; print({'sklearn', 'numpy', 'scipy', 're2', 'datasets'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
