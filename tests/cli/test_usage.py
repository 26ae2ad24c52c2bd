"""A command line that cannot be read: one line, exit code 2, and where to read on."""

from __future__ import annotations

from pathlib import Path

import pytest

from evaluator.cli.app import app
from evaluator.cli.usage import UsageError, usage_line
from tests.cli.command import evaluator


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["run", "--sample", "ten"], "--sample: need a whole number, got 'ten'; see evaluator run --help"),
        (["run", "--max-usd", "$5"], "--max-usd: need a number, got '$5'; see evaluator run --help"),
        (
            ["probes", "import", "x.csv", "--sample", "0"],
            "--sample: need at least 1, got '0'; see evaluator probes import --help",
        ),
        (["run", "--smaple", "3"], "no such option: --smaple; did you mean --sample?; see evaluator run --help"),
        (["report"], "missing argument 'RUN'; see evaluator report --help"),
        (["reprot"], "no such command 'reprot'; did you mean 'report'?; see evaluator --help"),
    ],
)
def test_one_line_says_what_was_wanted_and_what_came(arguments: list[str], says: str) -> None:
    with pytest.raises(UsageError) as caught:
        app(arguments, prog_name="evaluator", standalone_mode=False)
    assert usage_line(caught.value) == says


def test_the_line_goes_to_stderr_and_the_exit_code_is_2(tmp_path: Path) -> None:
    done = evaluator("run", "--sample", "\x1b[31mred", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: --sample: need a whole number, got '")
    assert done.stderr.count("\n") == 1
    assert "\x1b" not in done.stderr


def test_a_group_without_a_command_shows_its_help(tmp_path: Path) -> None:
    done = evaluator("probes", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith("Usage: evaluator probes")
