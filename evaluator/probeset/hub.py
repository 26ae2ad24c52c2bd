"""Rows of a data set, through `datasets`: from the Hugging Face hub, or from a local file."""

from __future__ import annotations

import csv
import gzip
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from evaluator.errors import ProbeFileError
from evaluator.jsonl import open_binary
from evaluator.probeset.recipe import FileLayout, HubSource

KINDS = {".json": "json", ".jsonl": "json", ".csv": "csv", ".tsv": "csv", ".parquet": "parquet"}
HUB_TIMEOUT_S = 15.0
"""How long the hub may take to say that it is there."""
MAX_HEADER_BYTES = 1_000_000
MAX_UNPACKED_BYTES = 1_000_000_000
"""What a .gz may unpack to; `datasets` itself would unpack whatever is in it."""

Row = dict[str, Any]


@contextmanager
def file_rows(path: Path, layout: FileLayout) -> Iterator[Iterator[Row]]:
    """Open the rows of a JSON, JSON lines, CSV or Parquet file, perhaps ending in .gz.

    Everything in a CSV is text: 007 stays 007, and N/A stays N/A.

    Args:
        path: Of the file.
        layout: Where in it the rows are.

    Raises:
        ProbeFileError: If it cannot be read; one line that names the file.
    """
    suffixes = [suffix.lower() for suffix in path.suffixes if suffix.lower() != ".gz"]
    kind = KINDS.get(suffixes[-1] if suffixes else "")
    if kind is None:
        raise ProbeFileError(f"{path}: need a file ending in {', '.join(KINDS)} (or .gz), got {path.name!r}")
    if not path.is_file():
        raise ProbeFileError(f"{path}: no such file")
    if path.suffix.lower() == ".gz":
        _refuse_bomb(path)
    options: dict[str, Any] = {"data_files": path.as_posix(), "split": "train"}
    if kind == "csv":
        options |= _csv_options(path, layout, "\t" if suffixes[-1] == ".tsv" else ",")
    elif kind == "json" and layout.field is not None:
        options["field"] = layout.field
    # Nothing of a local file is kept in the cache of the hub.
    with tempfile.TemporaryDirectory(prefix="evaluator-import-") as cache:
        with _quietly(str(path)):
            import datasets

            found = datasets.load_dataset(kind, cache_dir=cache, **options)
        yield iter(found)


def _refuse_bomb(path: Path) -> None:
    n_bytes = 0
    try:
        with gzip.open(path, "rb") as stream:
            while block := stream.read(1 << 20):
                n_bytes += len(block)
                if n_bytes > MAX_UNPACKED_BYTES:
                    raise ProbeFileError(f"{path}: need at most {MAX_UNPACKED_BYTES:,} bytes unpacked, got more")
    except (OSError, EOFError, zlib.error) as exc:
        raise ProbeFileError(f"{path}: cannot be read: {exc}") from exc


@contextmanager
def hub_rows(source: HubSource) -> Iterator[Iterator[Row]]:
    """Open the rows of a data set on the hub; what was fetched before is taken from the cache.

    No script of a data set is ever run.

    Raises:
        ProbeFileError: If the hub cannot be reached or has no such data set; one line.
    """
    with _quietly(f"hub:{source.dataset}"):
        import datasets
        from huggingface_hub import HfApi
        from huggingface_hub.errors import OfflineModeIsEnabled

        # With HF_HUB_OFFLINE the cache may hold it.
        with suppress(OfflineModeIsEnabled):
            HfApi().dataset_info(source.dataset, timeout=HUB_TIMEOUT_S)
        found = datasets.load_dataset(
            source.dataset,
            source.config,
            split=source.split,
            data_files=list(source.data_files) or None,
            download_config=datasets.DownloadConfig(max_retries=1),
        )
    yield iter(found)


@contextmanager
def _quietly(where: str) -> Iterator[None]:
    """Turn what `datasets` and the hub raise into one line, and keep their bars and warnings back."""
    import datasets
    from huggingface_hub import logging as hub_logging
    from huggingface_hub.errors import HfHubHTTPError

    datasets.disable_progress_bars()
    datasets.logging.set_verbosity_error()
    hub_logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    # The second base is the root of the HTTP client's own errors, whichever client this version has.
    roots = [kind for kind in HfHubHTTPError.__mro__[1:2] if issubclass(kind, Exception)]
    raised: tuple[type[Exception], ...] = (OSError, ValueError, datasets.exceptions.DatasetsError, *roots)
    try:
        yield
    except raised as exc:
        said = _one_line(exc)
        hint = _hint(said, exc) if where.startswith("hub:") else ""
        raise ProbeFileError(f"{where}: cannot be read: {said}{hint}") from exc


_ON_THE_WAY = {"TransportError", "ConnectionError", "Timeout", "LocalEntryNotFoundError"}
"""Errors of the network, in the words of each HTTP client that the hub's library has used."""


def _hint(said: str, exc: BaseException | None) -> str:
    if "OfflineMode" in said:
        return "; it was not fetched before, and HF_HUB_OFFLINE is set"
    while exc is not None:
        names = {kind.__name__ for kind in type(exc).__mro__}
        if names & _ON_THE_WAY:
            return "; the hub does not answer: try later, or name a file that you downloaded"
        exc = exc.__cause__
    return ""


def _one_line(exc: BaseException) -> str:
    # `datasets` wraps what really happened.
    cause = exc.__cause__ if exc.__cause__ is not None and "generating the dataset" in str(exc) else exc
    text = " ".join(str(cause).split())
    return f"{type(cause).__name__}: {text}"[:400]


def _csv_options(path: Path, layout: FileLayout, separator: str) -> dict[str, Any]:
    import datasets

    try:
        with open_binary(path) as stream:
            head = stream.read(MAX_HEADER_BYTES).decode("utf-8-sig", "replace").splitlines(keepends=True)
        names = next(csv.reader(head[layout.skip_lines :], delimiter=separator), [])
    except (OSError, EOFError, csv.Error) as exc:
        raise ProbeFileError(f"{path}: cannot be read: {exc}") from exc
    if not names or len(set(names)) < len(names):
        raise ProbeFileError(f"{path}:{layout.skip_lines + 1}: need different names of columns, got {names[:20]!r}")
    features = datasets.Features({name: datasets.Value("string") for name in names})
    return {
        "features": features,
        "sep": separator,
        "skiprows": layout.skip_lines,
        "keep_default_na": False,
        "encoding": "utf-8-sig",
    }
