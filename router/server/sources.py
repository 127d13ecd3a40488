"""Where the supergraph comes from: a file, or subgraphs that are asked until all have answered."""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec
import structlog

from router.composition.compose import compose
from router.composition.files import ListedSubgraph, SubgraphListError, read_subgraph_list
from router.composition.subgraph import SubgraphSource
from router.execution.errors import SubrequestError
from router.execution.transport import SubgraphRequest, SubgraphTransport
from router.supergraph.model import Subgraph, Supergraph
from router.supergraph.reading import read_supergraph

logger = structlog.get_logger(__name__)

_QUERY = b'{"query":"query SubgraphSdl { _service { sdl } }","operationName":"SubgraphSdl","variables":{}}'
_FIRST_PAUSE = 0.1
_LONGEST_PAUSE = 2.0


class _Service(msgspec.Struct):
    sdl: str


class _ServiceData(msgspec.Struct):
    service: _Service = msgspec.field(name="_service")


class _ServiceAnswer(msgspec.Struct):
    data: _ServiceData


_decode_answer = msgspec.json.Decoder(_ServiceAnswer).decode


async def from_text(sdl: str) -> Supergraph:
    """Raises SupergraphError. Beside the event loop: a large graph takes seconds."""
    return await asyncio.to_thread(read_supergraph, sdl)


async def from_subgraphs(path: Path | None, transport: SubgraphTransport) -> Supergraph:
    """Waits until every subgraph has answered. Raises SubgraphListError or CompositionFailedError."""
    if path is None:
        raise SubgraphListError("no list of subgraphs is set")
    entries = await asyncio.to_thread(read_subgraph_list, path)
    sources = await asyncio.gather(*(_source(entry, transport) for entry in entries))
    composition = await asyncio.to_thread(compose, sources)
    for hint in composition.hints:
        logger.info("composition.hint", hint=str(hint))
    return await from_text(composition.sdl)


async def _source(entry: ListedSubgraph, transport: SubgraphTransport) -> SubgraphSource:
    sdl = entry.sdl if entry.sdl is not None else await fetch_sdl(entry.name, entry.url, transport)
    return SubgraphSource(entry.name, entry.url, sdl)


async def fetch_sdl(name: str, url: str, transport: SubgraphTransport) -> str:
    """The subgraph's SDL, asked again with growing pauses until it answers."""
    request = SubgraphRequest(Subgraph(name, name, url), _QUERY, {}, repeatable=True)
    pause, told = _FIRST_PAUSE, ""
    while True:
        try:
            return _decode_answer(await transport.send(request)).data.service.sdl
        except (SubrequestError, msgspec.DecodeError) as error:
            reason = str(error)
        if reason != told:
            logger.info("subgraph.waiting", subgraph=name, reason=reason)
            told = reason
        await asyncio.sleep(pause)
        pause = min(pause * 1.5, _LONGEST_PAUSE)
