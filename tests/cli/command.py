"""Run the command line as a user does: another process, a fresh folder, no keys."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

KEPT = ("PATH", "HOME", "LANG", "TMPDIR", "SYSTEMROOT", "VIRTUAL_ENV")


def environment(extra: dict[str, str] | None = None) -> dict[str, str]:
    """The environment of a user without keys."""
    return {name: os.environ[name] for name in KEPT if name in os.environ} | {"COLUMNS": "80"} | (extra or {})


def command(*arguments: str) -> list[str]:
    """The words of the command line."""
    return [sys.executable, "-m", "evaluator", *arguments]


def evaluator(
    *arguments: str, cwd: Path, env: dict[str, str] | None = None, timeout_s: float = 60
) -> subprocess.CompletedProcess[str]:
    """Run `evaluator ARGUMENTS` to its end."""
    return subprocess.run(
        command(*arguments),
        cwd=cwd,
        env=environment(env),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=timeout_s,
        check=False,
    )
