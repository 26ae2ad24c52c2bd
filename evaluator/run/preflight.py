"""One small question to a model: is the key good, the name right, and every setting taken?"""

from __future__ import annotations

import hashlib

import msgspec

from evaluator.providers import open_provider
from evaluator.records import Message, ModelSettings, Request, Response

QUESTION = "What is the capital of Australia? Answer with one word."


def preflight_request(settings: ModelSettings) -> Request:
    """Return the question as the model will be asked, with all of its settings."""
    messages = (Message(role="user", content=QUESTION),)
    identity = ("preflight", settings.id, messages, settings.sampling, *settings.route)
    return Request(
        request_id=hashlib.sha256(msgspec.json.encode(identity)).hexdigest(),
        probe_id="preflight",
        model=settings.id,
        prompt="preflight",
        repeat=0,
        messages=messages,
        sampling=settings.sampling,
    )


async def check_model(settings: ModelSettings, key: str | None) -> Response:
    """Ask the model once; what went wrong is in the response.

    Raises:
        ConfigError: If it does not take a setting; nothing was sent.
        ProviderError: If it cannot be asked at all.
    """
    async with open_provider(settings, key) as provider:
        return await provider.answer(preflight_request(settings))


def is_good(response: Response) -> bool:
    """Whether the model that was asked answered, however it did."""
    return response.outcome in {"answered", "refused", "blocked", "truncated"} and "substituted" not in response.flags
