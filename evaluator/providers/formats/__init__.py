"""Answers recorded by other tools: from the name of a format to its reader.

    native          answers.jsonl, our own lines
    inspect         a log of Inspect, .json or .eval
    lm-eval         samples_TASK_DATE.jsonl of the LM Evaluation Harness
    promptfoo       results of promptfoo, .json or .jsonl

Third parties add formats through the entry-point group `evaluator.importers`: the entry's name is
the name of the format, its object a `Reader`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib.metadata import entry_points
from pathlib import Path

from evaluator.errors import ConfigError
from evaluator.providers.formats import inspect, lm_eval, promptfoo
from evaluator.providers.recorded import read_native, refuse_duplicates
from evaluator.records import RecordedAnswer

Reader = Callable[[Path], Iterator[tuple[int, RecordedAnswer]]]
"""Yields (number, answer) of a file; the number of the line or sample is for messages."""

ENTRY_POINT_GROUP = "evaluator.importers"
NATIVE = "native"
READERS: dict[str, Reader] = {
    NATIVE: read_native,
    "inspect": inspect.read,
    "lm-eval": lm_eval.read,
    "promptfoo": promptfoo.read,
}


def find_reader(name: str) -> Reader:
    """Return the reader of the format called `name`.

    Raises:
        ConfigError: If there is no such format, or the one installed cannot be loaded.
    """
    if name in READERS:
        return READERS[name]
    installed = {point.name: point for point in entry_points(group=ENTRY_POINT_GROUP)}
    if name not in installed:
        known = ", ".join([*READERS, *sorted(set(installed) - set(READERS))])
        raise ConfigError(f"--from: need a format out of {known}, got {name!r}")
    try:
        reader: Reader = installed[name].load()
    except (ImportError, AttributeError) as exc:
        raise ConfigError(f"--from: {name!r} from {installed[name].value} cannot be loaded: {exc}") from exc
    return reader


def read_format(path: Path, name: str) -> Iterator[tuple[int, RecordedAnswer]]:
    """Yield (number, answer) of a file in the format called `name`, each question answered once.

    Raises:
        ConfigError: If the format is not known.
        AnswersFileError: Naming file, line or sample, and field.
    """
    unit = "line" if name == NATIVE else "sample"
    return refuse_duplicates(path, find_reader(name)(path), unit=unit)
