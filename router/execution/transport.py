"""The one interface through which execution reaches subgraphs."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from router.execution.uploaded_file import PlacedFile
from router.supergraph.model import Subgraph

Answered = Callable[[str, Iterable[tuple[bytes, bytes]]], None]
"""Takes the name of a subgraph and the headers of its answer."""


@dataclass(frozen=True, slots=True)
class SubgraphRequest:
    """A GraphQL request, encoded, with the headers that go on from the client.

    `repeatable` requests change nothing: one may be sent again when a kept connection turns out to be dead.
    `answered` is given the headers of the answer, where someone wants them. `files` belong where the body has nulls.
    """

    subgraph: Subgraph
    body: bytes
    headers: Mapping[str, str]
    repeatable: bool = False
    answered: Answered | None = None
    files: tuple[PlacedFile, ...] = ()


class SubgraphTransport(Protocol):
    """Sends a request; every failure is a SubrequestError."""

    async def send(self, request: SubgraphRequest) -> bytes:
        """The body of the answer, which claims to be JSON."""
        ...

    def subscribe(self, request: SubgraphRequest) -> AsyncGenerator[bytes]:
        """The payload of each event, until the subgraph completes."""
        ...
