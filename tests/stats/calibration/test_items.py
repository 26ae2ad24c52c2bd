from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluator.stats.calibration.items import N_CLASSES, POSSIBLE, UNLABELLED, CellTable
from tests.stats.calibration.textbook import of_counts, random_items


def test_tables_count_responses_and_labels() -> None:
    table = CellTable.of(of_counts({(0, 0): 3, (0, 1): 1, (5, 4): 2}, {0: 6, 1: 5}))
    assert table.sizes.tolist() == [10, 5, 0, 0, 0, 2]
    assert table.labelled.tolist() == [4, 0, 0, 0, 0, 2]
    assert table.counts[0].tolist() == [3, 1, 0, 0, 0, 0]
    assert table.weights.sum() == pytest.approx(1)


def test_a_cell_without_labels_is_taken_at_its_verdict() -> None:
    shares = CellTable.of(of_counts({(0, 0): 1, (0, 1): 1}, {1: 6})).class_shares()
    assert shares.tolist() == [1 / 8, 7 / 8, 0, 0, 0, 0]


@given(st.integers(0, 5000), st.sampled_from([0.0, 1 / 6]))
def test_shares_are_shares(seed: int, added: float) -> None:
    table = CellTable.of(random_items(seed))
    shares = table.class_shares(added)
    assert shares.min() >= 0
    assert shares.sum() == pytest.approx(1)
    assert shares[3] == 0
    assert table.truth_given_cell(added).sum(axis=1) == pytest.approx(np.ones(N_CLASSES))


def test_smoothing_adds_only_what_can_be_true() -> None:
    found = CellTable.of(of_counts({(4, 4): 3}, {4: 1})).truth_given_cell(1 / 6)[4]
    assert found.tolist() == pytest.approx([0, 0, 0, 0, (3 + 1 / 6) / (3 + 1 / 3), (1 / 6) / (3 + 1 / 3)])
    assert POSSIBLE[:, 3].sum() == 0


def test_items_can_be_cut_and_taken_at_their_verdict() -> None:
    items = random_items(1, size=3)
    some = items.where(items.cells < 3)
    assert set(some.cells.tolist()) <= {0, 1, 2}
    assert items.has_both_kinds
    assert not some.has_both_kinds
    assert items.n_clusters == 40
    assert 0 < items.n_labels == int((items.truths != UNLABELLED).sum()) < len(items)
    taken = items.taken_at_their_verdict()
    assert taken.n_labels == len(items)
    assert (taken.truths == items.cells).all()
