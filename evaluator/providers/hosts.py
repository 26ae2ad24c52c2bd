"""Which hosts a router offers for a model, and whether any of them can do what is asked."""

from __future__ import annotations

from typing import Any

from evaluator.errors import ProviderError
from evaluator.providers.alternatives import names_in, near_names
from evaluator.providers.client import HttpClient
from evaluator.providers.per_token import price_per_token
from evaluator.providers.routing import Host, usable_hosts
from evaluator.providers.wires.reading import decode, record, records, string
from evaluator.records import Failure, ModelSettings

LIST_S = 10.0
SHOWN = 8
_EITHER = {
    "max_tokens": {"max_tokens", "max_completion_tokens"},
    "reasoning_effort": {"reasoning", "reasoning_effort"},
    "structured_output": {"structured_outputs", "response_format"},
}
"""Settings that hosts list under another name, or under several."""


async def hosts_of(settings: ModelSettings, client: HttpClient, name: str, listing: bytes) -> tuple[Host, ...]:
    """Return the hosts of a model, having made sure that one of them can honour the settings.

    A list of hosts that cannot be had or read ends nothing: the router itself refuses what it cannot
    route. `listing` is how the router lists its models, to find a name that was meant.

    Raises:
        ProviderError: If the model is unknown, or no host is left; nothing was asked.
    """
    slug = name.partition(":")[0]
    reply = await client.get(f"/models/{slug}/endpoints", deadline_s=LIST_S)
    if isinstance(reply, Failure) or reply.status not in {200, 404}:
        return ()
    data = record(decode(reply.body)).get("data")
    if reply.status == 404:
        raise ProviderError(
            f"{settings.id}: {client.base_url} knows no model {slug}{near_names(slug, names_in(listing))}"
        )
    if not isinstance(data, dict) or not isinstance(data.get("endpoints"), list):
        return ()
    hosts = tuple(host for each in records(data["endpoints"]) if (host := _host(each)) is not None)
    check_hosts(settings, hosts)
    return hosts


def check_hosts(settings: ModelSettings, hosts: tuple[Host, ...]) -> None:
    """Refuse a route that [privacy] or the parameters leave without a host.

    Raises:
        ProviderError: Naming what there is.
    """
    usable = usable_hosts(hosts, settings.privacy)
    if not usable:
        offered = ", ".join(f"{host.tag} ({host.quantization})" for host in hosts[:SHOWN]) or "none"
        raise ProviderError(f"{settings.id}: [privacy] leaves no host for this model; it is offered by {offered}")
    wanted = _wanted(settings)
    # A host without a list says nothing about what it takes.
    missing = [{name for name in wanted if not _takes(host, name)} for host in usable if host.parameters]
    if missing and len(missing) == len(usable) and all(missing):
        least = min(missing, key=lambda names: (len(names), sorted(names)))
        raise ProviderError(
            f"{settings.id}: no host of this model takes {' and '.join(sorted(least))}; "
            "remove it, or let other hosts answer in [privacy]"
        )


def _wanted(settings: ModelSettings) -> set[str]:
    sampling = settings.sampling
    names = {
        name
        for name in ("max_tokens", "temperature", "top_p", "seed", "reasoning_effort", "logprobs")
        if getattr(sampling, name) not in {None, False}
    }
    return names | ({"structured_output"} if settings.structured_output else set())


def _takes(host: Host, name: str) -> bool:
    return bool(_EITHER.get(name, {name}) & host.parameters)


def _host(entry: dict[str, Any]) -> Host | None:
    name, tag = string(entry.get("provider_name")), string(entry.get("tag"))
    if name is None:
        return None
    listed = entry.get("supported_parameters")
    return Host(
        name=name,
        tag=tag or name.casefold().replace(" ", "-"),
        quantization=string(entry.get("quantization")) or "unknown",
        price=price_per_token(record(entry.get("pricing"))),
        parameters=frozenset(each for each in listed if isinstance(each, str))
        if isinstance(listed, list)
        else frozenset(),
    )
