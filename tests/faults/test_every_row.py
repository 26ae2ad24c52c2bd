"""The catalogue of faults, row by row: each has a test, or says why it cannot happen here."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parent.parent
N_ROWS = 124
KILL_9 = (
    "test_end_to_end.py::test_kill_9_in_mid_run_and_resume_give_the_same_summary_and_pay_twice_only_what_was_in_flight"
)

ELSEWHERE: dict[int, str] = {
    2: "run/lanes/test_lane.py::test_an_outage_of_an_hour_costs_no_request_its_attempts",
    6: "test_hostile_runs.py::test_a_login_page_in_mid_run_halts_and_leaves_the_rest_to_resume",
    10: "run/lanes/test_lane.py::test_an_outage_of_an_hour_costs_no_request_its_attempts",
    19: "run/lanes/test_lane.py::test_a_wish_longer_than_the_patience_halts_and_says_when_to_resume",
    21: "providers/test_wait_hints.py::test_a_sound_hint_is_read",
    22: "providers/test_wait_hints.py::test_every_form_of_a_hint_is_read",
    24: "providers/test_prices.py::test_the_hour_of_the_request_decides_where_the_price_does",
    25: "contracts/test_model_slugs.py::test_what_would_be_dropped_or_refused_is_refused_here",
    29: "run/test_engine.py::test_a_lane_halts_on_the_first_refused_key_and_others_go_on",
    30: "run/lanes/test_lane.py::test_a_key_that_worked_is_looked_at_once_more",
    39: "run/lanes/test_lane.py::test_a_storm_of_429_is_one_pause_one_cut_and_one_probe",
    43: "run/lanes/test_lane.py::test_a_server_that_loads_its_model_is_waited_for_patiently",
    44: "run/lanes/test_lane.py::test_an_overload_of_twenty_minutes_is_sat_out_with_few_requests",
    66: "providers/wires/test_recorded_replies.py::test_a_thinking_block_that_never_ends_is_no_answer",
    69: "providers/wires/test_recorded_replies.py::test_minimax_codes_in_a_200",
    70: "providers/wires/test_openai_chat.py::test_odd_usage_is_unknown_never_zero",
    72: "contracts/test_api_providers.py::test_an_answer_of_another_model_is_kept_but_not_graded",
    73: "contracts/test_api_providers.py::test_an_answer_of_an_excluded_host_is_kept_but_not_graded",
    78: "run/test_plan.py::test_the_target_is_never_sent",
    79: "graders/judge/test_fence.py::test_an_attack_stays_in_its_block",
    80: "test_judge_end_to_end.py::test_a_judge_without_a_vote_leaves_the_response_ungraded",
    89: KILL_9,
    90: "journal/test_journal.py::test_append_returns_only_after_fsync",
    91: "test_end_to_end.py::test_a_signal_saves_says_how_to_resume_and_loses_nothing",
    93: KILL_9,
    95: "journal/test_rundir.py::test_a_failed_write_leaves_the_old_content",
    97: "test_hostile_runs.py::test_changed_targets_under_an_old_run_id_are_refused",
    98: "cli/test_bad_input.py::test_a_bad_probe_file_names_line_and_field",
    99: "cli/test_bad_input.py::test_a_bad_probe_file_names_line_and_field",
    101: "cli/test_bad_input.py::test_bad_usage_is_one_line",
    102: "run/test_plan.py::test_the_id_is_stable_over_versions",
    103: "cli/test_output.py::test_output_is_utf_8_whatever_the_locale_says",
    104: "cli/test_output.py::test_a_run_needs_no_stderr",
    106: "contracts/test_all_graders.py::test_a_megabyte_of_hostile_text_costs_bounded_work",
    120: "run/lanes/test_limit.py::test_a_storm_of_refusals_is_one_cut",
    121: "run/test_engine.py::test_a_lane_halts_on_the_first_refused_key_and_others_go_on",
}
NEVER: dict[int, str] = {
    12: "only HTTP/1.1 is spoken: no streams share a connection",
    75: "an answer of another request looks like any answer; only an echo in the text, which no model owes, could tell",
    81: "no request asks for a stream (see rows_81_to_87); a body that is one is malformed (row 47)",
    82: "no stream is read: a body is decoded as a whole",
    83: "no stream is read: an error event inside a body makes it malformed (row 47)",
    84: "no stream is read",
    85: "no stream is read",
    86: "no stream is read; the total deadline holds for every body (row 16)",
    87: "no stream is read: a body of events is malformed (row 47)",
    88: "no stream is read; an attempt cut off by a second signal counts as maybe paid (row 89)",
}


def named_rows() -> set[int]:
    """The rows that have a test of their name, anywhere."""
    found: set[int] = set()
    for path in TESTS.rglob("test_*.py"):
        text = path.read_text(encoding="utf-8")
        found |= {int(number) for number in re.findall(r"^(?:async )?def test_row_(\d+)_", text, re.MULTILINE)}
    return found


def test_every_row_has_a_test_or_a_reason() -> None:
    covered = named_rows() | set(ELSEWHERE) | set(NEVER)
    assert sorted(set(range(1, N_ROWS + 1)) - covered) == []
    assert named_rows() <= set(range(1, N_ROWS + 1))
    assert not set(NEVER) & (named_rows() | set(ELSEWHERE)), "what has a test can happen"


@pytest.mark.parametrize("row", ELSEWHERE)
def test_a_test_that_stands_elsewhere_is_there(row: int) -> None:
    name, _, test = ELSEWHERE[row].partition("::")
    text = (TESTS / name).read_text(encoding="utf-8")
    assert re.search(rf"^(?:async )?def {test}\(", text, re.MULTILINE), ELSEWHERE[row]
