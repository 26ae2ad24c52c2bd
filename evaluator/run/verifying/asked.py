"""What was asked: prompts, probes and the plan, recomputed from the manifest."""

from __future__ import annotations

from collections.abc import Mapping

from evaluator.errors import ConfigError
from evaluator.graders.judge import load_rubric
from evaluator.journal import RunDirectory
from evaluator.probeset import content_sha256
from evaluator.records import Manifest, Probe, PromptRef, Request
from evaluator.run.importing import IMPORTED_PROMPT
from evaluator.run.plan import plan_requests, plan_sha256
from evaluator.run.prompts import prompt_named
from evaluator.run.verifying.part import Part

MANIFEST = "manifest.json"


def check_prompts(part: Part, manifest: Manifest) -> None:
    """Compare the hash of every prompt with its text in this package."""
    refs = [(f"prompts[{i}]", ref, _prompt_here(ref)) for i, ref in enumerate(manifest.prompts)]
    if manifest.judge_prompt is not None:
        refs.append(("judge_prompt", manifest.judge_prompt, _rubric_here(manifest.judge_prompt)))
    for where, ref, here in refs:
        if here is None:
            part.skip(f"{ref.version} is not installed here")
        elif here.version != ref.version:
            part.skip(f"{ref.name} is {here.version} here, the run used {ref.version}")
        else:
            part.compare(MANIFEST, f"{where}.sha256", here.sha256, ref.sha256)
    part.text = f"{part.n} prompts by hash"


def _prompt_here(ref: PromptRef) -> PromptRef | None:
    if ref.name == IMPORTED_PROMPT.name:
        return IMPORTED_PROMPT
    try:
        return prompt_named(ref.name).ref
    except ConfigError:
        return None


def _rubric_here(ref: PromptRef) -> PromptRef | None:
    try:
        return load_rubric(ref.version).prompt
    except ConfigError:
        return None


def check_probes(part: Part, directory: RunDirectory, manifest: Manifest) -> tuple[Probe, ...]:
    """Compare the content of the probes with the hash of every probe set; return them."""
    probes = directory.read_probes()
    rest = probes
    for i, ref in enumerate(manifest.probe_sets):
        own, rest = rest[: ref.n_probes], rest[ref.n_probes :]
        part.compare("probes.jsonl", f"number of probes of {ref.name}", ref.n_probes, len(own))
        part.compare("probes.jsonl", f"content of {ref.name} (probe_sets[{i}].sha256)", ref.sha256, content_sha256(own))
    part.compare("probes.jsonl", "number of probes in no probe set", 0, len(rest))
    part.text = f"{len(probes):,} probes of {len(manifest.probe_sets)} sets by hash"
    return probes


def check_plan(part: Part, manifest: Manifest, probes: tuple[Probe, ...]) -> Mapping[str, Request] | None:
    """Plan the run again; return its requests by id, or None where they cannot be made here."""
    if manifest.imported_from is not None:
        part.skip("answers were imported: what was asked is not known")
        return None
    here = [_prompt_here(ref) for ref in manifest.prompts]
    if here != list(manifest.prompts):
        part.skip("a prompt has another version here, so the requests cannot be made again")
        return None
    prompts = [prompt_named(ref.name) for ref in manifest.prompts]
    requests = plan_requests(probes, manifest.models, prompts, repeats=manifest.repeats)
    part.compare(MANIFEST, "n_requests", len(requests), manifest.n_requests)
    part.compare(MANIFEST, "plan_sha256", plan_sha256(requests), manifest.plan_sha256)
    part.text = f"{len(requests):,} requests planned again, by hash"
    return {request.request_id: request for request in requests}
