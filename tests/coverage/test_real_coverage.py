"""Calibrated intervals on public answers with labels hold the rate of all labels as often as they say."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.coverage.real_data import Labelled, all_rows, holds, pooled


@pytest.mark.slow
def test_intervals_hold_the_rate_of_all_labels_of_public_sets(shared: Path) -> None:
    rows = all_rows(shared, 200)
    assert len(rows) >= 20
    for kind in ("these", "others"):
        assert 0.93 <= pooled(rows, kind) <= 0.97, kind
    assert sum(row.raw_held for row in rows) < len(rows) / 2, "the raw rates of these sets are off"


def test_the_check_itself_holds_on_made_up_answers() -> None:
    random = np.random.default_rng(1)
    labels = random.choice(3, 600, p=[0.4, 0.4, 0.2])
    verdicts = np.where(random.random(600) < 0.15, random.integers(0, 3, 600), labels)
    found = holds(Labelled("made up", verdicts, labels, np.arange(600)), "hallucination_rate", 200)
    assert found is not None
    # Two of two hundred more or less are chance: 3 errors are 0.046.
    assert 0.90 <= found.these <= 0.99
    assert 0.90 <= found.others <= 0.99
