"""From settings and probes to the requests of a run, each with an id that never changes."""

from __future__ import annotations

import hashlib
from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import overload

import msgspec
import numpy as np

from evaluator.records import Message, ModelSettings, Probe, Request
from evaluator.run.prompts import Prompt, messages_for

ID_BYTES = 32
HASHED_AT_ONCE = 4096


class Planned(Sequence[Request]):
    """The requests of a run: models x prompts x probes x repeats, each made when it is asked for.

    Within a model the order is by request id: fixed, but unrelated to topic or twin, so a run
    that ends early holds a fair part of the probes. In memory are the ids, 32 bytes each, and what
    each is about. A slice is a list.
    """

    def __init__(
        self, probes: Sequence[Probe], models: Sequence[ModelSettings], prompts: Sequence[Prompt], repeats: int
    ) -> None:
        self._probes = probes
        self._models = models
        self._prompts = prompts
        self._repeats = repeats
        self._ids = bytearray()
        self._cells = array("I")
        """Of every request the number of its prompt, probe and repeat within the model."""
        for settings in models:
            self._add(settings)
        self._places: Sequence[int] = range(len(self._cells))

    def _add(self, settings: ModelSettings) -> None:
        # Probes come from the disk: once for all prompts and repeats.
        ids = [bytearray() for _ in self._prompts]
        for probe in self._probes:
            for prompt, own in zip(self._prompts, ids, strict=True):
                messages = messages_for(prompt, probe)
                for repeat in range(self._repeats):
                    own += _digest(settings, prompt, probe, repeat, messages)
        found = np.frombuffer(b"".join(ids), dtype=f"S{ID_BYTES}")
        order = np.argsort(found, kind="stable")
        self._ids += found[order].tobytes()
        self._cells.frombytes(order.astype(np.uint32).tobytes())

    def __len__(self) -> int:
        return len(self._places)

    @overload
    def __getitem__(self, index: int) -> Request: ...
    @overload
    def __getitem__(self, index: slice) -> list[Request]: ...
    def __getitem__(self, index: int | slice) -> Request | list[Request]:
        if isinstance(index, slice):
            return [self._made(place) for place in self._places[index]]
        return self._made(self._places[index])

    def __iter__(self) -> Iterator[Request]:
        return map(self._made, self._places)

    def _made(self, place: int) -> Request:
        cell, repeat = divmod(self._cells[place], self._repeats)
        prompt, probe = divmod(cell, len(self._probes))
        settings = self._models[self._model_of(place)]
        return _request(self._id(place), self._probes[probe], settings, self._prompts[prompt], repeat)

    def _model_of(self, place: int) -> int:
        return place * len(self._models) // len(self._cells)

    def _id(self, place: int) -> str:
        return self._ids[place * ID_BYTES : (place + 1) * ID_BYTES].hex()

    def ids(self) -> Iterator[str]:
        """Yield the request ids, without making the requests."""
        return map(self._id, self._places)

    def only(self, is_wanted: Iterable[bool]) -> Planned:
        """Return those of these requests that are wanted, of which one truth value each is given."""
        return self._of(array("q", (place for place, yes in zip(self._places, is_wanted, strict=True) if yes)))

    def by_model(self, model_ids: Iterable[str]) -> dict[str, Planned]:
        """Return the requests to each of these models."""
        n_each = len(self._cells) // max(len(self._models), 1)
        starts = [bisect_left(self._places, number * n_each) for number in range(len(self._models) + 1)]
        parts = {
            settings.id: self._of(self._places[start:end])
            for settings, (start, end) in zip(self._models, pairwise(starts), strict=True)
        }
        return {name: parts.get(name) or self._of(()) for name in model_ids}

    def _of(self, places: Sequence[int]) -> Planned:
        part = object.__new__(Planned)
        part.__dict__.update(self.__dict__)
        part._places = places
        return part

    def sorted_ids(self) -> bytes:
        """Return the ids of the requests in order, 32 bytes each."""
        ids = np.frombuffer(self._ids, dtype=f"S{ID_BYTES}")[np.asarray(self._places, dtype=np.int64)]
        return np.sort(ids).tobytes()


def plan_requests(
    probes: Sequence[Probe], models: Sequence[ModelSettings], prompts: Sequence[Prompt], *, repeats: int
) -> Planned:
    """Return every request of a run."""
    return Planned(probes, models, prompts, repeats)


def plan_request(probe: Probe, settings: ModelSettings, prompt: Prompt, repeat: int) -> Request:
    """Return one request; its id is the SHA-256 of what is sent, the probe and the repeat."""
    digest = _digest(settings, prompt, probe, repeat, messages_for(prompt, probe))
    return _request(digest.hex(), probe, settings, prompt, repeat)


def _digest(settings: ModelSettings, prompt: Prompt, probe: Probe, repeat: int, messages: tuple[Message, ...]) -> bytes:
    identity = (probe.probe_id, settings.id, prompt.name, repeat, messages, settings.sampling, *settings.route)
    return hashlib.sha256(msgspec.json.encode(identity)).digest()


def _request(request_id: str, probe: Probe, settings: ModelSettings, prompt: Prompt, repeat: int) -> Request:
    return Request(
        request_id=request_id,
        probe_id=probe.probe_id,
        model=settings.id,
        prompt=prompt.name,
        repeat=repeat,
        messages=messages_for(prompt, probe),
        sampling=settings.sampling,
    )


def plan_sha256(requests: Iterable[Request]) -> str:
    """Return the SHA-256 over all request ids, whatever their order."""
    if isinstance(requests, Planned):
        ids = requests.sorted_ids()
    else:
        ids = b"".join(sorted(bytes.fromhex(request.request_id) for request in requests))
    digest = hashlib.sha256()
    step = HASHED_AT_ONCE * ID_BYTES
    for start in range(0, len(ids), step):
        digest.update(b"\n" if start else b"")
        digest.update(ids[start : start + step].hex("\n", ID_BYTES).encode())
    return digest.hexdigest()


def ids_of(requests: Sequence[Request]) -> Iterator[str]:
    """Yield the ids of requests; of planned ones, without making them."""
    return requests.ids() if isinstance(requests, Planned) else (request.request_id for request in requests)


def only(requests: Sequence[Request], is_wanted: Iterable[bool]) -> Sequence[Request]:
    """Return those of the requests that are wanted, of which one truth value each is given."""
    if isinstance(requests, Planned):
        return requests.only(is_wanted)
    return [request for request, yes in zip(requests, is_wanted, strict=True) if yes]


def by_model(requests: Sequence[Request], model_ids: Sequence[str]) -> dict[str, Sequence[Request]]:
    """Return the requests to each of these models."""
    if isinstance(requests, Planned):
        return dict(requests.by_model(model_ids))
    found: dict[str, list[Request]] = {name: [] for name in model_ids}
    for request in requests:
        if request.model in found:
            found[request.model].append(request)
    return dict(found)


def count_by_model(requests: Sequence[Request], model_ids: Sequence[str]) -> Counter[str]:
    """Return how many of the requests go to each of these models; models with none are not in it."""
    return +Counter({name: len(own) for name, own in by_model(requests, model_ids).items()})
