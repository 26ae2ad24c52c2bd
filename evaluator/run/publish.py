"""A run as others may have it: its files with their hashes, with or without the texts of answers.

Without texts every answer, reasoning, quotation and reply of a judge is replaced by its SHA-256. The
probes, labels, verdicts and numbers stay, so the numbers can be computed again by anybody, and who
has the texts can prove that they are the ones.
"""

from __future__ import annotations

import shutil
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import msgspec

from evaluator import __version__
from evaluator.errors import ConfigError, JournalError
from evaluator.gold_labels import WITHHELD, text_sha256
from evaluator.journal import Answered, FailedAttempt, RunDirectory
from evaluator.journal.entries import Entry, Torn
from evaluator.journal.seal import SEALED, read_hashes, seal_files
from evaluator.journal.verdicts import MAX_LINE_BYTES
from evaluator.jsonl import decode_line, encode_line, read_records
from evaluator.records import Failure, Response, Verdict
from evaluator.verification import BUNDLE_SCHEMA, Bundle

T = TypeVar("T")
BUNDLE = "bundle.json"
_LONGEST_AGO = (1980, 1, 1, 0, 0, 0)


def publish(directory: RunDirectory, target: Path, *, with_text: bool) -> Bundle:
    """Write a bundle of the run.

    Args:
        directory: Of the run; it is not changed.
        target: A new folder, or a new file that ends in .zip.
        with_text: Whether the texts of answers go with it.

    Raises:
        ConfigError: If the target exists or cannot be written.
        JournalError: If a file of the run is damaged.
    """
    if target.exists():
        raise ConfigError(f"--publish {target}: need a name that does not exist yet")
    run_id = directory.read_manifest().run_id
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{target.name}-") as name:
            folder = Path(name) / "bundle"
            folder.mkdir()
            _copy(directory, folder, with_text=with_text)
            bundle = Bundle(run_id=run_id, evaluator=__version__, has_text=with_text, files=seal_files(folder))
            (folder / BUNDLE).write_bytes(msgspec.json.format(encode_line(bundle), indent=1))
            if target.suffix == ".zip":
                _zip(folder, Path(name) / "bundle.zip").replace(target)
            else:
                folder.replace(target)
    except OSError as exc:
        raise ConfigError(f"--publish {target}: cannot be written: {exc.strerror}") from exc
    return bundle


def read_bundle(folder: Path) -> Bundle | None:
    """Read bundle.json; None when the folder is a run itself.

    Raises:
        JournalError: If it is damaged.
    """
    return read_hashes(folder / BUNDLE, Bundle, BUNDLE_SCHEMA)


def withheld(text: str) -> str:
    """The hash that stands for a text; nothing stays nothing.

    >>> withheld("Canberra")[:16], withheld("")
    ('sha256:b36f06bee', '')
    """
    return f"{WITHHELD}{text_sha256(text)}" if text else ""


def _copy(directory: RunDirectory, folder: Path, *, with_text: bool) -> None:
    rewritten: dict[str, Callable[[Path], Iterator[bytes]]] = {}
    if not with_text:
        rewritten = {"journal.jsonl": _journal_lines, "judgements.jsonl": _journal_lines, "verdicts.jsonl": _verdicts}
    for name in SEALED:
        source = directory.path / name
        if not source.is_file():
            continue
        if name in rewritten:
            with (folder / name).open("wb") as stream:
                stream.writelines(rewritten[name](source))
        else:
            shutil.copyfile(source, folder / name)


def _journal_lines(path: Path) -> Iterator[bytes]:
    decoder = msgspec.json.Decoder(Entry)
    with path.open("rb") as stream:
        for line in stream:
            try:
                entry = decode_line(line, decoder)
            except ValueError:
                # Cut off by a crash: it holds nothing but a part of a text.
                continue
            if not isinstance(entry, Torn):
                yield encode_line(_without_text(entry))


def _without_text(entry: Entry) -> Entry:
    if isinstance(entry, Answered):
        return msgspec.structs.replace(entry, response=_response(entry.response))
    if isinstance(entry, FailedAttempt):
        return msgspec.structs.replace(entry, failure=_failure(entry.failure))
    return entry


def _response(response: Response) -> Response:
    return msgspec.structs.replace(
        response,
        text=withheld(response.text),
        reasoning=withheld(response.reasoning),
        detail=withheld(response.detail) if response.detail else response.detail,
        failure=_failure(response.failure) if response.failure else None,
    )


def _failure(failure: Failure) -> Failure:
    return msgspec.structs.replace(failure, message=withheld(failure.message))


def _verdicts(path: Path) -> Iterator[bytes]:
    for _, verdict in read_records(path, Verdict, JournalError, max_line_bytes=MAX_LINE_BYTES):
        yield encode_line(msgspec.structs.replace(verdict, evidence=withheld(verdict.evidence)))


def _zip(folder: Path, target: Path) -> Path:
    """Pack a bundle; equal files give equal bytes."""
    with zipfile.ZipFile(target, "w", compression=zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.iterdir()):
            info = zipfile.ZipInfo(path.name, date_time=_LONGEST_AGO)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            with path.open("rb") as source, archive.open(info, "w", force_zip64=True) as sink:
                shutil.copyfileobj(source, sink)
    return target


def unpack(archive: Path, folder: Path) -> None:
    """Unpack a published .zip: the files that a bundle has, and nothing else.

    Args:
        archive: Of a stranger, perhaps.
        folder: An empty folder.

    Raises:
        JournalError: If it is no such archive.
    """
    names = {BUNDLE, *SEALED}
    try:
        with zipfile.ZipFile(archive) as found:
            strange = sorted({info.filename for info in found.infolist()} - names)
            if strange:
                raise JournalError(f"{archive}: need the files of a bundle only, got {strange[0][:80]!a}")
            for info in found.infolist():
                with found.open(info) as source, (folder / info.filename).open("wb") as sink:
                    shutil.copyfileobj(source, sink)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError) as exc:
        raise JournalError(f"{archive}: need a .zip of a bundle: {exc}") from exc
    except OSError as exc:
        raise JournalError(f"{archive}: cannot be read: {exc.strerror or exc}") from exc
