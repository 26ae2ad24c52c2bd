"""What was seen when libraries and tools were looked at: the table behind the family `code`.

Nothing of it is needed to be installed when probes are made; `tests/probeset/families/code_snapshot.py`
took the table and takes it again.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import msgspec

from evaluator.records import Record


class Signature(Record, frozen=True):
    """A function, method or class whose parameters are known completely."""

    path: str
    parameters: str
    """In order, parted by spaces, without self."""
    defaults: dict[str, str]
    """Of the parameters whose default is a number or a short word."""


class Name(Record, frozen=True):
    """A name with the module that offers it, and a like name that the library does not have."""

    name: str
    module: str
    absent: str
    also: str = ""
    """Other modules that list the same name, parted by spaces: right answers too."""


class ExceptionClass(Record, frozen=True):
    """An exception with its one direct base, and a like exception that does not exist."""

    path: str
    base: str
    absent: str


class Constant(Record, frozen=True):
    """A whole-number constant, and a like constant that does not exist."""

    path: str
    value: str
    absent: str


class Library(Record, frozen=True):
    """A library at the version that was looked at."""

    library: str
    version: str
    callables: tuple[Signature, ...]
    names: tuple[Name, ...]
    exceptions: tuple[ExceptionClass, ...]


class Tool(Record, frozen=True):
    """A command with the options that have a short and a long form."""

    tool: str
    options: dict[str, str]
    """Long form by letter; letters that also exist in the other case are left out."""
    absent: tuple[str, ...]
    """Options of other tools that it refuses."""
    no_letters: tuple[str, ...]
    """Letters that it refuses as short options, in both cases."""


class Suite(Record, frozen=True):
    """Commands that come together, at the version that was looked at."""

    suite: str
    version: str
    tools: tuple[Tool, ...]


class Modules(Record, frozen=True):
    """Modules of the standard library of Python, and names of none."""

    real: tuple[str, ...]
    absent: tuple[str, ...]


class CodeFacts(Record, frozen=True):
    """The whole table."""

    taken: str
    """ISO date."""
    libraries: tuple[Library, ...]
    constants: tuple[Constant, ...]
    suites: tuple[Suite, ...]
    modules: Modules

    @property
    def python(self) -> str:
        """The version of Python that was looked at."""
        return self.libraries[0].version


@cache
def code_facts() -> CodeFacts:
    """Return the table."""
    data = files("evaluator.probeset.families").joinpath("tables", "code.json").read_bytes()
    return msgspec.json.decode(data, type=CodeFacts)


def is_plain(option: str) -> bool:
    """Whether a long option holds no negation, which an answer would seem to make of itself.

    >>> is_plain("invert-match"), is_plain("no-clobber")
    (True, False)
    """
    return "no" not in option.split("-")
