"""Questions on code with options to choose from; in the twin none of the options exists."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from evaluator.probeset.families.code_facts import Tool, code_facts, is_plain
from evaluator.probeset.families.draw import Draw
from evaluator.probeset.families.pairs import Pair

N_CHOICES = 4


def option_choice(draw: Draw) -> Iterator[Pair]:
    """Ask which long option a tool has; the others are options of other tools, which it refuses."""
    wordings = (
        "Which of these long options does `{tool}` of {version} have?",
        "Which of the following options does `{tool}` ({version}) accept?",
        "One of these is an option of `{tool}` in {version}. Which one?",
    )
    entries = [(suite, tool) for suite in code_facts().suites for tool in suite.tools]
    entries = [(suite, tool) for suite, tool in entries if _plain(tool) and len(tool.absent) >= N_CHOICES]
    while True:
        suite, tool = draw.pick(entries)
        version = f"{suite.suite} {suite.version}"
        question = draw.pick(wordings).format(tool=tool.tool, version=version)
        real = f"--{draw.pick(_plain(tool))}"
        absent = [f"--{name}" for name in draw.sample(tool.absent, N_CHOICES)]
        yield _pair(draw, question, real, absent, (f"Help text of {tool.tool}", version))


def _plain(tool: Tool) -> list[str]:
    return [option for option in tool.options.values() if is_plain(option)]


def parameter_choice(draw: Draw) -> Iterator[Pair]:
    """Ask which parameter a function has; the others are parameters of other functions of the library."""
    wordings = (
        "Which of these is a parameter of `{path}` in {version}?",
        "Which of the following parameters does `{path}` have in {version}?",
        "`{path}` of {version} takes one of these parameters. Which one?",
    )
    entries = [(library, signature) for library in code_facts().libraries for signature in library.callables]
    for library, signature in draw.shuffled(entries):
        own = signature.parameters.split()
        askable = [name for name in own if len(name) > 1]
        others = {name for other in library.callables for name in other.parameters.split() if len(name) > 1} - set(own)
        if not askable or len(others) < N_CHOICES:
            continue
        version = f"{library.library} {library.version}"
        question = draw.pick(wordings).format(path=signature.path, version=version)
        absent = draw.sample(sorted(others), N_CHOICES)
        yield _pair(draw, question, draw.pick(askable), absent, (f"inspect.signature({signature.path})", version))


def name_choice(draw: Draw) -> Iterator[Pair]:
    """Ask which name a module has; the others are invented."""
    wordings = (
        "Which of these names can be imported from `{module}` in {version}?",
        "Which of the following does `{module}` offer in {version}?",
        "Only one of these names is in `{module}` of {version}. Which one?",
    )
    entries = [(library, entry) for library in code_facts().libraries for entry in library.names]
    for library, entry in draw.shuffled(entries):
        absent = [other.absent for other in library.names if other.module == entry.module and other != entry]
        if len(absent) < N_CHOICES:
            continue
        version = f"{library.library} {library.version}"
        question = draw.pick(wordings).format(module=entry.module, version=version)
        yield _pair(draw, question, entry.name, draw.sample(absent, N_CHOICES), (f"dir({entry.module})", version))


def module_choice(draw: Draw) -> Iterator[Pair]:
    """Ask which module the standard library has; the others are packages of others or nobody's."""
    wordings = (
        "Which of these modules belongs to the standard library of {version}?",
        "Which of the following ships with {version} as part of its standard library?",
        "One of these is a module of the standard library of {version}. Which one?",
    )
    version = f"Python {code_facts().python}"
    while True:
        question = draw.pick(wordings).format(version=version)
        real, absent = draw.pick(code_facts().modules.real), draw.sample(code_facts().modules.absent, N_CHOICES)
        yield _pair(draw, question, real, absent, ("sys.stdlib_module_names", version))


def _pair(draw: Draw, question: str, real: str, absent: Sequence[str], seen: tuple[str, str]) -> Pair:
    """Return twins with the same question, whose options differ in one."""
    at = draw.below(N_CHOICES)
    how, version = seen
    return Pair(
        question=question,
        twin_question=question,
        targets=(real,),
        match="choice",
        choices=tuple(real if place == at else name for place, name in enumerate(absent)),
        twin_choices=tuple(absent),
        reason="false_premise",
        why=f"None of the options is right; {absent[at]} stands in the place of {real}.",
        source=f"{how} in {version}, seen on {code_facts().taken}",
    )
