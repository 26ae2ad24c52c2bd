from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluator.stats.calibration.validity import (
    Audit,
    corrected_for_invalid_probes,
    valid_rate,
    valid_rate_bounds,
)

shares = st.floats(0, 1)


@given(shares, st.floats(0, 0.95), shares)
def test_mixing_valid_and_invalid_probes_is_undone(valid: float, share: float, invalid: float) -> None:
    mixed = min((1 - share) * valid + share * invalid, 1.0)
    assert valid_rate(mixed, share, invalid) == pytest.approx(valid, abs=1e-9)
    low, high = valid_rate_bounds(mixed, share)
    assert low - 1e-9 <= valid <= high + 1e-9


def test_the_bounds_are_the_formula() -> None:
    assert valid_rate_bounds(0.4, 0.05) == pytest.approx((0.35 / 0.95, 0.4 / 0.95))
    assert valid_rate_bounds(0.4, 0.0) == (0.4, 0.4)


def test_the_rate_on_invalid_probes_gives_a_value_and_tighter_limits() -> None:
    audit = Audit(n_audited=100, n_invalid=8)
    bounds = corrected_for_invalid_probes(0.4, (0.35, 0.45), audit)
    known = corrected_for_invalid_probes(0.4, (0.35, 0.45), audit, rate_on_invalid=0.9)
    assert bounds.value is None
    assert known.value == pytest.approx((0.4 - 0.08 * 0.9) / 0.92)
    assert bounds.low <= known.low < known.value < known.high <= bounds.high
    assert bounds.low < 0.35 < 0.45 < bounds.high


def test_an_audit_that_found_nothing_still_leaves_a_doubt() -> None:
    share, (low, high) = Audit(n_audited=50, n_invalid=0).share()
    assert (share, low) == (0, 0)
    assert 0.05 < high < 0.08
    assert corrected_for_invalid_probes(0.4, (0.35, 0.45), Audit(n_audited=50, n_invalid=0)).low < 0.35


@pytest.mark.parametrize(("rate", "share", "invalid"), [(0.5, 1, 0.5), (1.2, 0.1, 0.5), (0.5, 0.1, -1), (0.5, -0.1, 0)])
def test_what_is_no_share_is_refused(rate: float, share: float, invalid: float) -> None:
    with pytest.raises(ValueError, match="need rates in"):
        valid_rate(rate, share, invalid)


@pytest.mark.parametrize(("n_audited", "n_invalid"), [(0, 0), (5, 6)])
def test_an_impossible_audit_is_refused(n_audited: int, n_invalid: int) -> None:
    with pytest.raises(ValueError, match="need n >= 1"):
        Audit(n_audited=n_audited, n_invalid=n_invalid).share()
