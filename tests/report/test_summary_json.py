from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import msgspec
import pytest

from evaluator.errors import EvaluatorError
from evaluator.records import Counts, Summary
from evaluator.report import read_summary, summary_bytes
from tests.report import example


def changed(**fields: Any) -> bytes:
    contents = json.loads(summary_bytes(example.one_model()))
    return json.dumps({**contents, **fields}).encode()


def refusal(data: bytes) -> str:
    with pytest.raises(EvaluatorError) as caught:
        read_summary(data, "baseline.json")
    return str(caught.value)


@pytest.mark.parametrize("build", [example.one_model, example.two_models, example.twenty_models, example.undefined])
def test_what_is_written_is_read_back_equal(build: Any) -> None:
    summary = build()
    assert read_summary(summary_bytes(summary), "summary.json") == summary


def test_the_summary_of_two_models_is_the_golden_one(golden: Any) -> None:
    golden("summary.json", summary_bytes(example.two_models()))


def test_equal_summaries_give_equal_bytes_whatever_the_order_of_names() -> None:
    summary = example.two_models()
    first = summary.results[0]
    turned = msgspec.structs.replace(
        first,
        outcomes=dict(reversed(first.outcomes.items())),
        counts={name: first.counts[name] for name in reversed(first.counts)},
        tallies=dict(reversed(first.tallies.items())),
    )
    other = msgspec.structs.replace(summary, results=(turned, summary.results[1]))
    assert other == summary
    assert summary_bytes(other) == summary_bytes(summary)


def test_a_whole_number_gives_the_same_bytes_as_int_and_as_float() -> None:
    summary = example.one_model()
    first = summary.results[0]
    estimates = tuple(msgspec.structs.replace(e, numerator=float(e.numerator)) for e in first.estimates)
    assert any(type(e.numerator) is int for e in first.estimates)
    other = msgspec.structs.replace(summary, results=(msgspec.structs.replace(first, estimates=estimates),))
    assert summary_bytes(other) == summary_bytes(summary)


def test_the_order_of_models_is_kept() -> None:
    read = read_summary(summary_bytes(example.twenty_models()), "x")
    assert [r.model for r in read.results] == [r.model for r in example.twenty_models().results]


def test_the_file_is_ascii_indented_by_two_and_ends_in_one_newline() -> None:
    data = summary_bytes(msgspec.structs.replace(example.one_model(), notes=("naïve \U0001f642\x1b",)))
    assert data.isascii()
    assert data.startswith(b'{\n  "manifest": {\n    "run_id"')
    assert data.endswith(b"}\n")
    assert not data.endswith(b"\n\n")
    assert rb"na\u00efve \ud83d\ude42\u001b" in data
    assert read_summary(data, "x").notes == ("naïve \U0001f642\x1b",)


def test_floats_are_written_as_python_writes_them() -> None:
    third = msgspec.structs.replace(example.one_model().results[0].latency, median_s=1 / 3, p95_s=1e-07)
    result = msgspec.structs.replace(example.one_model().results[0], latency=third)
    data = summary_bytes(example.summary_of(result))
    assert b'"median_s": 0.3333333333333333,' in data
    assert b'"p95_s": 1e-07,' in data


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_numbers_json_cannot_hold_are_refused_with_their_place(bad: float) -> None:
    latency = msgspec.structs.replace(example.one_model().results[0].latency, p95_s=bad)
    result = msgspec.structs.replace(example.one_model().results[0], latency=latency)
    with pytest.raises(ValueError, match=r"\$\.results\[0\]\.latency\.p95_s: need a finite number"):
        summary_bytes(example.summary_of(result))


def test_a_nan_deep_in_the_configuration_is_refused() -> None:
    summary = example.one_model()
    manifest = msgspec.structs.replace(summary.manifest, config={"a": [{"b": math.nan}]})
    with pytest.raises(ValueError, match=r"\$\.manifest\.config\.a\[0\]\.b"):
        summary_bytes(msgspec.structs.replace(summary, manifest=manifest))


def test_half_a_surrogate_pair_is_refused_rather_than_written_unreadable() -> None:
    summary = msgspec.structs.replace(example.one_model(), probes={"\ud800": "00"})
    with pytest.raises(ValueError, match="half a surrogate pair"):
        summary_bytes(summary)


def test_a_newer_major_is_refused_naming_both() -> None:
    message = refusal(changed(schema="evaluator/summary/2"))
    assert message.startswith("baseline.json: need schema evaluator/summary/1, got 'evaluator/summary/2'")
    assert "newer evaluator" in message


def test_a_newer_major_is_refused_even_when_its_fields_are_unknown() -> None:
    assert "newer evaluator" in refusal(b'{"schema": "evaluator/summary/12", "brand_new": 1}')


@pytest.mark.parametrize(
    "schema", ["evaluator/manifest/1", "evaluator/summary/0", "evaluator/summary/", "x" * 5000, "\x1b[31m"]
)
def test_another_schema_is_refused_without_advice_to_upgrade(schema: str) -> None:
    message = refusal(changed(schema=schema))
    assert "need schema evaluator/summary/1, got '" in message
    assert "upgrade" not in message
    assert len(message) < 300
    assert "\x1b" not in message


def test_a_file_that_names_no_schema_is_refused() -> None:
    assert "got none: this is not a summary.json" in refusal(b"{}")


def test_unknown_fields_are_refused_by_name() -> None:
    assert "surprise" in refusal(changed(surprise=1))


def test_hostile_field_and_file_names_are_escaped_in_the_message() -> None:
    with pytest.raises(EvaluatorError) as caught:
        read_summary(changed(**{"\x1b[31m" + "x" * 9999: 1}), "dir/\x1b]0;title\x07.json")
    message = str(caught.value)
    assert message.startswith(r"dir/\x1b]0;title\x07.json: ")
    assert message.isprintable()
    assert len(message) < 400


def test_a_wrong_type_is_refused_with_its_place() -> None:
    assert refusal(changed(notes=[1])).startswith("baseline.json: notes[0]: expected `str`, got `int`")


@pytest.mark.parametrize(
    "data", [b"", b"not json", b"\xff\xfe", b'{"schema": NaN}', b"[" * 100_000, b'{"schema": "evaluator/summary/1"'],
    ids=["empty", "words", "bytes", "nan", "deep", "torn"],
)  # fmt: skip
def test_damaged_files_are_refused_naming_the_file(data: bytes) -> None:
    assert refusal(data).startswith("baseline.json: ")


def test_the_format_is_pinned_to_the_record() -> None:
    assert Summary.__struct_config__.omit_defaults is False
    assert set(json.loads(summary_bytes(example.one_model()))) == set(Summary.__struct_fields__)
    assert Counts.__struct_config__.omit_defaults is False


EARLIER = sorted((Path(__file__).resolve().parent.parent / "golden" / "summaries").glob("*.json"))


@pytest.mark.parametrize("path", EARLIER, ids=lambda path: path.stem)
def test_summaries_of_earlier_versions_are_read(path: Path) -> None:
    summary = read_summary(path.read_bytes(), path.name)
    assert summary.schema_version == path.stem
    assert summary.results[0].estimates


def test_a_newer_minor_version_says_that_it_is_newer() -> None:
    contents = {**json.loads(EARLIER[0].read_bytes()), "schema_version": "1.99.0", "invention": 1}
    with pytest.raises(EvaluatorError, match=r"1\.99\.0.*upgrade"):
        read_summary(json.dumps(contents).encode(), "s.json")
