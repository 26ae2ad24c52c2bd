from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests

from evaluator.stats.comparison.multiplicity import benjamini_hochberg, holm

P_VALUES = st.lists(st.floats(0, 1) | st.sampled_from([0.0, 0.01, 0.01, 1.0]), max_size=30)


def test_the_worked_example_of_1995(oracle: dict[str, Any]) -> None:
    case = oracle["bh1995"]
    ps, expected = case["inputs"]["p"], case["expected"]
    assert benjamini_hochberg(ps).tolist() == pytest.approx(expected["bh_adjusted"], abs=case["tolerance"])
    assert holm(ps).tolist() == pytest.approx(expected["holm_adjusted"], abs=case["tolerance"])
    assert (benjamini_hochberg(ps) <= 0.05).sum() == expected["bh_rejections"]


@given(P_VALUES)
def test_both_are_those_of_statsmodels(ps: list[float]) -> None:
    if ps:
        assert np.allclose(holm(ps), multipletests(ps, method="holm")[1], atol=1e-12)
        assert np.allclose(benjamini_hochberg(ps), multipletests(ps, method="fdr_bh")[1], atol=1e-12)


@given(P_VALUES)
def test_adjusting_never_makes_surer_and_bh_is_the_bolder(ps: list[float]) -> None:
    raw, strict, bold = np.array(ps), holm(ps), benjamini_hochberg(ps)
    assert (strict >= raw).all()
    assert (bold >= raw * (1 - 1e-12)).all()
    assert (bold <= strict + 1e-12).all()


@given(P_VALUES, st.randoms())
def test_the_order_does_not_matter(ps: list[float], random: Any) -> None:
    order = list(range(len(ps)))
    random.shuffle(order)
    for method in (holm, benjamini_hochberg):
        assert method([ps[i] for i in order]).tolist() == [method(ps)[i] for i in order]


@pytest.mark.parametrize("ps", [[1.2], [-0.1], [float("nan")]])
def test_what_is_no_p_value_is_refused(ps: list[float]) -> None:
    for method in (holm, benjamini_hochberg):
        with pytest.raises(ValueError, match=r"need p-values in \[0, 1\]"):
            method(ps)
