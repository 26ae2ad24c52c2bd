"""Functions, parameters, exceptions, constants, modules and command-line options, real and invented."""

from __future__ import annotations

from collections.abc import Iterator

from evaluator.probeset.families.code_choices import module_choice, name_choice, option_choice, parameter_choice
from evaluator.probeset.families.code_facts import Library, Signature, code_facts, is_plain
from evaluator.probeset.families.draw import Draw
from evaluator.probeset.families.pairs import Pair, PairFamily

_ORDINALS = {2: "second", 3: "third", 4: "fourth", 5: "fifth"}


def seen(how: str, version: str) -> str:
    """Return where a fact comes from."""
    return f"{how} in {version}, seen on {code_facts().taken}"


def default_of_parameter(draw: Draw) -> Iterator[Pair]:
    """Ask for the default of a parameter; the twin has the name of a parameter of another function."""
    wordings = (
        "In {version}, what is the default value of the parameter `{parameter}` of `{path}`?",
        "Which default does the parameter `{parameter}` of `{path}` have in {version}?",
        "What value does `{parameter}` take in {version} when `{path}` is called without it?",
        "`{path}` of {version} has a parameter `{parameter}`. What is its default?",
    )
    for library, signature in _callables(draw):
        others = [name for other in library.callables for name in other.defaults]
        others = [name for name in others if name not in signature.parameters.split()]
        parameter, absent = draw.pick(tuple(signature.defaults)), draw.pick(others)
        wording, version = draw.pick(wordings), f"{library.library} {library.version}"
        value = signature.defaults[parameter]
        yield Pair(
            question=wording.format(version=version, path=signature.path, parameter=parameter),
            twin_question=wording.format(version=version, path=signature.path, parameter=absent),
            targets=(value,),
            match="number" if value.lstrip("-").replace(".", "").replace("e-", "").isdigit() else "text",
            reason="nonexistent",
            why=f"`{signature.path}` has no parameter `{absent}`; it has {', '.join(signature.parameters.split())}.",
            source=seen(f"inspect.signature({signature.path})", version),
            about=signature.path.lower(),
        )


def parameter_at(draw: Draw) -> Iterator[Pair]:
    """Ask for the n-th parameter of a function; the twin function of the same library has fewer."""
    wordings = (
        "What is the name of the {nth} parameter of `{path}` in {version}, not counting self?",
        "In {version}, which parameter of `{path}` comes {nth}, self not counted?",
        "Leaving self out, which is the {nth} parameter in the signature of `{path}` ({version})?",
    )
    for library, signature in _callables(draw):
        names = signature.parameters.split()
        place = draw.pick(tuple(_ORDINALS))
        short = [other for other in library.callables if 1 < len(other.parameters.split()) < place]
        if len(names) < place or len(names[place - 1]) < 3 or not short:
            continue
        if any(name in names[place - 1].split("_") for name in names[: place - 1] + names[place:]):
            # An answer `right` would be a part of the right one, `right_on`.
            continue
        other, wording = draw.pick(short), draw.pick(wordings)
        version, nth = f"{library.library} {library.version}", _ORDINALS[place]
        yield Pair(
            question=wording.format(nth=nth, path=signature.path, version=version),
            twin_question=wording.format(nth=nth, path=other.path, version=version),
            targets=(names[place - 1],),
            distractors=tuple(name for name in names if name != names[place - 1] and len(name) > 2),
            match="text",
            reason="false_premise",
            why=f"`{other.path}` has only the parameters {', '.join(other.parameters.split())}.",
            source=seen(f"inspect.signature({signature.path})", version),
            twin_source=seen(f"inspect.signature({other.path})", version),
        )


def module_of_name(draw: Draw) -> Iterator[Pair]:
    """Ask which module offers a name; in the twin no module of the library does."""
    wordings = (
        "Which module of {version} offers the name `{name}`?",
        "In {version}, from which module is `{name}` imported?",
        "To import `{name}` in {version}, which module does one take it from?",
    )
    entries = [(library, entry) for library in code_facts().libraries for entry in library.names]
    for library, entry in draw.shuffled(entries):
        wording, version = draw.pick(wordings), f"{library.library} {library.version}"
        yield Pair(
            question=wording.format(version=version, name=entry.name),
            twin_question=wording.format(version=version, name=entry.absent),
            targets=(entry.module, *entry.also.split()),
            match="text",
            reason="nonexistent",
            why=f"No public module of {version} has `{entry.absent}`.",
            source=seen(f"dir({entry.module})", version),
            twin_source=seen("dir() of all modules that were looked at", version),
            about=entry.name.lower(),
        )


def base_of_exception(draw: Draw) -> Iterator[Pair]:
    """Ask for the direct base of an exception; the twin exception does not exist."""
    wordings = (
        "In {version}, which class is the direct base of the exception `{path}`?",
        "From which class does `{path}` inherit directly in {version}?",
        "What is the immediate parent class of `{path}` in {version}?",
    )
    entries = [(library, entry) for library in code_facts().libraries for entry in library.exceptions]
    for library, entry in draw.shuffled(entries):
        wording, version = draw.pick(wordings), f"{library.library} {library.version}"
        yield Pair(
            question=wording.format(version=version, path=entry.path),
            twin_question=wording.format(version=version, path=entry.absent),
            targets=(entry.base,),
            match="text",
            reason="nonexistent",
            why=f"There is no `{entry.absent}` in {version}.",
            source=seen(f"{entry.path}.__bases__", version),
            twin_source=seen(f"No attribute {entry.absent}", version),
            about=entry.path.lower(),
        )


def value_of_constant(draw: Draw) -> Iterator[Pair]:
    """Ask for the number behind a constant; the twin constant does not exist."""
    wordings = (
        "Which integer is `{path}` in {version}?",
        "What is the integer value of `{path}` in {version}?",
        "In {version}, to which whole number is `{path}` equal?",
    )
    version = f"Python {code_facts().python}"
    for entry in draw.shuffled(code_facts().constants):
        wording = draw.pick(wordings)
        yield Pair(
            question=wording.format(version=version, path=entry.path),
            twin_question=wording.format(version=version, path=entry.absent),
            targets=(entry.value,),
            match="number",
            reason="nonexistent",
            why=f"There is no `{entry.absent}` in {version}.",
            source=seen(f"int({entry.path})", version),
            twin_source=seen(f"No attribute {entry.absent}", version),
            about=entry.path.lower(),
        )


def long_option(draw: Draw) -> Iterator[Pair]:
    """Ask for the long form of a short option; the twin is another tool of the suite, which refuses the letter."""
    wordings = (
        "Which long option of `{tool}` ({version}) means the same as `-{letter}`?",
        "In {version}, what is the long form of the option `-{letter}` of `{tool}`?",
        "How is `-{letter}` of `{tool}` ({version}) written as a long option?",
    )
    entries = [
        (suite, tool, letter)
        for suite in code_facts().suites
        for tool in suite.tools
        for letter in tool.options
        if is_plain(tool.options[letter])
    ]
    for suite, tool, letter in draw.shuffled(entries):
        refusing = [other for other in suite.tools if letter in other.no_letters]
        if not refusing:
            continue
        other, wording, version = draw.pick(refusing), draw.pick(wordings), f"{suite.suite} {suite.version}"
        yield Pair(
            question=wording.format(tool=tool.tool, letter=letter, version=version),
            twin_question=wording.format(tool=other.tool, letter=letter, version=version),
            targets=(f"--{tool.options[letter]}",),
            distractors=tuple(f"--{long}" for short, long in tool.options.items() if short != letter),
            match="text",
            reason="nonexistent",
            why=f"`{other.tool}` has no option -{letter} and refuses it.",
            source=seen(f"Help text of {tool.tool}", version),
            twin_source=seen(f"`{other.tool} -{letter}` ends in an error", version),
        )


def _callables(draw: Draw) -> list[tuple[Library, Signature]]:
    return draw.shuffled([(library, entry) for library in code_facts().libraries for entry in library.callables])


FAMILY = PairFamily(
    name="code",
    version="2",
    topic="software",
    summary="Parameters, names, exceptions and options of Python, its libraries and shell tools; introspected.",
    kinds=(
        default_of_parameter,
        module_of_name,
        value_of_constant,
        option_choice,
        parameter_at,
        base_of_exception,
        long_option,
        parameter_choice,
        name_choice,
        module_choice,
    ),
)
