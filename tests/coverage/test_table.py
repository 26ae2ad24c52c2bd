"""The table of scenarios is complete, and a short pass of it holds what the long one does."""

from __future__ import annotations

import math

import pytest

from tests.coverage.table import SCENARIOS, Scenario
from tests.stats.test_oracles import COVERAGE

SHORT, LONG = 200, 4000
WITHOUT_CHANCE = {"cov_wilson_iid", "cov_clopper_pearson", "NEG_shared_calibration_sign_reversal"}
by_name = pytest.mark.parametrize("row", SCENARIOS, ids=lambda row: row.name)


def test_every_specified_scenario_is_in_the_table() -> None:
    assert {row.name.partition(" (")[0] for row in SCENARIOS} == COVERAGE.keys()


@by_name
def test_a_short_pass_holds(row: Scenario) -> None:
    if row.name in WITHOUT_CHANCE:
        slack = 0.0
    else:
        expected = min(max((row.least + row.most) / 2, 0.05), 0.95)
        slack = 3.5 * math.sqrt(expected * (1 - expected) / SHORT)
    assert row.least - slack <= row.run(SHORT) <= row.most + slack


@pytest.mark.slow
@by_name
def test_the_long_pass_holds(row: Scenario) -> None:
    assert row.least <= row.run(LONG) <= row.most
