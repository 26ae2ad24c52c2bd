from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from evaluator.errors import ConfigError
from evaluator.records import Probe, Request, Sampling
from evaluator.report import json_schema, summary_bytes
from evaluator.report.schemas import COMMITTED_SUMMARY, RECORDS
from tests.report import example


def validator(name: str) -> Any:
    jsonschema = pytest.importorskip("jsonschema")
    return jsonschema.Draft202012Validator(json.loads(json_schema(name)))


@pytest.mark.parametrize("name", RECORDS)
def test_every_schema_is_valid_strict_and_described(name: str) -> None:
    schema = json.loads(json_schema(name))
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    validator(name).check_schema(schema)
    for definition in schema["$defs"].values():
        assert definition["additionalProperties"] is False
        assert definition["description"]


def test_the_committed_schema_of_the_summary_is_the_generated_one(golden: Any) -> None:
    golden(COMMITTED_SUMMARY.name, json_schema("summary"), COMMITTED_SUMMARY.parent)


@pytest.mark.parametrize("build", [example.two_models, example.twenty_models, example.undefined, example.hostile])
def test_summaries_fit_their_schema(build: Any) -> None:
    validator("summary").validate(json.loads(summary_bytes(build())))


@pytest.mark.parametrize("fields", [{"schema": "evaluator/summary/2"}, {"surprise": 1}, {"results": {}}])
def test_what_is_not_a_summary_does_not_fit(fields: dict[str, Any]) -> None:
    contents = {**json.loads(summary_bytes(example.one_model())), **fields}
    assert not validator("summary").is_valid(contents)


def test_fields_are_described_as_in_the_source() -> None:
    properties = json.loads(json_schema("summary"))["$defs"]["Estimate"]["properties"]
    assert properties["value"]["description"] == "None when the denominator is zero; a note says so."
    assert "description" not in properties["slice"]


def test_a_summary_must_name_its_schema() -> None:
    contents = json.loads(summary_bytes(example.one_model()))
    del contents["schema"]
    assert not validator("summary").is_valid(contents)


def test_records_as_written_fit_their_schema() -> None:
    probe = Probe(probe_id="p", question="Who?", targets=("me",))
    request = Request(
        request_id="r", probe_id="p", model="m", prompt="none", repeat=0, messages=(), sampling=Sampling(seed=1)
    )
    manifest = example.one_model().manifest
    for name, record in (("probe", probe), ("request", request), ("manifest", manifest)):
        validator(name).validate(json.loads(msgspec.json.encode(record)))


@pytest.mark.parametrize("name", ["", "probes", "Summary", "\x1b[31m", "x" * 9999])
def test_an_unknown_name_is_refused_with_the_known_ones(name: str) -> None:
    with pytest.raises(ConfigError, match=f"need one of {', '.join(RECORDS)}, got") as e:
        json_schema(name)
    assert len(str(e.value)) < 200 + len(", ".join(RECORDS))
    assert "\x1b" not in str(e.value)


@pytest.mark.parametrize(
    ("fields", "fits"),
    [
        ({"targets": ["t"]}, True),
        ({"unanswerable": "future", "targets": []}, True),
        ({}, False),
        ({"targets": []}, False),
        ({"targets": ["t"], "unanswerable": "future"}, False),
        ({"targets": ["t"], "unanswerable": None}, True),
    ],
)
def test_a_probe_has_targets_or_a_reason(fields: dict[str, Any], fits: bool) -> None:
    assert validator("probe").is_valid({"probe_id": "p", "question": "q", **fields}) == fits
