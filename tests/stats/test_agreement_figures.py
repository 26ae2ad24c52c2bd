from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluator.records import LABELS
from evaluator.results import AgreementFigures, Figure
from evaluator.stats.agreement_figures import agreement_figures, chance_corrected_interval, proportion_figure
from evaluator.stats.intervals import wilson_interval

Cells = npt.NDArray[np.float64]
counts = st.lists(st.integers(0, 3), min_size=9, max_size=9).filter(any)
clusters = st.lists(counts, min_size=2, max_size=12).map(lambda c: np.array(c, dtype=float).reshape(-1, 3, 3))


def figures(cells: Cells, *, n_ungraded: int = 0) -> AgreementFigures:
    return agreement_figures(np.asarray(cells, dtype=float), n_ungraded=n_ungraded, level=0.95)


def every(found: AgreementFigures) -> dict[str, Figure]:
    plain = ("percent_agreement", "correct_or_not", "cohen_kappa", "gwet_ac1", "macro_f1")
    by_class = {f"{label} {name}": getattr(own, name) for label, own in found.classes.items() for name in CLASS_FIGURES}
    return {name: getattr(found, name) for name in plain} | by_class


CLASS_FIGURES = ("precision", "recall", "f1")
ONE_EACH = np.repeat(np.eye(9).reshape(-1, 3, 3), [8, 2, 1, 3, 9, 0, 1, 2, 6], axis=0)


def test_a_small_table_is_counted_as_by_hand() -> None:
    found = figures(ONE_EACH, n_ungraded=4)
    assert found.table == ((8, 2, 1), (3, 9, 0), (1, 2, 6))
    assert (found.n, found.n_ungraded, found.n_clusters) == (32, 4, 32)
    values = {name: figure.value for name, figure in every(found).items()}
    assert values["percent_agreement"] == 23 / 32
    assert values["correct_or_not"] == (8 + 9 + 0 + 2 + 6) / 32
    assert values["correct precision"] == 8 / 12
    assert values["correct recall"] == 8 / 11
    assert values["abstained precision"] == 6 / 7
    assert values["abstained recall"] == 6 / 9
    assert values["abstained f1"] == pytest.approx(2 * 6 / (7 + 9))
    assert values["macro_f1"] == pytest.approx((16 / 23 + 18 / 25 + 12 / 16) / 3)
    assert (found.classes["wrong"].n_gold, found.classes["wrong"].n_verdicts) == (12, 13)
    assert found.notes == ()


def test_figures_are_those_of_scikit_learn() -> None:
    from sklearn.metrics import precision_recall_fscore_support

    gold = ONE_EACH.sum(axis=2).argmax(axis=1)
    verdicts = ONE_EACH.sum(axis=1).argmax(axis=1)
    expected = precision_recall_fscore_support(gold, verdicts)
    for k, label in enumerate(LABELS):
        found = [getattr(figures(ONE_EACH).classes[label], name).value for name in CLASS_FIGURES]
        assert found == pytest.approx([column[k] for column in expected[:3]])


def test_shares_of_independent_answers_have_wilson_intervals() -> None:
    found = figures(ONE_EACH)
    for figure, k, n in (
        (found.percent_agreement, 23, 32),
        (found.classes["correct"].precision, 8, 12),
        (found.classes["correct"].recall, 8, 11),
    ):
        assert (figure.low, figure.high) == wilson_interval(k, n)
        assert figure.n == n


def test_the_interval_of_f1_is_that_of_the_share_it_is_made_of() -> None:
    figure = figures(ONE_EACH).classes["correct"].f1
    low, high = wilson_interval(8, 15)
    assert figure.value == pytest.approx(2 * 8 / 23)
    assert (figure.low, figure.high) == pytest.approx((2 * low / (1 + low), 2 * high / (1 + high)))


@given(clusters)
def test_every_value_lies_in_its_interval_and_every_interval_has_a_width(cells: Cells) -> None:
    for name, figure in every(figures(cells)).items():
        if figure.low is None or figure.high is None or figure.value is None:
            assert figure.reason, name
            continue
        assert figure.reason is None
        lowest = -1 if name in {"cohen_kappa", "gwet_ac1"} else 0
        assert lowest <= figure.low <= figure.value <= figure.high <= 1, name
        assert figure.low < figure.high, name


@given(cells=clusters, order=st.permutations(range(3)))
def test_permuting_classes_permutes_figures(cells: Cells, order: list[int]) -> None:
    before = figures(cells)
    after = figures(cells[:, order][:, :, order])
    for name in ("percent_agreement", "cohen_kappa", "gwet_ac1", "macro_f1"):
        same(getattr(after, name), getattr(before, name))
    for position, label in zip(order, LABELS, strict=True):
        for name in CLASS_FIGURES:
            same(getattr(after.classes[label], name), getattr(before.classes[LABELS[position]], name))


def same(one: Figure, other: Figure) -> None:
    for name in ("value", "low", "high"):
        assert getattr(one, name) == pytest.approx(getattr(other, name), abs=1e-9)
    assert one.n == other.n


@given(clusters)
def test_agreement_is_1_only_on_the_diagonal(cells: Cells) -> None:
    is_diagonal = float(cells.trace(axis1=1, axis2=2).sum()) == float(cells.sum())
    found = figures(cells)
    assert (found.percent_agreement.value == 1) == is_diagonal
    assert (found.gwet_ac1.value == 1) == is_diagonal
    assert (found.macro_f1.value == 1) == is_diagonal


@given(st.lists(st.tuples(st.integers(0, 8), st.integers(1, 4)), min_size=2, max_size=15))
def test_doubling_every_row_narrows_intervals_only_when_clusters_double(answers: list[tuple[int, int]]) -> None:
    # Each cluster holds some copies of one answer.
    cells = np.array([np.eye(9)[cell] * copies for cell, copies in answers]).reshape(-1, 3, 3)
    once, in_clusters, as_clusters = (every(figures(c)) for c in (cells, 2 * cells, np.repeat(cells, 2, axis=0)))
    for name, figure in once.items():
        for other in (in_clusters[name], as_clusters[name]):
            assert other.value == pytest.approx(figure.value, abs=1e-9)
        if figure.low is None or in_clusters[name].low is None:
            continue
        assert width(in_clusters[name]) >= width(figure) - 1e-9, name
        says_nothing = width(figure) == 2
        assert width(as_clusters[name]) < width(figure) or says_nothing, name


def test_copies_of_the_answers_to_a_probe_add_next_to_nothing() -> None:
    cells = np.repeat(ONE_EACH, 20, axis=0)
    once, copied = every(figures(cells)), every(figures(12 * cells))
    for name, figure in once.items():
        assert copied[name].value == pytest.approx(figure.value)
        assert width(copied[name]) == pytest.approx(width(figure), rel=0.02), name


def width(figure: Figure) -> float:
    assert figure.low is not None
    assert figure.high is not None
    return figure.high - figure.low


def test_kappa_is_null_when_both_margins_are_one_class() -> None:
    found = figures(np.tile(np.diag([0.0, 1.0, 0.0]), (20, 1, 1)))
    assert found.cohen_kappa.value is None
    assert found.cohen_kappa.reason == "labels and verdicts are all of one class: there is nothing to tell apart"
    assert found.gwet_ac1.value == 1
    assert found.percent_agreement.value == 1
    assert found.classes["correct"].recall.reason == "no label is correct"
    assert found.classes["correct"].f1.value is None


@pytest.mark.parametrize("axis", [1, 2])
def test_kappa_has_no_interval_when_one_side_says_always_the_same(axis: int) -> None:
    cells = np.zeros((20, 3, 3))
    cells[:12, 0, 0] = 1
    cells[12:, 0, 1] = 1
    found = figures(cells if axis == 1 else cells.transpose(0, 2, 1))
    assert found.cohen_kappa.value == 0
    assert found.cohen_kappa.low is None
    assert "one class" in str(found.cohen_kappa.reason)
    assert found.gwet_ac1.low is not None


def test_labels_without_abstained_are_noted_and_left_out_of_macro_f1() -> None:
    cells = ONE_EACH[ONE_EACH[:, 2].sum(axis=1) == 0]
    found = figures(cells)
    assert found.macro_f1.value == pytest.approx((16 / (11 + 11) + 18 / (12 + 11)) / 2)
    assert found.correct_or_not.value == (8 + 9) / 23
    assert any("no label is abstained" in note for note in found.notes)
    assert any("correct or not" in note for note in found.notes)


def test_one_cluster_has_values_and_no_intervals() -> None:
    found = figures(ONE_EACH.sum(axis=0)[None])
    assert found.percent_agreement.value == 23 / 32
    for figure in every(found).values():
        assert figure.low is None
        assert figure.reason == "no interval: it needs at least two clusters, got 1"
    assert any("few clusters (1)" in note for note in found.notes)


def test_nothing_compared_leaves_every_figure_null_with_a_reason() -> None:
    found = figures(np.zeros((0, 3, 3)), n_ungraded=3)
    assert (found.n, found.n_ungraded) == (0, 3)
    for figure in every(found).values():
        assert (figure.value, figure.low, figure.high, figure.n) == (None, None, None, 0)
        assert figure.reason


@pytest.mark.parametrize("observed", [0.0, 0.5, 1.0])
def test_an_interval_without_spread_counts_every_cluster_once(observed: float) -> None:
    few = chance_corrected_interval(observed, 0.3, 0.0, 5, level=0.95)
    many = chance_corrected_interval(observed, 0.3, 0.0, 500, level=0.95)
    value = (observed - 0.3) / 0.7
    assert -1 <= few[0] <= many[0] <= value <= many[1] <= few[1] <= 1
    assert many[1] - many[0] < few[1] - few[0]


def test_what_has_nothing_to_count_says_why() -> None:
    figure = proportion_figure(np.zeros(3), np.zeros(3), level=0.95, undefined="nothing here")
    assert (figure.value, figure.reason, figure.n) == (None, "nothing here", 0)


@pytest.mark.parametrize(("n_clusters", "size"), [(60, 1), (20, 6)])
def test_intervals_hold_the_truth_where_agreement_is_high_and_answers_hang_together(n_clusters: int, size: int) -> None:
    random = np.random.default_rng(20261123)
    truth = np.full((3, 3), 0.01) + np.diag([0.37, 0.32, 0.22])
    expected = figures(np.repeat(np.rint(truth * 100)[None], 2, axis=0))
    n_trials, n_held = 500, {"cohen_kappa": 0, "gwet_ac1": 0, "percent_agreement": 0, "macro_f1": 0}
    for _ in range(n_trials):
        own = random.choice(9, size=(n_clusters, size), p=truth.ravel())
        shared = random.random((n_clusters, size)) < 0.4
        cells = np.eye(9)[np.where(shared, own[:, :1], own)].sum(axis=1).reshape(-1, 3, 3)
        found = figures(cells)
        for name in n_held:
            figure, value = getattr(found, name), getattr(expected, name).value
            n_held[name] += figure.low <= value <= figure.high
    assert min(n_held.values()) >= 0.92 * n_trials, n_held
