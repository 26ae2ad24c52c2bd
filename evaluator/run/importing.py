"""A run made from answers that were recorded elsewhere; no model is asked."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import msgspec

from evaluator import __version__
from evaluator.errors import AnswersFileError
from evaluator.probeset import ProbeSet
from evaluator.protocols import Grader
from evaluator.providers.formats import NATIVE, read_format
from evaluator.providers.recorded import recorded_response
from evaluator.records import Manifest, ModelSettings, PromptRef, Request, Response, Sampling
from evaluator.run.plan import plan_sha256
from evaluator.run.session import RunPlan, package_versions

IMPORTED_PROMPT = PromptRef(name="imported", version="imported-1", sha256=hashlib.sha256(b"").hexdigest())


class ImportedRun(msgspec.Struct, frozen=True):
    """The plan that recorded answers amount to, and the answers themselves."""

    plan: RunPlan
    responses: list[Response]


def import_answers(
    path: Path,
    probe_sets: Sequence[ProbeSet],
    grader: Grader,
    *,
    run_id: str,
    started_at: str,
    format_name: str = NATIVE,
) -> ImportedRun:
    """Read recorded answers to known probes.

    Args:
        format_name: The tool that wrote the file, as in `evaluator.providers.formats`.

    Raises:
        ConfigError: If the format is not known.
        AnswersFileError: If an answer is damaged, doubled, or to a probe that no set has.
    """
    probes = tuple(probe for probe_set in probe_sets for probe in probe_set.probes)
    known = {probe.probe_id for probe in probes}
    requests, responses = [], []
    for number, answer in read_format(path, format_name):
        if answer.probe_id not in known:
            names = ", ".join(probe_set.ref.path for probe_set in probe_sets)
            raise AnswersFileError(f"{path}:{number}: probe_id: need a probe of {names}, got {answer.probe_id!r}")
        request = _request(answer.model, answer.probe_id, answer.repeat)
        requests.append(request)
        responses.append(recorded_response(request, answer))
    manifest = Manifest(
        run_id=run_id,
        started_at=started_at,
        evaluator=__version__,
        config={
            "probes": [probe_set.ref.path for probe_set in probe_sets],
            "answers": path.as_posix(),
            "from": format_name,
        },
        probe_sets=tuple(probe_set.ref for probe_set in probe_sets),
        models=tuple(ModelSettings(id=model) for model in dict.fromkeys(request.model for request in requests)),
        prompts=(IMPORTED_PROMPT,),
        graders=(grader.name,),
        packages=package_versions(),
        seed=0,
        repeats=1 + max(request.repeat for request in requests),
        n_requests=len(requests),
        plan_sha256=plan_sha256(requests),
        imported_from=path.as_posix(),
    )
    return ImportedRun(plan=RunPlan(manifest=manifest, probes=probes, requests=requests), responses=responses)


def request_id_of(model: str, probe_id: str, repeat: int) -> str:
    """Id of a recorded answer: what was sent elsewhere is not known, so it covers what identifies the answer."""
    return hashlib.sha256(msgspec.json.encode(("imported", model, probe_id, repeat))).hexdigest()


def _request(model: str, probe_id: str, repeat: int) -> Request:
    return Request(
        request_id=request_id_of(model, probe_id, repeat),
        probe_id=probe_id,
        model=model,
        prompt=IMPORTED_PROMPT.name,
        repeat=repeat,
        messages=(),
        sampling=Sampling(),
    )
