from __future__ import annotations

import pytest
from scipy.stats import norm

from evaluator.stats.gating.tail import SMALLEST_P, p_beyond
from evaluator.stats.intervals import wilson_interval


@pytest.mark.parametrize(("k", "n", "limit"), [(60, 100, 0.5), (14, 50, 0.2), (499, 1000, 0.45), (3, 4, 0.1)])
def test_the_inverted_wilson_interval_is_the_score_test(k: int, n: int, limit: float) -> None:
    found = p_beyond(lambda level: wilson_interval(k, n, level=level), limit, "low")
    z = (k / n - limit) / (limit * (1 - limit) / n) ** 0.5
    assert found == pytest.approx(norm.sf(z), rel=1e-6)
    mirrored = p_beyond(lambda level: wilson_interval(n - k, n, level=level), 1 - limit, "high")
    assert mirrored == pytest.approx(found, rel=1e-6)


def test_a_value_within_the_limit_has_no_case_and_a_hopeless_one_the_smallest_p() -> None:
    assert p_beyond(lambda level: wilson_interval(10, 100, level=level), 0.2, "low") == 1.0
    assert p_beyond(lambda level: wilson_interval(9000, 10000, level=level), 0.2, "low") == SMALLEST_P
    assert p_beyond(lambda level: None, 0.2, "low") is None
