"""What is shown when a model is gone."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from evaluator.providers.alternatives import Alternatives, names_in, near_names
from evaluator.providers.routing import Host
from evaluator.providers.wires.reading import Reading
from evaluator.records import Failure

AT = datetime(2026, 11, 24, tzinfo=UTC)
LISTING = json.dumps({"data": [{"id": "gpt-5.5"}, {"id": "gpt-5.4-mini"}, {"id": 7}, "x"]}).encode()


def told(failure: Failure | None, *hosts: str) -> str | None:
    reading = Reading(outcome="failed", detail="gone", failure=failure)
    found = Alternatives("gpt-5.4", LISTING, [Host(name=tag, tag=tag) for tag in hosts])(reading, AT)
    return found.failure and found.failure.message


def test_hosts_that_the_settings_leave_out_come_before_other_models() -> None:
    gone = Failure(kind="halted", message="gone", status=404)
    assert told(gone, "deepinfra", "together") == "gone; hosts that [privacy] leaves out offer it: deepinfra, together"
    assert told(gone) == "gone; near its name there are gpt-5.5, gpt-5.4-mini: another model is another run"


@pytest.mark.parametrize(
    "failure",
    [
        None,
        Failure(kind="halted", message="m", status=401),
        Failure(kind="transient", message="m", status=404),
        Failure(kind="halted", message="m"),
    ],
)
def test_other_failures_get_no_hint(failure: Failure | None) -> None:
    assert told(failure, "deepinfra") == (None if failure is None else "m")


@pytest.mark.parametrize("listing", [b"", b"<html>", b"[]", b'{"data": 7}', b'{"models": [{"name": "models/g"}]}'])
def test_any_listing_is_read(listing: bytes) -> None:
    assert names_in(listing) == (["g"] if b"models/" in listing else [])


def test_a_large_catalogue_without_a_like_name_says_nothing() -> None:
    assert near_names("zzz", [f"model-{n}" for n in range(100)]) == ""
