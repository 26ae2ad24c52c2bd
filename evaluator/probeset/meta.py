"""What set.toml says about a probe set."""

from __future__ import annotations

import tomllib
from pathlib import Path

import msgspec

from evaluator.errors import ProbeFileError
from evaluator.jsonl import describe
from evaluator.probeset.nearest import with_suggestion
from evaluator.set_records import Allowed, SetMeta


def read_set_meta(path: Path) -> SetMeta:
    """Read a set.toml.

    Raises:
        ProbeFileError: If it cannot be read, is not TOML, or has an unknown, missing or wrong key.
    """
    try:
        table = tomllib.loads(path.read_bytes().decode("utf-8-sig"))
        return msgspec.convert(table, SetMeta)
    except OSError as exc:
        raise ProbeFileError(f"{path}: cannot be read: {exc.strerror or exc}") from exc
    except UnicodeDecodeError as exc:
        byte = exc.object[exc.start]
        raise ProbeFileError(f"{path}: need UTF-8, got byte 0x{byte:02x} at offset {exc.start}") from exc
    except msgspec.ValidationError as exc:
        text = describe(exc)
        fields = (Allowed if text.startswith("allow") else SetMeta).__struct_fields__
        raise ProbeFileError(f"{path}: {with_suggestion(text, fields)}") from exc
    except ValueError as exc:
        raise ProbeFileError(f"{path}: need TOML: {exc}") from exc
    except RecursionError as exc:
        raise ProbeFileError(f"{path}: need flat TOML, got too many nested brackets") from exc
