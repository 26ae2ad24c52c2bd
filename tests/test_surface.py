"""What a user touches: help is quick and has examples, and the README speaks of what exists."""

from __future__ import annotations

import re
import resource
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from evaluator.config import read_settings
from evaluator.records import Probe
from tests.cli.command import evaluator

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
VERBS = ["run", "plan", "resume", "import", "grade", "report", "compare", "schema", "probes", "probes check"]
VERBS += ["label", "label draw", "label ask", "label import", "label status", "label adjudicate"]
VERBS += ["models", "models list", "models check", "models fetch"]
VERBS += ["gate", "verify", "runs", "runs list", "runs pin", "runs prune", "runs trend"]


@pytest.mark.parametrize("verb", VERBS)
def test_every_command_has_help_with_an_example(verb: str, tmp_path: Path) -> None:
    done = evaluator(*verb.split(), "--help", cwd=tmp_path)
    assert done.returncode == 0
    assert "Example" in done.stdout
    assert f"evaluator {verb}" in done.stdout


def test_help_costs_less_than_a_fifth_of_a_second_of_cpu(tmp_path: Path) -> None:
    def cpu_s() -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        evaluator("--help", cwd=tmp_path)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    assert min(cpu_s() for _ in range(3)) < 0.2


def test_help_imports_nothing_heavy() -> None:
    code = "import sys, evaluator.cli.app; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert not loaded & {"httpx", "aiohttp", "numpy", "scipy", "sklearn", "rich", "msgspec", "xllamacpp", "jsonlines"}


def test_every_command_stands_in_the_readme() -> None:
    for verb in VERBS:
        if verb not in {"probes", "models", "models fetch"}:
            assert f"evaluator {verb}" in README, verb


def test_every_command_of_the_readme_exists() -> None:
    named = set(re.findall(r"^evaluator (\w+)", README, flags=re.MULTILINE))
    assert named <= {verb.split()[0] for verb in VERBS}


def test_the_probes_and_settings_of_the_readme_are_valid(tmp_path: Path) -> None:
    import msgspec

    blocks = dict(re.findall(r"```(json|toml)\n(.*?)```", README, flags=re.DOTALL))
    probes = [msgspec.json.decode(line, type=Probe) for line in blocks["json"].strip().splitlines()]
    assert probes[0].twin == probes[1].probe_id
    tomls = re.findall(r"```toml\n(.*?)```", README, flags=re.DOTALL)
    settings = next(text for text in tomls if "[[model]]" in text)
    (tmp_path / "evaluation.toml").write_text(settings)
    assert len(read_settings(tmp_path / "evaluation.toml").model) == 2
    # The README's own walk: a new set, two probes in place of the examples, one thing to mend.
    assert evaluator("probes", "new", "capitals", cwd=tmp_path).returncode == 0
    file = tmp_path / "capitals" / "probes.jsonl"
    file.write_text(blocks["json"], encoding="utf-8")
    done = evaluator("probes", "check", "capitals", cwd=tmp_path)
    assert done.returncode == 1
    shown = [line.strip() for line in README.splitlines()]
    assert all(line in shown for line in done.stdout.splitlines()), done.stdout
    mended = blocks["json"].replace('"nonexistent"', '"nonexistent", "why": "There is no such country."')
    file.write_text(mended, encoding="utf-8")
    assert evaluator("probes", "check", "capitals", cwd=tmp_path).returncode == 0


def test_the_version_is_one(tmp_path: Path) -> None:
    from evaluator import __version__

    assert evaluator("--version", cwd=tmp_path).stdout == f"evaluator {__version__}\n"
    assert __version__ in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


ARRIVING = {"altair", "datasets", "jinja2", "jsonlines", "pandas", "vl-convert-python"}
"""Declared ahead of the parts that use them: data sets, the page with charts, exports."""


def test_no_dependency_is_declared_that_nothing_imports() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    modules = {
        "genai-prices": "genai_prices",
        "google-re2": "re2",
        "scikit-learn": "sklearn",
        "httpx-aiohttp": "httpx_aiohttp",
        "vl-convert-python": "vl_convert",
    }
    code = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "evaluator").rglob("*.py"))
    for requirement in project["dependencies"]:
        name = re.split(r"[<>=]", requirement)[0]
        module = modules.get(name, name)
        if name in ARRIVING:
            continue
        assert re.search(rf"^\s*(import|from) {module}\b", code, flags=re.MULTILINE), name
