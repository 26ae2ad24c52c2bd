"""The embedded model: llama.cpp in this process, asked over loopback like any other server."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from evaluator.errors import ProviderError
from evaluator.providers.client import HttpClient
from evaluator.providers.deadline import last_deadline_s
from evaluator.providers.http_model import HttpModel
from evaluator.providers.weights import EMBEDDED, gguf_path
from evaluator.providers.wires.openai_chat import OpenAIChat
from evaluator.providers.wires.reading import Reading
from evaluator.records import ModelSettings

SLOTS = 4
PROMPT_TOKENS = 2048
"""Room for the question and its passage, beside that for the answer."""


@asynccontextmanager
async def open_local(settings: ModelSettings) -> AsyncIterator[HttpModel]:
    """Load `local/NAME` and serve it on a free loopback port until the context ends.

    Raises:
        ProviderError: If the weights are not here or llama.cpp cannot load them.
    """
    name = settings.id.partition("/")[2]
    path = gguf_path(name)
    if path is None:
        raise ProviderError(f"{settings.id}: the weights are not here; run: evaluator models fetch {settings.id}")
    slots = settings.concurrency or SLOTS
    alias = name if name in EMBEDDED else path.stem
    # Loading takes a while and would block the event loop. The server lives as long as this name.
    context = PROMPT_TOKENS + (settings.sampling.max_tokens or PROMPT_TOKENS)
    server = await asyncio.to_thread(_start, path, alias, slots, context * slots)
    async with HttpClient(f"{server.listening_address}/v1", connections=slots) as client:
        yield HttpModel(client, OpenAIChat(), alias, deadline_s=last_deadline_s(settings), complete=free)


def free(reading: Reading, at: datetime) -> Reading:  # noqa: ARG001
    """Return `reading` at no cost: the model runs on this machine."""
    return msgspec.structs.replace(reading, cost_usd=0.0, cost_source="embedded model")


def _start(path: Path, alias: str, slots: int, context_tokens: int) -> Any:
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = str(path)
    params.model_alias = {alias}
    params.port = 0
    params.n_parallel = slots
    params.n_ctx = context_tokens
    # llama.cpp's threads wait for each other in a spin: on a busy machine one thread too many
    # makes every answer ten times slower, while half the cores cost little on an idle one.
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = max(1, (os.cpu_count() or 2) // 2)
    # Every probe is asked once: keeping old prompts in memory would help nobody.
    params.cache_ram_mib = 0
    params.verbosity = 0
    params.ui = False
    try:
        return xllamacpp.Server(params)
    except RuntimeError as exc:
        raise ProviderError(f"{path.name}: llama.cpp cannot load it: {exc}") from exc
