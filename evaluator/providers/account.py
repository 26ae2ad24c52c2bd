"""What a provider says its key has spent: more than the run knows of, where it bills what failed."""

from __future__ import annotations

from evaluator.providers.checks import split_id
from evaluator.providers.client import HttpClient
from evaluator.providers.table import API_PROVIDERS
from evaluator.providers.wires.reading import decode, record
from evaluator.records import Failure, ModelSettings

LOOK_S = 10.0


async def key_usage_usd(settings: ModelSettings, key: str | None) -> float | None:
    """Return what the key has spent so far in all its uses; None where the provider does not say.

    Only OpenRouter says so to the key itself.
    """
    name = settings.id.partition("/")[0]
    if key is None or name not in API_PROVIDERS or not split_id(settings.id)[0].is_router:
        return None
    base_url = settings.base_url or API_PROVIDERS[name].base_url
    async with HttpClient(base_url, key=key, connections=1) as client:
        reply = await client.get("/key", deadline_s=LOOK_S)
    if isinstance(reply, Failure) or reply.status != 200:
        return None
    usage = record(record(decode(reply.body)).get("data")).get("usage")
    if not isinstance(usage, int | float) or isinstance(usage, bool) or not 0 <= usage < 1e12:
        return None
    return float(usage)
