"""Real servers on loopback: llama.cpp's own, and in front of it the litellm proxy."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from evaluator.providers import open_provider, with_defaults
from evaluator.providers.weights import gguf_path
from evaluator.records import Message, ModelSettings, Request, Response, Sampling

NAMES = {"gpt-4.1", "claude-haiku-4-5", "smollm2-135m"}
"""What the llama.cpp server calls its one model."""
PROXY_KEY = "sk-proxy-of-the-tests"
START_S = 120.0
CONFIG = """
model_list:
{models}
litellm_settings:
  num_retries: 0
general_settings:
  master_key: {key}
"""
MODEL = """
  - model_name: {name}
    litellm_params:
      model: openai/smollm2-135m
      api_base: {base_url}
      api_key: nobody-asks
"""

Ask = Callable[..., Response]


@pytest.fixture(scope="session")
def llama() -> Iterator[str]:
    """The base URL of a llama.cpp server with the embedded model."""
    path = gguf_path("smollm2-135m")
    if path is None:
        pytest.skip("the weights are not here; run: evaluator models fetch local/smollm2-135m")
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = str(path)
    params.model_alias = NAMES
    params.port = 0
    params.n_parallel = 2
    params.n_ctx = 4096
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
    params.cache_ram_mib = 0
    params.verbosity = 0
    params.ui = False
    server = xllamacpp.Server(params)
    yield f"{server.listening_address}/v1"
    del server


@pytest.fixture(scope="session")
def proxy(llama: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a litellm proxy that passes every model on to the llama.cpp server."""
    missing = [name for name in ("litellm", "fastapi", "uvicorn") if importlib.util.find_spec(name) is None]
    if missing:
        pytest.skip(f"{', '.join(missing)} not installed; pip install -c constraints.txt -e '.[real]'")
    folder = tmp_path_factory.mktemp("proxy")
    names = ("claude-haiku-4-5", "gemini-2.0-flash", "gpt-4.1")
    models = "".join(MODEL.format(name=name, base_url=llama) for name in names)
    (folder / "config.yaml").write_text(CONFIG.format(models=models, key=PROXY_KEY))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    app = "'litellm.proxy.proxy_server:app', host='127.0.0.1', port=int(sys.argv[1]), loop='asyncio'"
    code = f"import sys, uvicorn; uvicorn.run({app}, log_level='warning')"
    quiet = {"LITELLM_LOCAL_MODEL_COST_MAP": "True", "LITELLM_LOG": "ERROR", "DISABLE_ADMIN_UI": "True"}
    quiet["CONFIG_FILE_PATH"] = "config.yaml"
    environment = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ} | quiet
    log = folder / "log.txt"
    with log.open("wb") as stream:
        process = subprocess.Popen(
            [sys.executable, "-c", code, str(port)], cwd=folder, env=environment, stdout=stream, stderr=stream
        )
    try:
        wait_for(f"http://127.0.0.1:{port}/health/liveliness", process, log)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(20)


def wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until the server answers; skip where it cannot be started."""
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            pytest.skip(
                f"the litellm proxy does not start: {log.read_text(encoding='utf-8', errors='replace').strip()[-300:]}"
            )
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.5)
    pytest.skip("the litellm proxy did not start in time")


@pytest.fixture(scope="session")
def ask() -> Ask:
    """Ask one question as a run would."""

    def asked(
        model_id: str, base_url: str, key: str | None = None, api: str | None = None, **sampling: Any
    ) -> Response:
        chosen = Sampling(**{"max_tokens": 24} | sampling)
        settings = with_defaults(
            ModelSettings(id=model_id, base_url=base_url, api=api, sampling=chosen, timeout_s=120.0)
        )
        messages = (
            Message(role="system", content="Answer in a few words."),
            Message(role="user", content="What is the capital of Australia?"),
        )
        request = Request(
            request_id="r",
            probe_id="p",
            model=model_id,
            prompt="none",
            repeat=0,
            messages=messages,
            sampling=settings.sampling,
        )

        async def main() -> Response:
            async with open_provider(settings, key) as provider:
                return await provider.answer(request)

        return asyncio.run(main())

    return asked
