"""What set.toml says about a probe set."""

from __future__ import annotations

import tomllib
from pathlib import Path

import msgspec

from evaluator.errors import ProbeFileError
from evaluator.jsonl import describe
from evaluator.probeset.nearest import with_suggestion
from evaluator.set_records import Allowed, SetMeta
from evaluator.toml_lines import place_of, syntax_error


def read_set_meta(path: Path) -> SetMeta:
    """Read a set.toml.

    Raises:
        ProbeFileError: If it cannot be read, is not TOML, or has an unknown, missing or wrong key.
    """
    text = ""
    try:
        text = path.read_bytes().decode("utf-8-sig")
        return msgspec.convert(tomllib.loads(text), SetMeta)
    except OSError as exc:
        raise ProbeFileError(f"{path}: cannot be read: {exc.strerror or exc}") from exc
    except UnicodeDecodeError as exc:
        byte = exc.object[exc.start]
        raise ProbeFileError(f"{path}: need UTF-8, got byte 0x{byte:02x} at offset {exc.start}") from exc
    except msgspec.ValidationError as exc:
        message = describe(exc)
        fields = (Allowed if message.startswith("allow") else SetMeta).__struct_fields__
        raise ProbeFileError(f"{place_of(message, text, str(path))}: {with_suggestion(message, fields)}") from exc
    except ValueError as exc:
        raise ProbeFileError(syntax_error(exc, str(path))) from exc
    except RecursionError as exc:
        raise ProbeFileError(f"{path}: need flat TOML, got too many nested brackets") from exc
