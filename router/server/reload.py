"""Putting in force what a source offers, for as long as the router runs."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable

import structlog

from router.composition.errors import CompositionFailedError
from router.server.kept_copy import KeptCopy
from router.server.sources.source import Offer, Source, Unavailable, as_written
from router.server.standing import Standing
from router.supergraph.errors import SupergraphError
from router.supergraph.model import Supergraph
from router.supergraph.reading import read_supergraph

logger = structlog.get_logger(__name__)

PutInForce = Callable[[Supergraph], Awaitable[None]]


class Reloading:
    """Follows one source. Composing and reading run beside the event loop: a large graph takes seconds.

    What cannot be served leaves the supergraph before in force. While there is none, the copy of an earlier run is
    served, if one is kept; without it, a source that is not patient is given up: its error is raised.
    """

    def __init__(self, source: Source, standing: Standing, put_in_force: PutInForce, copy: KeptCopy | None) -> None:
        self._source = source
        self._standing = standing
        self._put_in_force = put_in_force
        self._copy = copy

    async def run(self) -> None:
        """Raises what the source's first look raises, CompositionFailedError or SupergraphError."""
        async for look in self._source.looks():
            match look:
                case Offer():
                    await self._take(look)
                case Unavailable():
                    await self._do_without(look)
                case _:
                    self._standing.see_again()

    async def _take(self, offer: Offer) -> None:
        try:
            await self._serve(offer, is_copy=False)
        except (CompositionFailedError, SupergraphError) as error:
            _tell(error)
            await self._refuse(error)
        except Exception as error:  # whatever is wrong with it, what is served goes on
            logger.exception("supergraph.refused", code="INTERNAL_SERVER_ERROR")
            await self._refuse(error)

    async def _serve(self, offer: Offer, *, is_copy: bool) -> None:
        composition = await asyncio.to_thread(offer.compose)
        for hint in composition.hints:
            logger.info("composition.hint", hint=str(hint))
        id_ = hashlib.sha256(composition.sdl.encode("utf-8", "surrogatepass")).hexdigest()[:12]
        if id_ == self._standing.id:
            self._standing.keep()
            return
        await self._put_in_force(await asyncio.to_thread(read_supergraph, composition.sdl))
        self._standing.serve(id_, is_copy=is_copy)
        if self._copy is not None and not is_copy:
            await self._copy.write(composition.sdl)

    async def _refuse(self, error: Exception) -> None:
        self._standing.refuse(str(error))
        if self._standing.id is None:
            await self._serve_copy()
        if self._standing.id is None and not self._source.is_patient:
            raise error

    async def _do_without(self, look: Unavailable) -> None:
        if self._standing.unavailable != look.reason:
            logger.warning("supergraph.unavailable", code=look.code, reason=look.detail or look.reason)
        self._standing.do_without(look.reason)
        if self._standing.id is None:
            await self._serve_copy()

    async def _serve_copy(self) -> None:
        sdl = await self._copy.read() if self._copy is not None else None
        if sdl is None:
            return
        try:
            await self._serve(as_written(sdl), is_copy=True)
        except SupergraphError as error:
            logger.warning("supergraph.copy_refused", code=error.code, reason=error.detail)


def _tell(error: CompositionFailedError | SupergraphError) -> None:
    """An entry of the log for each error, with its code."""
    if isinstance(error, SupergraphError):
        logger.error("supergraph.refused", code=error.code, reason=error.detail)
        return
    for hint in error.hints:
        logger.info("composition.hint", hint=str(hint))
    for finding in error.errors:
        logger.error("supergraph.refused", code=finding.code, reason=str(finding))
