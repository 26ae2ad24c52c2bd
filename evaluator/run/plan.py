"""From settings and probes to the requests of a run, each with an id that never changes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

import msgspec

from evaluator.records import ModelSettings, Probe, Request
from evaluator.run.prompts import Prompt, messages_for


def plan_requests(
    probes: Sequence[Probe], models: Sequence[ModelSettings], prompts: Sequence[Prompt], *, repeats: int
) -> list[Request]:
    """Return every request of a run: models x prompts x probes x repeats.

    Within a model the order is by request id: fixed, but unrelated to topic or twin, so a run
    that ends early holds a fair part of the probes.
    """
    requests = []
    for settings in models:
        requests += sorted(
            (
                plan_request(probe, settings, prompt, repeat)
                for prompt in prompts
                for probe in probes
                for repeat in range(repeats)
            ),
            key=lambda request: request.request_id,
        )
    return requests


def plan_request(probe: Probe, settings: ModelSettings, prompt: Prompt, repeat: int) -> Request:
    """Return one request; its id is the SHA-256 of what is sent, the probe and the repeat."""
    messages = messages_for(prompt, probe)
    identity = (probe.probe_id, settings.id, prompt.name, repeat, messages, settings.sampling, *settings.route)
    return Request(
        request_id=hashlib.sha256(msgspec.json.encode(identity)).hexdigest(),
        probe_id=probe.probe_id,
        model=settings.id,
        prompt=prompt.name,
        repeat=repeat,
        messages=messages,
        sampling=settings.sampling,
    )


def plan_sha256(requests: Iterable[Request]) -> str:
    """Return the SHA-256 over all request ids, whatever their order."""
    ids = sorted(request.request_id for request in requests)
    return hashlib.sha256("\n".join(ids).encode()).hexdigest()
