"""A run, or what was published of one, recomputed from its files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import msgspec

from evaluator import __version__
from evaluator.cli.people import found_by_people
from evaluator.cli.result import settle
from evaluator.journal import RunDirectory, read_seal
from evaluator.journal.seal import GROWING, seal_files
from evaluator.records import Manifest, ModelResult, Probe, Response, Summary, Verdict
from evaluator.report import read_summary, summary_bytes
from evaluator.run.publish import read_bundle
from evaluator.run.regrade import Graded
from evaluator.run.session import RunPlan
from evaluator.run.verifying.answers import check_answers
from evaluator.run.verifying.asked import check_plan, check_probes, check_prompts
from evaluator.run.verifying.graded import check_verdicts
from evaluator.run.verifying.labelled import check_labels
from evaluator.run.verifying.part import Part, guarded
from evaluator.run.verifying.sealed import check_bytes
from evaluator.stats import summarise
from evaluator.verification import Bundle, Verification, VersionDifference

SUMMARY = "summary.json"
LAST_DIGITS = 1e-9
"""Relative difference of a number that other versions of the numeric packages can explain."""


@dataclass(slots=True)
class _Read:
    """What the parts of a run gave so far; None where a part could not be read."""

    directory: RunDirectory
    manifest: Manifest
    has_text: bool = True
    probes: tuple[Probe, ...] | None = None
    responses: dict[str, Response] | None = None
    verdicts: dict[str, Verdict] | None = None


def verify_run(directory: RunDirectory) -> Verification:
    """Recompute everything of a run that can be; one part that fails does not hide the next.

    Raises:
        JournalError: If the manifest itself cannot be read.
    """
    manifest = directory.read_manifest()
    bundle = read_bundle(directory.path)
    known = _Read(directory, manifest, has_text=bundle is None or bundle.has_text)
    versions = tuple(_versions(manifest))
    work = [
        ("bytes", partial(_bytes, known, bundle)),
        ("prompts", partial(_prompts, known)),
        ("probes", partial(_probes, known)),
        ("answers", partial(_answers, known)),
        ("verdicts", partial(_verdicts, known)),
        ("labels", partial(_labels, known)),
        ("numbers", partial(_numbers, known, versions)),
    ]
    parts = [guarded(Part(name), step) for name, step in work]
    shown = tuple(one for part in parts for one in part.shown)
    n_explained = sum(one.explained_by is not None for one in shown)
    return Verification(
        run_id=manifest.run_id,
        agrees=sum(part.n_disagreements for part in parts) == n_explained,
        has_text=known.has_text,
        parts=tuple(part.verified for part in parts),
        disagreements=shown,
        versions=versions,
    )


def _bytes(known: _Read, bundle: Bundle | None, part: Part) -> None:
    folder = known.directory.path
    if bundle is not None:
        part.compare("bundle.json", "run_id", known.manifest.run_id, bundle.run_id)
        check_bytes(part, folder, bundle.files, seal="bundle.json")
        return
    seal = read_seal(folder)
    if seal is None:
        part.skip("there is no seal.json: evaluator grade makes it")
        return
    part.compare("seal.json", "run_id", known.manifest.run_id, seal.run_id)
    check_bytes(part, folder, seal.files, seal="seal.json")


def _prompts(known: _Read, part: Part) -> None:
    check_prompts(part, known.manifest)


def _probes(known: _Read, part: Part) -> None:
    known.probes = check_probes(part, known.directory, known.manifest)


def _answers(known: _Read, part: Part) -> None:
    if known.probes is None:
        part.skip("the probes cannot be read")
        return
    planned = check_plan(part, known.manifest, known.probes)
    known.responses = check_answers(part, known.directory, known.manifest, known.probes, planned)


def _verdicts(known: _Read, part: Part) -> None:
    if known.probes is None or known.responses is None:
        part.skip("the answers cannot be read")
        return
    known.verdicts = check_verdicts(
        part, known.directory, known.manifest, known.probes, known.responses, has_text=known.has_text
    )


def _labels(known: _Read, part: Part) -> None:
    if known.responses is None or not known.directory.gold_path.exists():
        part.skip("nobody labelled answers" if known.responses is not None else "the answers cannot be read")
        return
    check_labels(part, known.directory, known.manifest, known.responses)


def _numbers(known: _Read, versions: tuple[VersionDifference, ...], part: Part) -> None:
    """Compute the summary from the answers, verdicts and labels as they are, and compare every field."""
    path = known.directory.summary_path
    if known.probes is None or known.responses is None or not known.verdicts or not path.exists():
        part.skip("there is no summary.json to compare, or nothing to compute it from")
        return
    data = path.read_bytes()
    stored = read_summary(data, SUMMARY)
    try:
        expected = _summary(known, stored)
    except ValueError as exc:
        part.differ(SUMMARY, "content", "numbers that follow from the answers and verdicts", f"none: {exc}")
        return
    if data != summary_bytes(stored):
        part.differ(SUMMARY, "form", "canonical JSON, as the package writes it", "the same content in another form")
    if _has_new_labels(known):
        part.skip("people said more since summary.json was written: what rests on that is not compared")
        expected, stored = _without_people(expected), _without_people(stored)
    before, now = msgspec.to_builtins(expected), msgspec.to_builtins(stored)
    for where, wanted, found in _differences(before, now, ""):
        part.differ(SUMMARY, where, wanted, found, explained_by=_explanation(wanted, found, versions))
    part.n = sum(len(result.estimates) for result in stored.results) + len(stored.probes)
    part.text = f"{sum(len(result.estimates) for result in stored.results):,} estimates and every other field"


def _has_new_labels(known: _Read) -> bool:
    """Whether labels or findings about probes were added since the files were sealed."""
    folder = known.directory.path
    sealed = read_bundle(folder) or read_seal(folder)
    if sealed is None:
        return False
    now = seal_files(folder, tuple(sorted(GROWING)))
    return any(sealed.files.get(name) != found for name, found in now.items())


def _without_people(summary: Summary) -> Summary:
    """The summary without what rests on labels and on findings about probes."""
    return msgspec.structs.replace(summary, results=_raw(summary), notes=(), budgets=(), validity=None)


def _raw(summary: Summary) -> tuple[ModelResult, ...]:
    return tuple(
        msgspec.structs.replace(result, estimates=tuple(one for one in result.estimates if not one.calibrated))
        for result in summary.results
    )


def _summary(known: _Read, stored: Summary) -> Summary:
    ordered = [known.responses[key] for key in sorted(known.responses)] if known.responses else []
    verdicts = [known.verdicts[key] for key in sorted(known.verdicts)] if known.verdicts else []
    people = found_by_people(known.manifest, known.directory, ordered)
    probes = known.probes or ()
    summary = summarise(known.manifest, probes, ordered, verdicts, people=people)
    if not known.has_text:
        # What judges replied is withheld, so what they did cannot be counted again.
        return msgspec.structs.replace(summary, judges=stored.judges)
    plan = RunPlan(manifest=known.manifest, probes=tuple(probes), requests=[])
    return msgspec.structs.replace(summary, judges=settle(plan, known.directory, Graded.of(ordered, verdicts)).judges)


def _differences(expected: Any, found: Any, where: str) -> Iterator[tuple[str, Any, Any]]:
    """Every leaf that differs, with its place."""
    if isinstance(expected, dict) and isinstance(found, dict):
        for key in dict.fromkeys((*expected, *found)):
            yield from _differences(expected.get(key), found.get(key), f"{where}.{key}" if where else str(key))
    elif isinstance(expected, list | tuple) and isinstance(found, list | tuple) and len(expected) == len(found):
        for i, (one, other) in enumerate(zip(expected, found, strict=True)):
            yield from _differences(one, other, f"{where}[{_named(one, i)}]")
    elif expected != found:
        yield where, expected, found


def _named(item: Any, position: int) -> str:
    """Name an estimate or result in a path, so that a person finds it."""
    if not isinstance(item, Mapping):
        return str(position)
    names = [str(item[key]) for key in ("model", "prompt", "name", "slice") if key in item]
    kind = ["calibrated"] if item.get("calibrated") is True else []
    return " ".join([str(position), *names, *kind])


def _explanation(expected: Any, found: Any, versions: tuple[VersionDifference, ...]) -> str | None:
    if not versions or not isinstance(expected, float) or not isinstance(found, float):
        return None
    if abs(expected - found) > LAST_DIGITS * max(abs(expected), abs(found), 1e-12):
        return None
    return ", ".join(f"{one.name} {one.then} then, {one.now or 'absent'} now" for one in versions)


def _versions(manifest: Manifest) -> Iterator[VersionDifference]:
    import platform

    here = {"evaluator": __version__, "python": platform.python_version()}
    for name, then in {"evaluator": manifest.evaluator, **manifest.packages}.items():
        now = here.get(name) or _version_here(name)
        if now != then:
            yield VersionDifference(name=name, then=then, now=now)


def _version_here(name: str) -> str | None:
    try:
        return version(name)
    except (PackageNotFoundError, ValueError):
        return None
