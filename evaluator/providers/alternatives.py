"""What else could be asked when a model or its host is gone; it is said, never done."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from evaluator.providers.routing import Host
from evaluator.providers.wires.reading import Reading, decode, record, records, string

GONE = frozenset({404, 410})
SHOWN = 5


class Alternatives:
    """Adds to the failure of a model that is gone what its provider has instead; a `Completion`."""

    def __init__(self, name: str, listing: bytes, hosts: Sequence[Host] = ()) -> None:
        """Know where to look.

        Args:
            name: Of the model, as its provider writes it.
            listing: The body in which the provider listed its models; read when the model is gone.
            hosts: Of a router: those that offer the model and are not allowed to answer.
        """
        self._name = name
        self._listing = listing
        self._hosts = hosts

    def __call__(self, reading: Reading, at: datetime) -> Reading:  # noqa: ARG002
        """Return `reading` with a hint in its failure, where that says that the model is gone."""
        failure = reading.failure
        if failure is None or failure.kind != "halted" or failure.status not in GONE:
            return reading
        hint = self.hint()
        failure = msgspec.structs.replace(failure, message=failure.message + hint)
        return msgspec.structs.replace(reading, failure=failure, detail=f"{reading.detail or failure.message}{hint}")

    def hint(self) -> str:
        """Return what could be asked instead, to be added to a message; empty where nothing is known."""
        if self._hosts:
            tags = ", ".join(host.tag for host in self._hosts[:SHOWN])
            return f"; hosts that [privacy] leaves out offer it: {tags}"
        return near_names(self._name, names_in(self._listing))


def near_names(name: str, offered: Sequence[str]) -> str:
    """Return the offered names that are most like `name`, to be added to a message.

    >>> near_names("gpt-5.4", ["gpt-5.5", "gpt-5.4-mini", "o3"])
    '; near its name there are gpt-5.5, gpt-5.4-mini: another model is another run'
    >>> near_names("llama", ["qwen3-8b"])
    '; there is qwen3-8b: another model is another run'
    """
    others = [each[:100] for each in offered if each != name]
    near = difflib.get_close_matches(name, others, n=SHOWN, cutoff=0.6)
    if near:
        return f"; near its name there {_are(near)}: another model is another run"
    # Of a large catalogue, names that are not alike help nobody.
    return f"; there {_are(others)}: another model is another run" if 0 < len(others) <= SHOWN else ""


def _are(names: Sequence[str]) -> str:
    return f"{'is' if len(names) == 1 else 'are'} {', '.join(names)}"


def names_in(listing: bytes) -> list[str]:
    """Return the names in a list of models, in whichever shape the provider has."""
    body = record(decode(listing))
    found = (name_of(entry) for entry in records(body.get("data")) or records(body.get("models")))
    return [name for name in found if name]


def name_of(entry: dict[str, Any]) -> str:
    """Return the name of a model in a list, as it is asked for; empty when there is none."""
    name = string(entry.get("id")) or string(entry.get("name")) or string(entry.get("model")) or ""
    return name.removeprefix("models/")
