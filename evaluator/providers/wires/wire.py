"""What every wire format offers to whoever sends."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from evaluator.providers.reply import HttpReply
from evaluator.providers.wires.reading import Reading
from evaluator.records import Request


class Wire(Protocol):
    """A wire format; pure functions of what they are given."""

    @property
    def key_header(self) -> str:
        """The header that carries the key; `authorization` carries it as a bearer token."""
        ...

    @property
    def headers(self) -> Mapping[str, str]:
        """Headers of every request, such as the pinned version of the API."""
        ...

    def path(self, model_name: str) -> str:
        """Return where the request goes, below the base URL."""
        ...

    def body(self, request: Request, model_name: str) -> dict[str, Any]:
        """Return the request as JSON: the same for the same request, on every attempt and resume."""
        ...

    def read(self, reply: HttpReply) -> Reading:
        """Return what a reply says; whatever does not fit is `malformed`, never an answer."""
        ...
