"""Who may generate an answer: from [privacy] to OpenRouter's routing, and back from what was served."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from evaluator.errors import ConfigError
from evaluator.records import ModelSettings, Price, Privacy

_DATE = re.compile(r"[-@](?:\d{8}|\d{4}-\d{2}-\d{2}|\d{2}-\d{4}|\d{2}-\d{2}|\d{3,4})$")
_VERSION = re.compile(r"(?<=\d)-(?=\d)")
_PLAIN = re.compile(r"[^a-z0-9]")


class Host(msgspec.Struct, frozen=True, kw_only=True):
    """One host of a model on OpenRouter."""

    name: str
    """As answers name it: Moonshot AI."""
    tag: str
    """As routing names it: moonshotai, deepinfra/turbo."""
    quantization: str = "unknown"
    price: Price | None = None
    """USD per million tokens; None where it does not say."""
    parameters: frozenset[str] = frozenset()


def check_privacy(settings: ModelSettings) -> None:
    """Refuse [privacy] settings that contradict each other.

    Raises:
        ConfigError: Naming model and setting; nothing was sent.
    """
    privacy, where = settings.privacy, f"{settings.id}: [privacy]"
    for name in ("allowed_hosts", "forbidden_hosts"):
        if any(not _is_slug(host) for host in getattr(privacy, name)):
            raise ConfigError(f"{where} {name}: need slugs of hosts as deepinfra or deepinfra/turbo")
    pin = privacy.pinned_host
    if pin is not None and not _is_slug(pin):
        raise ConfigError(f"{where} pinned_host: need the slug of a host as deepinfra or deepinfra/turbo")
    if pin is not None and privacy.allowed_hosts and not _names(privacy.allowed_hosts, pin):
        raise ConfigError(f"{where} pinned_host: need one of allowed_hosts, got {pin!r}")
    wanted = (pin,) if pin is not None else privacy.allowed_hosts
    if wanted and all(_names(privacy.forbidden_hosts, host) for host in wanted):
        raise ConfigError(f"{where} forbidden_hosts: leaves none of {', '.join(wanted)}; remove one of the two")


def refuse_privacy(settings: ModelSettings) -> None:
    """Refuse [privacy] settings where nobody could honour them.

    Raises:
        ConfigError: Naming the settings and what to do; nothing was sent.
    """
    unset = Privacy()
    wanted = [name for name in unset.__struct_fields__ if getattr(settings.privacy, name) != getattr(unset, name)]
    if wanted:
        raise ConfigError(
            f"{settings.id}: [privacy] {', '.join(wanted)}: only a route through OpenRouter can be asked for this; "
            "take openrouter/… or set it under [model.privacy] of those models only"
        )


def _is_slug(host: str) -> bool:
    return re.fullmatch(r"[A-Za-z0-9._-]{1,100}(?:/[A-Za-z0-9._-]{1,100}){0,2}", host) is not None


def provider_preferences(privacy: Privacy) -> dict[str, Any]:
    """Return OpenRouter's `provider` object; a parameter that a host does not take excludes that host."""
    only = (privacy.pinned_host,) if privacy.pinned_host is not None else privacy.allowed_hosts
    optional = {
        "only": list(only) or None,
        "ignore": list(privacy.forbidden_hosts) or None,
        "allow_fallbacks": False if privacy.pinned_host is not None else None,
        "data_collection": privacy.data_collection,
        "zdr": privacy.zdr,
        "quantizations": list(privacy.quantizations) or None,
    }
    return {"require_parameters": True, **{key: value for key, value in optional.items() if value is not None}}


def usable_hosts(hosts: Iterable[Host], privacy: Privacy) -> list[Host]:
    """Return the hosts that the names and quantizations of `privacy` leave."""
    return [
        host
        for host in hosts
        if may_serve(privacy, host.tag) and (not privacy.quantizations or host.quantization in privacy.quantizations)
    ]


def dearest(hosts: Iterable[Host], privacy: Privacy) -> Price | None:
    """Return a price that none of the hosts which may answer exceeds; None where one does not say its price."""
    prices = [host.price for host in usable_hosts(hosts, privacy)]
    known = [price for price in prices if price is not None]
    if not known or len(known) < len(prices):
        return None
    return Price(prompt=max(p.prompt for p in known), completion=max(p.completion for p in known))


def may_serve(privacy: Privacy, tag: str) -> bool:
    """Whether `privacy` lets the host with this tag answer.

    >>> may_serve(Privacy(allowed_hosts=("deepinfra",)), "deepinfra/turbo")
    True
    >>> may_serve(Privacy(pinned_host="deepinfra/turbo"), "deepinfra")
    False
    """
    if privacy.pinned_host is not None and not _names((privacy.pinned_host,), tag):
        return False
    is_allowed = not privacy.allowed_hosts or _names(privacy.allowed_hosts, tag)
    return is_allowed and not _names(privacy.forbidden_hosts, tag)


def _names(slugs: Sequence[str], tag: str) -> bool:
    """Whether a slug is the tag, or the host that the tag is a variant of."""
    tag = tag.casefold()
    return any(tag == slug.casefold() or tag.startswith(slug.casefold() + "/") for slug in slugs)


def is_host_outside(served_by: str, privacy: Privacy, hosts: Sequence[Host]) -> bool:
    """Whether the host that an answer names is one that `privacy` excludes.

    Answers name a host as people do (Moonshot AI), settings as routing does (moonshotai); the list
    of the model's hosts joins the two. A host outside the list is compared by its letters.
    """
    same = [host for host in hosts if _plain(host.name) == _plain(served_by)]
    if same:
        return not any(may_serve(privacy, host.tag) for host in same)
    if privacy.pinned_host is not None:
        return not _is_like(privacy.pinned_host, served_by)
    if privacy.allowed_hosts and not any(_is_like(slug, served_by) for slug in privacy.allowed_hosts):
        return True
    return any(_is_like(slug, served_by) and "/" not in slug for slug in privacy.forbidden_hosts)


def _is_like(slug: str, name: str) -> bool:
    return _plain(slug.partition("/")[0]) == _plain(name)


def _plain(name: str) -> str:
    return _PLAIN.sub("", name.casefold())


def is_other_model(asked: str, served: str) -> bool:
    """Whether the model that answered is another than the one asked; a dated name is the same model.

    >>> is_other_model("moonshotai/kimi-k2.6", "moonshotai/kimi-k2.6-20260420")
    False
    >>> is_other_model("anthropic/claude-opus-4.6", "anthropic/claude-4.6-opus-20260205")
    False
    >>> is_other_model("gpt-5.5", "gpt-5.5-mini"), is_other_model("gpt-5.5-2026-04-23", "gpt-5.5-2026-05-01")
    (True, True)
    """
    asked, served = _model_name(asked), _model_name(served)
    return _parts(served) != _parts(asked) and _parts(_DATE.sub("", served)) != _parts(asked)


def _model_name(name: str) -> str:
    # A variant as :free is a price, not a model; Gemini may answer with its resource name.
    return name.casefold().partition(":")[0].removeprefix("models/")


def _parts(name: str) -> list[str]:
    # OpenRouter writes claude-4.6-opus for claude-opus-4-6: the same words in another order.
    return sorted(re.split(r"[-/@]", _VERSION.sub(".", name)))
