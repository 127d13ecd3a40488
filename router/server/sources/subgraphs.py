"""Subgraphs named in a file: asked for their SDL, composed by the router itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from functools import partial
from pathlib import Path

import msgspec
import structlog

from observability import unrecorded
from router.composition.compose import compose
from router.composition.files import ListedSubgraph, SubgraphListError, read_subgraph_list
from router.composition.subgraph import SubgraphSource
from router.execution.errors import SubrequestError
from router.execution.transport import SubgraphRequest, SubgraphTransport
from router.server.sources.pace import Pace
from router.server.sources.source import Look, Offer, Unavailable, Unchanged
from router.supergraph.model import Subgraph

logger = structlog.get_logger(__name__)

_QUERY = b'{"query":"query SubgraphSdl { _service { sdl } }","operationName":"SubgraphSdl","variables":{}}'


class _Service(msgspec.Struct):
    sdl: str


class _ServiceData(msgspec.Struct):
    service: _Service = msgspec.field(name="_service")


class _ServiceAnswer(msgspec.Struct):
    data: _ServiceData


_decode_answer = msgspec.json.Decoder(_ServiceAnswer).decode


class SubgraphsSource:
    """The subgraphs of a list, which is read again at each look; those listed without SDL are asked for it again.

    A subgraph that has answered once and does not answer now keeps its SDL. One that has never answered is waited
    for, and meanwhile the others are not asked again: there is nothing that could be composed. A list that cannot be
    read is a reason to give up at the start only.
    """

    is_patient = False

    def __init__(self, path: Path, transport: SubgraphTransport, pace: Pace) -> None:
        self._path = path
        self._transport = transport
        self._pace = pace
        self._sdls: dict[tuple[str, str], str] = {}
        self._silent: dict[str, str] = {}

    async def looks(self) -> AsyncIterator[Look]:
        entries: Sequence[ListedSubgraph] = await asyncio.to_thread(read_subgraph_list, self._path)
        known: Sequence[SubgraphSource] = ()
        while True:
            found = await self._sources(entries)
            if found is None:
                yield Unavailable(f"waiting for subgraphs: {', '.join(sorted(self._silent))}")
                await self._pace.before_first()
            else:
                yield Unchanged() if found == known else Offer(partial(compose, found))
                known = found
                await self._pace.after_success()
            while isinstance(listed := await self._listed(), Unavailable):
                yield listed
                await self._pace.after_success()
            entries = listed

    async def _listed(self) -> Sequence[ListedSubgraph] | Unavailable:
        try:
            return await asyncio.to_thread(read_subgraph_list, self._path)
        except SubgraphListError as error:
            return Unavailable("the list of subgraphs cannot be read", error.code, str(error))

    async def _sources(self, entries: Sequence[ListedSubgraph]) -> Sequence[SubgraphSource] | None:
        """What there is to compose; None while one of them has never answered."""
        asked = {(entry.name, entry.url) for entry in entries if entry.sdl is None}
        self._sdls = {identity: sdl for identity, sdl in self._sdls.items() if identity in asked}
        self._silent = {name: reason for name, reason in self._silent.items() if name in {one for one, _ in asked}}
        unknown = asked - self._sdls.keys()
        await asyncio.gather(*(self._ask(name, url) for name, url in unknown or asked))
        if asked - self._sdls.keys():
            return None
        return [
            SubgraphSource(entry.name, entry.url, self._sdls[entry.name, entry.url] if entry.sdl is None else entry.sdl)
            for entry in entries
        ]

    async def _ask(self, name: str, url: str) -> None:
        request = SubgraphRequest(Subgraph(name, name, url), _QUERY, {}, repeatable=True)
        try:
            with unrecorded():
                answer = await self._transport.send(request)
            self._sdls[name, url] = _decode_answer(answer).data.service.sdl
            self._silent.pop(name, None)
        except (SubrequestError, msgspec.DecodeError) as error:
            if self._silent.get(name) != str(error):
                logger.info("subgraph.waiting", subgraph=name, reason=str(error))
            self._silent[name] = str(error)
