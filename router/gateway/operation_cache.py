"""Compiled operations, kept within bounds; equal misses wait for one piece of work.

Compiling takes tens of milliseconds for a large operation: it runs in a thread, so that other requests go on. What a
request makes of an operation (the same without fields that it may not have, or with overrides that hold for it) is
kept here too, and counts: whoever can choose it could otherwise fill the memory beside the bounds.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from router.execution.compiled import CompiledOperation
from router.gateway.errors import NotReadyError
from router.gateway.operation_metrics import OperationMetrics

# What an answer about the schema takes, in selections that take as much.
_DESCRIPTION_SIZE = 500
_CHARACTERS_OF_A_SELECTION = 100

Compile = Callable[[], CompiledOperation]


@dataclass(frozen=True, slots=True)
class CacheLimits:
    """`selections` bounds the sizes of all that are kept: a large operation takes the place of many small ones."""

    operations: int = 1_000
    selections: int = 100_000
    waiting: int = 128


@dataclass(slots=True)
class Kept:
    """An operation, how often it was asked for of late, and what it counts: `size` for each of its projections."""

    operation: CompiledOperation
    size: int
    projections: int = 1
    uses: int = 1

    @property
    def weight(self) -> int:
        return self.size * self.projections


class OperationCache:
    """The cache. The least used go first."""

    def __init__(self, limits: CacheLimits, pool: ThreadPoolExecutor, metrics: OperationMetrics) -> None:
        self.selections = 0
        self._limits = limits
        self._pool = pool
        self._metrics = metrics
        self._kept: OrderedDict[Hashable, Kept] = OrderedDict()
        self._under_way: dict[Hashable, asyncio.Future[CompiledOperation]] = {}

    def __len__(self) -> int:
        return len(self._kept)

    def items(self) -> Iterator[tuple[Hashable, Kept]]:
        return iter(list(self._kept.items()))

    def peek(self, key: Hashable) -> Kept | None:
        """What is kept, which does not count as a use."""
        return self._kept.get(key)

    async def get(self, key: Hashable, compile_: Compile, characters: int = 0) -> CompiledOperation:
        """The operation; `characters` are those of the document that it keeps.

        Raises what compiling raises, or NotReadyError while too many others are being compiled.
        """
        known = self._kept.get(key)
        if known is not None:
            self._metrics.count("hit")
            self._kept.move_to_end(key)
            known.uses += 1
            if known.operation.projection.variants != known.projections:
                self._weigh(known)
            return known.operation
        waiting = self._under_way.get(key)
        if waiting is not None:
            self._metrics.count("coalesced")
        elif len(self._under_way) >= self._limits.waiting:
            self._metrics.count("refused")
            raise NotReadyError("too many new operations are waiting to be planned")
        else:
            self._metrics.count("miss")
            waiting = self._start(key, compile_, characters)
        # A client that leaves must not take the work away from the others who wait for it.
        return await asyncio.shield(waiting)

    def _start(self, key: Hashable, compile_: Compile, characters: int) -> asyncio.Future[CompiledOperation]:
        future = asyncio.get_running_loop().run_in_executor(self._pool, compile_)
        self._under_way[key] = future

        def done(finished: asyncio.Future[CompiledOperation]) -> None:
            del self._under_way[key]
            if not finished.cancelled() and finished.exception() is None:
                operation = finished.result()
                self._keep(key, Kept(operation, _size(operation, characters)))

        future.add_done_callback(done)
        return future

    def _keep(self, key: Hashable, kept: Kept) -> None:
        self._kept[key] = kept
        self.selections += kept.weight
        self._make_room()

    def _weigh(self, kept: Kept) -> None:
        """Conditions are compiled for each combination of their variables, which are the client's to combine."""
        self.selections -= kept.weight
        kept.projections = max(1, kept.operation.projection.variants)
        self.selections += kept.weight
        self._make_room()

    def _make_room(self) -> None:
        while len(self._kept) > self._limits.operations or self.selections > self._limits.selections:
            _, dropped = self._kept.popitem(last=False)
            self.selections -= dropped.weight
            self._metrics.evicted()


def _size(operation: CompiledOperation, characters: int) -> int:
    """In selections; a document that is mostly comments counts by its length."""
    described = _DESCRIPTION_SIZE if operation.introspected is not None else 0
    return max(operation.plan.operation.selections.size(), characters // _CHARACTERS_OF_A_SELECTION) + described
