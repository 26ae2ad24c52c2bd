from __future__ import annotations

from pathlib import Path

import pytest

from evaluator.errors import ProbeFileError
from evaluator.probeset import Allowed, SetMeta
from evaluator.probeset.meta import read_set_meta

FULL = """
name = "core"
version = "1.0"
licence = "CC-BY-4.0"
authors = ["A", "B"]
canary = "f1e2"
description = "d"
language = "en"
[[allow]]
code = "P301"
probe_id = "a"
why = "on purpose"
[[allow]]
code = "P101"
why = "either-or questions"
"""


def write(tmp_path: Path, content: str | bytes) -> Path:
    path = tmp_path / "set.toml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def test_all_keys_are_read(tmp_path: Path) -> None:
    expected = SetMeta(
        name="core",
        version="1.0",
        licence="CC-BY-4.0",
        authors=("A", "B"),
        canary="f1e2",
        description="d",
        language="en",
        allow=(Allowed(code="P301", probe_id="a", why="on purpose"), Allowed(code="P101", why="either-or questions")),
    )
    assert read_set_meta(write(tmp_path, FULL)) == expected
    assert read_set_meta(write(tmp_path, b"\xef\xbb\xbf" + FULL.replace("\n", "\r\n").encode())) == expected


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ('name = "x"\nlicense = "MIT"', [":2: ", "`license`", "did you mean `licence`?"]),
        ('name = "x"\ncanray = "MIT"', ["did you mean `canary`?"]),
        ('name = "x"\n[[allow]]\ncode = "P1"\nwhy = "y"\nprobeid = "z"', [":5: allow", "did you mean `probe_id`?"]),
        ('name = "x"\n[[allow]]\ncode = "P1"', [":2: allow", "missing required field `why`"]),
        ('version = "1"', ["set.toml: object missing required field `name`"]),
        ('name = " "', [":1: name: need text"]),
        ('name = "x"\nversion = 1', [":2: version", "expected `str", "got `int`"]),
        ('name = "x\nb = 1', [":1: need TOML"]),
        (b'name = "\xe9"', ["need UTF-8", "0xe9"]),
        ("name = " + "[" * 100_000, ["set.toml"]),
    ],
)
def test_a_wrong_set_toml_is_named_with_its_key(tmp_path: Path, content: str | bytes, expected: list[str]) -> None:
    path = write(tmp_path, content)
    with pytest.raises(ProbeFileError) as caught:
        read_set_meta(path)
    assert str(caught.value).startswith(f"{path}:")
    assert all(part in str(caught.value) for part in expected), str(caught.value)


def test_a_set_toml_that_cannot_be_opened_is_an_error_of_the_user(tmp_path: Path) -> None:
    with pytest.raises(ProbeFileError, match="cannot be read"):
        read_set_meta(tmp_path / "set.toml")
