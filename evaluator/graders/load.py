"""Find a grader by name: built in, or installed by another package."""

from __future__ import annotations

from importlib.metadata import entry_points

from evaluator.errors import ConfigError
from evaluator.graders.cascade import STEPS, Cascade
from evaluator.protocols import Grader

ENTRY_POINT_GROUP = "evaluator.graders"
_DEFAULT = "cascade-4"


def default_grader() -> Grader:
    """Return the grader that is used when none is named."""
    return Cascade(_DEFAULT, STEPS)


def load_grader(name: str) -> Grader:
    """Return the grader called `name`.

    An entry point of the group `evaluator.graders` names a function without arguments that returns a grader.

    Raises:
        ConfigError: If no grader has that name, or the one installed cannot be loaded.
    """
    if name == _DEFAULT:
        return default_grader()
    installed = {point.name: point for point in entry_points(group=ENTRY_POINT_GROUP)}
    if name not in installed:
        msg = f"need a grader out of {', '.join([_DEFAULT, *sorted(installed)])}, got {name!r}"
        raise ConfigError(msg)
    try:
        grader: Grader = installed[name].load()()
    except (ImportError, AttributeError, TypeError) as exc:
        msg = f"grader {name!r} from {installed[name].value} cannot be loaded: {exc}"
        raise ConfigError(msg) from exc
    return grader
