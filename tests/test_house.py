"""The plan of the house is a test: who may import whom, what may be imported where, and how large things get."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / "evaluator"
FOUNDATION = {"judge_use", "record", "figures", "label_design", "comparison", "records", "gold_labels", "results"}
FOUNDATION |= {"errors", "jsonl", "calibration_limits", "audit", "money", "privacy", "set_records", "detection"}
FOUNDATION |= {"item_analysis", "record_file", "request_keys", "toml_lines"}
GATING = {"policy", "gating", "history"}
FOUNDATION |= GATING | {"verification", "retention"}
GROUND = FOUNDATION | {"protocols", "config"}
ROOMS: dict[str, set[str]] = {
    "__main__": {"cli"},
    "judge_use": set(),
    "record": set(),
    "figures": {"record"},
    "detection": {"record"},
    "money": {"record", "detection"},
    "label_design": {"record"},
    "comparison": {"record"},
    "privacy": {"record"},
    "records": {"judge_use", "record", "figures", "comparison", "money", "privacy"},
    "gold_labels": {"label_design", "records"},
    "results": {"records"},
    "set_records": {"record", "records"},
    "item_analysis": {"record"},
    "request_keys": set(),
    "calibration_limits": {"record"},
    "audit": {"errors", "jsonl", "record", "records"},
    "errors": set(),
    "jsonl": {"errors"},
    "record_file": {"errors", "jsonl", "record"},
    "toml_lines": set(),
    "protocols": FOUNDATION,
    "config": FOUNDATION,
    "probeset": GROUND,
    "providers": GROUND,
    "graders": GROUND,
    "journal": GROUND,
    "run": GROUND | {"probeset", "providers", "graders", "journal"},
    "labels": GROUND | {"journal"},
    "stats": {"judge_use", "record", "label_design", "comparison", "records", "gold_labels", "results"}
    | {"audit", "calibration_limits", "item_analysis", "detection", "request_keys"},
    "gate": GATING | {"comparison", "records", "results", "errors"},
    "report": {"judge_use", "label_design", "comparison", "records", "results", "audit", "money", "set_records"}
    | {"item_analysis", "detection"}
    | {"errors", "jsonl"},
    "cli": GROUND | {"probeset", "providers", "graders", "journal", "run", "labels", "stats", "gate", "report"},
}
ROOMS |= {"policy": {"record"}, "gating": {"comparison", "policy", "record"}, "history": {"gating", "record"}}
ROOMS |= {"verification": {"record"}, "retention": {"record"}}
ROOMS["stats"] |= GATING
ROOMS["report"] |= GATING | {"verification", "retention"}
FENCES: dict[str, set[str]] = {
    "httpx": {"providers"},
    "httpx_aiohttp": {"providers"},
    "genai_prices": {"providers"},
    "xllamacpp": {"providers"},
    "datasets": {"probeset"},
    "sklearn": {"stats", "graders", "probeset"},
    "pandas": {"stats", "report"},
    "scipy": {"stats", "report"},
    "typer": {"cli"},
    "rich": {"cli", "report"},
    "altair": {"report"},
    "jinja2": {"report"},
    "vl_convert": {"report"},
}
LIGHT = {"typer", "msgspec", "difflib"}
FILES = sorted(PACKAGE.rglob("*.py"))


def room_of(path: Path) -> str:
    parts = path.relative_to(PACKAGE).parts
    return parts[0].removesuffix(".py")


def imported_modules(tree: ast.AST) -> list[str]:
    names: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            assert node.module is not None
            names += [f"{node.module}.{alias.name}" for alias in node.names]
    return names


def parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_rooms_import_only_what_the_plan_allows(path: Path) -> None:
    room = room_of(path)
    if room == "__init__":
        return
    assert room in ROOMS, f"{room} is not a room of the plan"
    for name in imported_modules(parse(path)):
        top, _, rest = name.partition(".")
        if top == "evaluator":
            other = rest.split(".")[0]
            is_package_fact = other in {"", "__version__"}
            assert is_package_fact or other == room or other in ROOMS[room], f"{room} may not import {name}"
        else:
            assert top not in FENCES or room in FENCES[top], f"{room} may not import {top}"


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_files_and_functions_stay_small(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 400
    for node in ast.walk(parse(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            body = node.body[1:] if ast.get_docstring(node) else node.body
            if body:
                length = (body[-1].end_lineno or 0) - body[0].lineno + 1
                assert length <= 40, f"{node.name} has a body of {length} lines"


def test_modules_do_not_import_in_circles() -> None:
    graph = {module_name(path): internal_imports(path) for path in FILES}
    done: set[str] = set()

    def visit(name: str, trail: tuple[str, ...]) -> None:
        assert name not in trail, " -> ".join((*trail, name))
        if name in done:
            return
        for other in sorted(graph.get(name, ())):
            visit(other, (*trail, name))
        done.add(name)

    for name in graph:
        visit(name, ())


def module_name(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def internal_imports(path: Path) -> set[str]:
    known = {module_name(other) for other in FILES}
    found: set[str] = set()
    for name in imported_modules(parse(path)):
        candidates = [name, name.rpartition(".")[0]]
        found |= {candidate for candidate in candidates[:1] if candidate in known} or {
            candidate for candidate in candidates[1:] if candidate in known
        }
    return found - {"evaluator", module_name(path)}


def test_only_the_command_line_prints_or_reads_the_environment() -> None:
    for path in FILES:
        if room_of(path) == "cli":
            continue
        for node in ast.walk(parse(path)):
            is_print = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
            is_environ = isinstance(node, ast.Attribute) and node.attr in {"environ", "getenv"}
            is_exit = isinstance(node, ast.Attribute) and ast.unparse(node) in {"sys.exit", "os._exit"}
            forbidden = is_print or is_environ or is_exit
            assert not forbidden, f"{path}: {ast.unparse(node)}"


def test_no_file_has_a_name_that_says_nothing() -> None:
    empty_names = {"utils", "helpers", "common", "base", "manager", "misc"}
    assert not [path for path in FILES if path.stem in empty_names]


def test_top_level_keeps_its_names() -> None:
    root = PACKAGE.parent
    allowed = {"pyproject.toml", "evaluator", "probes", "tests", "reports", "README.md", "LICENSE", "CHANGELOG.md"}
    allowed |= {"constraints.txt", "build", "dist"}
    extra = {p.name for p in root.iterdir() if not p.name.startswith(".") and not p.name.endswith(".egg-info")}
    assert extra <= allowed
