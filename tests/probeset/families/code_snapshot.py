"""Look at the real thing: signatures, exceptions, constants and options for the family `code`.

`python tests/probeset/families/code_snapshot.py` writes `evaluator/probeset/families/tables/code.json`
anew from what is installed, at versions that it notes. Names said to be absent are looked for
in the library, and options said to be absent are given to the tool, which must refuse them.
"""

from __future__ import annotations

import builtins
import importlib
import importlib.util
import inspect
import json
import pkgutil
import platform
import re
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from enum import Enum
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from evaluator.probeset.families.draw import Draw

TABLE = Path(__file__).resolve().parents[3] / "evaluator/probeset/families/tables/code.json"


def listed(text: str) -> list[str]:
    """Return the words of a text; a list with one word a line would fill a page."""
    return text.split()


STDLIB = listed("""
argparse ast asyncio base64 bisect bz2 calendar cmath codecs collections colorsys concurrent.futures configparser
contextlib copy csv ctypes.util dataclasses datetime decimal difflib dis email email.utils filecmp fileinput fnmatch
fractions ftplib functools gettext glob graphlib gzip hashlib heapq hmac html http.client http.cookiejar http.cookies
http.server imaplib importlib importlib.metadata importlib.util inspect io ipaddress itertools json keyword linecache
locale logging logging.config logging.handlers lzma mailbox math mimetypes multiprocessing netrc numbers operator os
os.path pathlib pickle pickletools pkgutil platform plistlib poplib pprint profile pstats queue quopri random re
reprlib runpy sched secrets selectors shelve shlex shutil signal site smtplib socket socketserver sqlite3 ssl stat
statistics string stringprep struct subprocess sys sysconfig tarfile tempfile textwrap threading time timeit tokenize
trace traceback tracemalloc types typing unicodedata unittest unittest.mock urllib.error urllib.parse urllib.request
urllib.robotparser uuid venv warnings wave weakref webbrowser wsgiref.util xml.dom.minidom xml.etree.ElementTree
xml.sax.saxutils xmlrpc.client zipapp zipfile zipimport zlib zoneinfo
""")
LIBRARIES = {
    "Python": STDLIB,
    "NumPy": ["numpy", "numpy.linalg", "numpy.fft", "numpy.testing", "numpy.lib.stride_tricks"],
    "pandas": ["pandas", "pandas.api.types", "pandas.testing"],
    "scikit-learn": listed("""
        sklearn.cluster sklearn.compose sklearn.datasets sklearn.decomposition sklearn.ensemble
        sklearn.feature_extraction.text sklearn.feature_selection sklearn.impute sklearn.inspection
        sklearn.linear_model sklearn.manifold sklearn.metrics sklearn.mixture sklearn.model_selection
        sklearn.naive_bayes sklearn.neighbors sklearn.neural_network sklearn.preprocessing sklearn.svm
        sklearn.tree
    """),
    "httpx": ["httpx"],
}
PACKAGES = {"NumPy": "numpy", "pandas": "pandas", "scikit-learn": "scikit-learn", "httpx": "httpx"}
OWNERS = {
    "Python": ["str", "bytes", "pathlib.Path", "argparse.ArgumentParser", "datetime.datetime", "sqlite3.Connection"],
    "pandas": ["pandas.DataFrame", "pandas.Series"],
    "httpx": ["httpx.Client", "httpx.Response"],
}
MOST_CALLABLES = {"Python": 170, "NumPy": 70, "pandas": 90, "scikit-learn": 110, "httpx": 25}
NAMESPACES = listed("""
http.HTTPStatus curses.ascii zlib zipfile logging calendar subprocess pickle lzma smtplib imaplib poplib ftplib
http.client tarfile sqlite3 datetime gzip re ssl.AlertDescription xml.dom.Node token ast wave
""")
COREUTILS = listed("""
ls cp mv rm mkdir sort uniq head tail cut wc du df date touch cat ln tee split paste nl shuf od
""")
GIT = listed("""
commit add branch checkout clone fetch log merge pull push rebase reset stash status tag diff show
""")
TOOLS = {"GNU grep": ["grep"], "GNU tar": ["tar"], "GNU diffutils": ["diff", "cmp"], "GNU findutils": ["xargs"],
         "curl": ["curl"], "GNU sed": ["sed"]}  # fmt: skip
# Names of one word, and what a model might make of them; checked like all the others.
ONE_WORD = {
    "namedtuple": "namedlist", "deepcopy": "deepclone", "urlparse": "urlslice", "mkdtemp": "mkdtree",
    "copytree": "linktree", "heappush": "heapinsert", "rmtree": "rmlinks", "dataclass": "dataenum",
    "getpass": "getpin", "urlopen": "urlread", "insort": "insearch", "lru_cache": "mru_cache",
    "fsum": "fprod", "getsizeof": "getlenof", "urljoin": "urlmerge", "parseaddr": "parsemail",
    "quantiles": "pentiles", "Counter": "Tallier", "OrderedDict": "ShuffledDict", "ChainMap": "ChainSet",
}  # fmt: skip
ENDINGS = {"Error", "Warning", "Exception", "PORT", "FORMAT"}
# Neither is a module of the standard library: packages of others, and names that nobody uses for one.
NO_MODULES = listed("""
stringtools dicttools listtools mathutils filetools datelib jsonlib textlib hashtools pathtools netlib threadlib
ziptools csvlib regextools randomlib timetools urltools logtools osutils sockettools htmltools graphtools cachetools
sorttools copytools typelib testlib memlib queuetools streamlib bytestools requests yaml simplejson dateutil tomlkit
chardet toolz attrs pendulum unidecode tabulate colorama psutil msgpack ujson regex jsonschema markdown filelock retry
setuplib argtools envlib processlib maillib ftptools statlib fractools heaptools bisectlib enumtools warnlib codetools
""")
_SIMPLE = re.compile(r"[A-Za-z][A-Za-z0-9_-]{2,}")
_PARTS = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])|_")


def resolve(path: str) -> Any:
    """Return the object with this dotted path, importing what must be imported."""
    parts = path.split(".")
    for cut in range(len(parts), 0, -1):
        try:
            found: Any = importlib.import_module(".".join(parts[:cut]))
        except ImportError:
            continue
        for part in parts[cut:]:
            found = getattr(found, part)
        return found
    return getattr(builtins, parts[0]) if len(parts) == 1 else getattr(getattr(builtins, parts[0]), parts[1])


def exists(path: str) -> bool:
    """Whether a dotted path leads to anything."""
    try:
        resolve(path)
    except (AttributeError, ImportError):
        return False
    return True


def member(owner: Any, name: str) -> Any:
    """Return a member, or None where a library offers it only on request."""
    try:
        return getattr(owner, name, None)
    except ImportError:
        return None


def version_of(library: str) -> str:
    return platform.python_version() if library == "Python" else version(PACKAGES[library])


def public(owner: Any) -> list[str]:
    """Return the public names that belong to a module or class."""
    names = getattr(owner, "__all__", None) or [name for name in dir(owner) if not name.startswith("_")]
    return sorted(name for name in names if not name.startswith("_"))


def signature_of(thing: Any) -> inspect.Signature | None:
    try:
        return inspect.signature(thing)
    except (ValueError, TypeError):
        return None


def parameters_of(path: str) -> dict[str, str | None] | None:
    """Return names of parameters and simple defaults, or None where others could be accepted too."""
    thing = resolve(path)
    signature = signature_of(thing)
    # Enumerations show the parameters of the functional form, which nobody calls.
    is_enumeration = inspect.isclass(thing) and issubclass(thing, Enum)
    if signature is None or is_enumeration:
        return None
    found: dict[str, str | None] = {}
    for name, parameter in signature.parameters.items():
        if parameter.kind in {parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL} or name.startswith("_"):
            return None
        if name not in {"self", "cls"}:
            found[name] = simple(parameter.default)
    return found


def simple(value: Any) -> str | None:
    """Return a default that an answer can state: a number or a short word."""
    if isinstance(value, bool | Enum):
        return None
    if isinstance(value, int | float) and abs(value) < 10**7 and value == value:
        return f"{value:g}" if float(f"{value:g}") == value else None
    return value if isinstance(value, str) and _SIMPLE.fullmatch(value) else None


def callables(library: str) -> list[dict[str, Any]]:
    """Return callables of a library whose parameters are known completely."""
    found = {}
    for module in LIBRARIES[library]:
        owner = resolve(module)
        for name in public(owner):
            thing, path = member(owner, name), f"{module}.{name}"
            home = getattr(thing, "__module__", "") or ""
            if not callable(thing) or (library == "Python" and home.split(".")[0].strip("_") != module.split(".")[0]):
                continue
            found[path] = parameters_of(path)
    for owner_path in OWNERS.get(library, []):
        owner = resolve(owner_path)
        for name in public(owner):
            if callable(member(owner, name)):
                found[f"{owner_path}.{name}"] = parameters_of(f"{owner_path}.{name}")
    usable = [
        {"path": path, "parameters": " ".join(parameters), "defaults": {k: v for k, v in parameters.items() if v}}
        for path, parameters in sorted(found.items())
        if parameters and len(parameters) >= 2 and any(parameters.values())
    ]
    return sorted(Draw(f"code/{library}").shuffled(usable)[: MOST_CALLABLES[library]], key=lambda row: str(row["path"]))


def words_of(name: str) -> list[str]:
    return [part for part in _PARTS.findall(name) if part != "_"]


def renamed(name: str, others: list[str], draw: Draw, is_free: Callable[[str], bool]) -> str | None:
    """Exchange one word of a name for the word in the same place of a like name, so that nothing has the result."""
    if name in ONE_WORD:
        return ONE_WORD[name] if is_free(ONE_WORD[name]) else None
    parts = _PARTS.findall(name)
    words = [at for at, part in enumerate(parts) if part != "_" and part not in ENDINGS]
    if "".join(parts) != name or len(parts) < 2 or not words:
        return None
    like = [_PARTS.findall(other) for other in others if len(_PARTS.findall(other)) == len(parts)]
    for _ in range(60):
        at, model = draw.pick(words), draw.pick(like)
        fits = len(model[at]) > 2 and model[at] not in ENDINGS and shape(model[at]) == shape(parts[at])
        other = "".join([*parts[:at], model[at], *parts[at + 1 :]])
        if fits and other != name and len(set(words_of(other))) == len(words_of(other)) and is_free(other):
            return other
    return None


def shape(word: str) -> tuple[bool, bool]:
    return word[0].isupper(), word.isupper()


def other_homes(name: str, module: str) -> list[str]:
    """Return the modules of the standard library, other than `module` and its parts, that list a name as theirs."""
    return [other for other in listing_modules() if name in LISTED[other] and not f"{other}.".startswith(f"{module}.")]


LISTED: dict[str, frozenset[str]] = {}
UNLISTED = {"__main__", "antigravity", "idlelib", "lib2to3", "test", "this", "turtledemo"}


def listing_modules() -> list[str]:
    """Import what can be imported of the standard library, and note what it lists in `__all__`."""
    if not LISTED:
        roots = sorted(name for name in sys.stdlib_module_names - UNLISTED if not name.startswith("_"))
        for root in roots:
            for name in [root, *submodules(root)]:
                try:
                    LISTED[name] = frozenset(getattr(importlib.import_module(name), "__all__", ()))
                except (ImportError, OSError):
                    continue
    return sorted(LISTED)


def submodules(root: str) -> list[str]:
    """Return the public modules of a package."""
    spec = importlib.util.find_spec(root)
    places = spec.submodule_search_locations if spec else None
    inside = pkgutil.iter_modules(places, f"{root}.") if places else ()
    return [module.name for module in inside if not module.name.split(".")[-1].startswith(("_", "test"))]


@lru_cache
def inner_names(library: str) -> frozenset[str]:
    """Return every name that a module of the library has or lists, also of modules that are not asked about."""
    if library == "Python":
        return frozenset(name for module in listing_modules() for name in LISTED[module])
    package = importlib.import_module(LIBRARIES[library][0].split(".")[0])
    found = set(dir(package))
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}.", onerror=lambda name: None):
        if not any(part.startswith(("test", "conftest", "__main__")) for part in module.name.split(".")):
            with suppress(ImportError, OSError, AttributeError):
                found |= set(vars(importlib.import_module(module.name)))
    return frozenset(found)


def names_of(library: str) -> list[dict[str, Any]]:
    """Return names with the one module that offers them, each beside a name that no module of the library has."""
    homes: dict[str, list[str]] = {}
    for module in LIBRARIES[library]:
        owner = resolve(module)
        for name in public(owner):
            thing = member(owner, name)
            own = (getattr(thing, "__module__", "") or "").strip("_").startswith(module.strip("_").split(".")[0])
            if callable(thing) and own and not inspect.ismodule(thing):
                homes.setdefault(name, []).append(module)
    everything = {name for module in LIBRARIES[library] for name in dir(resolve(module))} | set(dir(builtins))
    draw = Draw(f"code/names/{library}")
    rows, used = [], set(everything)
    for name in draw.shuffled(sorted(homes)):
        if len(homes[name]) > 1 or homes[name][0] == "builtins" or len(name) < 4:
            continue
        absent = renamed(name, sorted(homes), draw, lambda other: other not in used and not exists(other))
        if absent and absent in inner_names(library):
            known = used | inner_names(library)
            stream = Draw(f"code/names/{library}/{name}")
            absent = renamed(name, sorted(homes), stream, lambda other, at=known: other not in at and not exists(other))
        if absent:
            used.add(absent)
            also = other_homes(name, homes[name][0]) if library == "Python" else []
            rows.append(
                {"name": name, "module": homes[name][0], "absent": absent} | ({"also": " ".join(also)} if also else {})
            )
    return sorted(rows[: 2 * MOST_CALLABLES[library]], key=lambda row: row["name"])


def thing_root(thing: object) -> str:
    """Return the package that a class says it is from."""
    return str(getattr(thing, "__module__", "")).split(".")[0]


def exceptions_of(library: str) -> list[dict[str, str]]:
    """Return exceptions with their one direct base, each beside an exception that does not exist."""
    found: dict[str, type] = {}
    for module in (*LIBRARIES[library], *(["builtins"] if library == "Python" else ["numpy.exceptions"] * 0)):
        for name in public(resolve(module)):
            thing = member(resolve(module), name)
            is_own = library == "Python" or thing_root(thing) == LIBRARIES[library][0].split(".")[0]
            if inspect.isclass(thing) and issubclass(thing, BaseException) and thing.__name__ == name and is_own:
                found.setdefault(name, thing)
    draw, rows = Draw(f"code/exceptions/{library}"), []
    used = set(found)
    for name, thing in sorted(found.items()):
        prefix = "" if thing.__module__ == "builtins" else f"{thing.__module__}."
        is_public = not any(part.startswith("_") for part in prefix.split("."))
        absent = renamed(
            name, sorted(found), draw, lambda other, at=prefix: other not in used and not exists(f"{at}{other}")
        )
        if absent and not prefix and absent in inner_names(library):
            # Without a module before it, a name may not be another module's either: xdrlib has a ConversionError.
            known, stream = used | inner_names(library), Draw(f"code/exceptions/{library}/{name}")
            absent = renamed(name, sorted(found), stream, lambda other, at=known: other not in at and not exists(other))
        if len(thing.__bases__) == 1 and absent and is_public and exists(f"{prefix}{name}"):
            used.add(absent)
            base = thing.__bases__[0].__name__
            rows.append({"path": f"{prefix}{name}", "base": base, "absent": f"{prefix}{absent}"})
    return rows


def constants() -> list[dict[str, str]]:
    """Return whole-number constants of the standard library, each beside one that does not exist."""
    draw, rows = Draw("code/constants"), []
    for path in NAMESPACES:
        owner = resolve(path)
        names = [name for name in dir(owner) if name.isupper() and not name.startswith("_")]
        used = set(dir(owner))
        for name in draw.shuffled(names)[:40]:
            value = getattr(owner, name)
            absent = renamed(name, names, draw, lambda other, taken=used: other not in taken)
            if isinstance(value, int) and not isinstance(value, bool) and absent and abs(value) < 10**9:
                used.add(absent)
                rows.append({"path": f"{path}.{name}", "value": str(int(value)), "absent": f"{path}.{absent}"})
    return rows


def said_by(*command: str) -> str:
    """Return what a tool prints, in an empty folder and without input."""
    with tempfile.TemporaryDirectory() as folder:
        if command[0] == "git":
            subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
        done = subprocess.run(
            command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=20, check=False,
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C"},
        )  # fmt: skip
    return done.stdout + done.stderr


def is_refused(tool: list[str], option: str) -> bool:
    """Whether a tool says that it does not know an option."""
    said = said_by(*tool, option)
    return bool(re.search(r"unrecognized option|invalid option|unknown (option|switch)|is unknown", said))


def help_of(tool: list[str]) -> str:
    if tool[0] == "git":
        return said_by(*tool, "-h")
    return said_by(*tool, "--help", *(["all"] if tool == ["curl"] else []))


def options(tool: list[str]) -> dict[str, str]:
    """Return short options with their long forms, as the tool's help lists them."""
    text = (
        said_by(*tool, "-h") if tool[0] == "git" else said_by(*tool, "--help", *(["all"] if tool == ["curl"] else []))
    )
    pairs = re.findall(r"^ {1,8}-([A-Za-z]), --(?:\[no-\])?([a-z][a-z-]+[a-z])", text, flags=re.MULTILINE)
    shorts = [short for short, _ in pairs]
    return {short: long for short, long in pairs if shorts.count(short) == 1 and short.swapcase() not in shorts}


def all_letters(tool: list[str]) -> set[str]:
    text = (
        said_by(*tool, "-h") if tool[0] == "git" else said_by(*tool, "--help", *(["all"] if tool == ["curl"] else []))
    )
    return set(re.findall(r"(?<![\w-])-([A-Za-z])\b", text))


def suites() -> list[dict[str, Any]]:
    """Return tools with their options, options that they refuse, and letters that they refuse."""
    groups = {"GNU coreutils": [[tool] for tool in COREUTILS], "Git": [["git", tool] for tool in GIT]}
    groups |= {name: [[tool] for tool in tools] for name, tools in TOOLS.items()}
    found = []
    pool = sorted({long for tools in groups.values() for tool in tools for long in options(tool).values()})
    for suite, tools in groups.items():
        known = {" ".join(tool): options(tool) for tool in tools}
        draw = Draw(f"code/options/{suite}")
        letters = sorted({short for longs in known.values() for short in longs})
        rows = [
            {
                "tool": (name := " ".join(tool)),
                "options": known[name],
                "absent": absent_options(tool, known[name], pool, draw),
                "no_letters": [letter for letter in letters if is_no_letter(tool, letter)],
            }
            for tool in tools
        ]
        found.append({"suite": suite, "version": tool_version(tools[0]), "tools": rows})
    return found


def is_no_letter(tool: list[str], letter: str) -> bool:
    return not {letter, letter.swapcase()} & all_letters(tool) and is_refused(tool, f"-{letter}")


def absent_options(tool: list[str], known: dict[str, str], pool: list[str], draw: Draw) -> list[str]:
    """Return options of other tools that this one refuses."""
    absent: list[str] = []
    for other in draw.shuffled(pool):
        if len(absent) < 2 * len(known) and other not in known.values() and is_refused(tool, f"--{other}"):
            absent.append(other)
    return absent


def tool_version(tool: list[str]) -> str:
    found = re.search(r"\d+(\.\d+)+", said_by(tool[0], "--version").splitlines()[0])
    return found[0] if found else "unknown"


def real_modules() -> list[str]:
    return sorted(name for name in STDLIB if "." not in name and name in sys.stdlib_module_names)


def is_no_module(name: str) -> bool:
    return name not in sys.stdlib_module_names and not exists(f"importlib.{name}")


def snapshot() -> dict[str, Any]:
    """Return the whole table."""
    warnings.simplefilter("ignore")
    return {
        "taken": datetime.now(UTC).date().isoformat(),
        "libraries": [
            {
                "library": library,
                "version": version_of(library),
                "callables": callables(library),
                "names": names_of(library),
                "exceptions": exceptions_of(library),
            }
            for library in LIBRARIES
        ],
        "constants": constants(),
        "suites": suites(),
        "modules": {"real": real_modules(), "absent": [name for name in NO_MODULES if is_no_module(name)]},
    }


def by_line(table: dict[str, Any]) -> str:
    """Return JSON with one entry a line, so that a change can be read."""
    text = json.dumps(table, ensure_ascii=True, sort_keys=True)
    return re.sub(r"(?<=[\]}]), (?=[\[{\"])", ",\n", text)


if __name__ == "__main__":
    table = snapshot()
    TABLE.write_text(by_line(table) + "\n", encoding="utf-8")
    sys.stderr.write(f"{TABLE}: {TABLE.stat().st_size:,} bytes\n")
