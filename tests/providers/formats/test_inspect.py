from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from evaluator.errors import AnswersFileError
from evaluator.providers.formats import inspect, read_format
from evaluator.records import RecordedAnswer, Usage

LOG = Path(__file__).with_name("inspect.json")
HEADER = {"version": 2, "status": "success", "eval": {"model": "acme/large-1"}}


def answers(path: Path) -> list[RecordedAnswer]:
    return [answer for _, answer in read_format(path, "inspect")]


def sample(stop_reason: str = "stop", text: str = "Canberra.", **output: Any) -> dict[str, Any]:
    choices = [{"message": {"role": "assistant", "content": text}, "stop_reason": stop_reason}]
    return {"id": "a", "epoch": 1, "output": {"completion": text, "choices": choices} | output}


def write_json(path: Path, *samples: object, **fields: Any) -> Path:
    path.write_text(json.dumps(HEADER | {"samples": samples} | fields), encoding="utf-8")
    return path


def write_archive(
    path: Path, *samples: dict[str, Any], header: str = "header.json", compression: int = zipfile.ZIP_DEFLATED
) -> Path:
    with zipfile.ZipFile(path, "w", compression) as archive:
        for number, one in enumerate(samples, start=1):
            archive.writestr(f"samples/{number}_epoch_1.json", json.dumps(one))
        archive.writestr(header, json.dumps(HEADER))
    return path


def test_every_sample_of_a_log_becomes_an_answer() -> None:
    found = [(a.probe_id, a.repeat, a.finish_reason, a.text) for a in answers(LOG)]
    assert found == [
        ("canberra", 0, "stop", "Canberra."),
        ("atlantis", 0, "stop", "I don't know."),
        ("everest", 0, "length", "K2 is often thought"),
        ("canberra", 1, "refusal", "I can't help with that."),
        ("atlantis", 1, "stop", "Atlantis has 5,000 inhabitants."),
        ("everest", 1, "error", ""),
        ("canberra", 2, "content_filter", ""),
        ("atlantis", 2, "stop", ""),
        ("everest", 2, "stop", "Mount Everest"),
    ]
    assert {answer.model for answer in answers(LOG)} == {"acme/large-1"}


def test_cached_tokens_are_part_of_the_prompt() -> None:
    first, second = answers(LOG)[:2]
    assert first.usage == Usage(prompt_tokens=32, completion_tokens=3, cached_tokens=8, reasoning_tokens=1)
    assert second.usage is None


@pytest.mark.parametrize(
    ("one", "finish_reason"),
    [
        (sample("model_length"), "length"),
        (sample("max_tokens"), "length"),
        (sample("content_filter", error="policy"), "content_filter"),
        (sample("tool_calls", ""), "tool_calls"),
        (sample("unknown"), "unknown"),
        (sample("unknown", "", error="bad gateway"), "error"),
        (sample(choices=[]), "error"),
        (sample(fallback={"model": "acme/small-1"}), "error"),
        ({"id": "a"}, "error"),
    ],
)
def test_why_the_text_ended_is_kept(tmp_path: Path, one: dict[str, Any], finish_reason: str) -> None:
    assert answers(write_json(tmp_path / "log.json", one))[0].finish_reason == finish_reason


def test_a_number_as_id_is_a_probe_id(tmp_path: Path) -> None:
    assert answers(write_json(tmp_path / "log.json", sample() | {"id": 7}))[0].probe_id == "7"


@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA])
@pytest.mark.parametrize("header", ["header.json", "_journal/start.json"])
def test_an_archive_is_read_like_a_document(tmp_path: Path, compression: int, header: str) -> None:
    samples = [sample(), sample("max_tokens") | {"id": "b"}]
    archive = write_archive(tmp_path / "log.eval", *samples, header=header, compression=compression)
    assert answers(archive) == answers(write_json(tmp_path / "log.json", *samples))


def test_an_archive_is_known_by_its_content(tmp_path: Path) -> None:
    assert len(answers(write_archive(tmp_path / "log.json", sample()))) == 1


def test_an_unknown_compression_says_how_to_convert(tmp_path: Path) -> None:
    path = write_archive(tmp_path / "log.eval", sample(), compression=zipfile.ZIP_STORED)
    data = bytearray(path.read_bytes())
    for signature, offset in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
        at = data.find(signature)
        while at >= 0:
            data[at + offset : at + offset + 2] = (99).to_bytes(2, "little")
            at = data.find(signature, at + 4)
    path.write_bytes(data)
    with pytest.raises(AnswersFileError, match=r"inspect log convert --to json --output-dir DIR log\.eval"):
        answers(path)


def test_an_archive_that_unpacks_to_too_much_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inspect, "MAX_BYTES", 20_000)
    fits = [sample(text="a" * 8_000), sample() | {"id": "b"}]
    assert len(answers(write_archive(tmp_path / "fits.eval", *fits))) == 2
    bomb = [sample(text="a" * 8_000), sample(text="a" * 8_000) | {"id": "b"}]
    with pytest.raises(AnswersFileError, match=r"samples/2_epoch_1\.json: need at most [\d,]+ bytes"):
        answers(write_archive(tmp_path / "bomb.eval", *bomb))


def test_a_size_that_lies_does_not_open_the_door(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inspect, "MAX_BYTES", 20_000)
    path = write_archive(tmp_path / "log.eval", sample(text="a" * 30_000))
    data = bytearray(path.read_bytes())
    at = data.find(b"PK\x01\x02")
    data[at + 24 : at + 28] = (10).to_bytes(4, "little")
    path.write_bytes(data)
    with pytest.raises(AnswersFileError, match=r"log\.eval"):
        answers(path)


def test_nothing_outside_the_samples_is_read(tmp_path: Path) -> None:
    path = write_archive(tmp_path / "log.eval", sample())
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("../../samples/x.json", "no JSON")
        archive.writestr("/samples/x.json", "no JSON")
        archive.writestr("summaries.json", "no JSON")
    assert len(answers(path)) == 1
    assert [entry.name for entry in tmp_path.iterdir()] == ["log.eval"]


def test_a_damaged_archive_is_refused(tmp_path: Path) -> None:
    path = write_archive(tmp_path / "log.eval", sample(), sample() | {"id": "b"})
    whole = path.read_bytes()
    path.write_bytes(whole[:-30])
    with pytest.raises(AnswersFileError, match=r"need a whole \.eval log"):
        answers(path)
    flipped = bytearray(whole)
    flipped[whole.find(b"samples/1_epoch_1.json") + 40] ^= 0xFF
    path.write_bytes(flipped)
    with pytest.raises(AnswersFileError, match=r"log\.eval"):
        answers(path)


def test_an_archive_without_header_is_no_log(tmp_path: Path) -> None:
    with pytest.raises(AnswersFileError, match=r"need an Inspect log with header\.json"):
        answers(write_archive(tmp_path / "log.eval", sample(), header="other.json"))


@pytest.mark.parametrize(
    ("one", "says"),
    [
        (sample() | {"id": None}, r"log\.json:2: id: need the probe_id as the id of every sample"),
        (sample() | {"id": True}, r"log\.json:2: id: expected"),
        (sample() | {"epoch": 0}, r"log\.json:2: epoch: expected `int` >= 1"),
        (sample() | {"epoch": 10**9}, r"log\.json:2: epoch: expected `int` <= 100000"),
        (sample(completion=7), r"log\.json:2: output\.completion: expected `str`, got `int`"),
        (7, r"log\.json:2: expected `object`, got `int`"),
        (sample() | {"id": "first"}, r"log\.json:2: need one answer .* \(first on sample 1\)"),
    ],
)
def test_a_bad_sample_is_named(tmp_path: Path, one: object, says: str) -> None:
    with pytest.raises(AnswersFileError, match=says):
        answers(write_json(tmp_path / "log.json", sample() | {"id": "first"}, one))


def test_a_log_without_samples_is_refused(tmp_path: Path) -> None:
    path = write_json(tmp_path / "log.json", samples=None)
    with pytest.raises(AnswersFileError, match="need at least one answer"):
        answers(path)
