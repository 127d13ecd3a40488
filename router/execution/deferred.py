"""An operation of which parts come later: the first response, then each part as soon as its fetches are done.

All fetches write into one tree of data. A part is projected from it, object by object, for those objects that the
client has been shown.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from router.execution.compiled import CompiledOperation
from router.execution.errors import FieldError, ResponsePath
from router.execution.executor import Request, Response, Run
from router.execution.representations import JsonObject
from router.execution.transport import SubgraphTransport
from router.planning.deferral import DeferredPiece
from router.planning.fetch_graph import TypeIs
from router.planning.operation import DeferredPart


@dataclass(frozen=True, slots=True)
class Pending:
    """A part that is still to come, for the object at `path`."""

    part: DeferredPart
    path: ResponsePath


@dataclass(slots=True)
class DeferredResult:
    """What came of a part for the object at `path`, which is that of `pending` or below it."""

    pending: Pending
    path: ResponsePath
    data: JsonObject | None
    errors: list[FieldError]


@dataclass(slots=True)
class Increment:
    """One message to the client. The first has the `response`; `pending` are those that the client did not know of,
    `completed` those of which it now has everything."""

    response: Response | None = None
    results: list[DeferredResult] = field(default_factory=list)
    pending: list[Pending] = field(default_factory=list)
    completed: list[Pending] = field(default_factory=list)
    has_next: bool = True


async def execute_deferring(
    operation: CompiledOperation, request: Request, transport: SubgraphTransport
) -> AsyncGenerator[Increment]:
    """The first response, and what comes after it. To close the iterator ends all fetches."""
    run = _DeferringRun(operation, request, transport)
    fetching = asyncio.create_task(run.fetch_everything())
    try:
        delivery = _Delivery(run)
        while delivery.has_next:
            done = await run.some_done()
            if None in done:
                await fetching
            increment = delivery.after(done)
            if increment is not None:
                yield increment
    finally:
        fetching.cancel()
        await asyncio.gather(fetching, return_exceptions=True)


class _DeferringRun(Run):
    """Puts the id of each part into `done` once its fetches are; 0 is the first response. At the end comes None."""

    def __init__(self, operation: CompiledOperation, request: Request, transport: SubgraphTransport) -> None:
        super().__init__(operation, request, transport)
        self.done: asyncio.Queue[int | None] = asyncio.Queue()
        self.parts = list(dict.fromkeys(piece.part for piece in operation.deferred))
        self._left = Counter(item.fetch.part for item in operation.fetches)

    async def fetch_everything(self) -> None:
        try:
            for part in (0, *(part.id for part in self.parts)):
                if not self._left[part]:
                    self.done.put_nowait(part)
            async with asyncio.TaskGroup() as self._group:
                for index, item in enumerate(self.operation.fetches):
                    if not item.fetch.depends_on:
                        self._group.create_task(self._chain(index))
        finally:
            self.done.put_nowait(None)

    async def _chain(self, index: int) -> None:
        """One fetch, and the start of those it was the last to be waited for by. Nobody waits for these here."""
        current = self.operation.fetches[index]
        await self._fetch(current)
        self._left[current.fetch.part] -= 1
        if not self._left[current.fetch.part]:
            self.done.put_nowait(current.fetch.part)
        for dependent in current.dependents:
            self._waiting[dependent] -= 1
            if not self._waiting[dependent]:
                self._group.create_task(self._chain(dependent))

    async def some_done(self) -> list[int | None]:
        """What was done since; at least one."""
        done = [await self.done.get()]
        while not self.done.empty():
            done.append(self.done.get_nowait())
        return done


class _Shown(NamedTuple):
    """An object in our data, and as the client sees it."""

    found: JsonObject
    shown: JsonObject
    at: ResponsePath


class _Delivery:
    """What the client has, and what it can be sent next: a part after that which it is within."""

    def __init__(self, run: _DeferringRun) -> None:
        self._run = run
        self._done: set[int] = set()
        self._waiting = list(run.parts)
        self._shown: dict[DeferredPiece | None, list[_Shown]] = {}
        self._pending: dict[DeferredPart, list[Pending]] = {}
        self.has_next = True

    def after(self, done: Iterable[int | None]) -> Increment | None:
        """What there is to say now that these are done; None where that is nothing."""
        self._done.update(part for part in done if part is not None)
        if 0 not in self._done:
            return None
        increment = Increment()
        if not self._shown:
            increment.response = self._run.finish()
            data = increment.response.data
            self._shown[None] = [_Shown(self._run.data, data, ())] if isinstance(data, dict) else []
            self._announce(increment)
        while (part := next(filter(self._is_ready, self._waiting), None)) is not None:
            if increment.response is not None and self._pending[part]:
                # The first message has data of its own; this part is in the next, which follows at once.
                self._run.done.put_nowait(part.id)
                break
            self._deliver(part, increment)
            self._announce(increment)
        self.has_next = increment.has_next = any(self._pending.get(part, True) for part in self._waiting)
        is_something = increment.response or increment.results or increment.pending or increment.completed
        return increment if is_something or not self.has_next else None

    def _is_ready(self, part: DeferredPart) -> bool:
        return part.id in self._done and part in self._pending

    def _announce(self, increment: Increment) -> None:
        """Says what is to come of parts that nothing the client does not have is around any more."""
        for part in self._waiting:
            if part in self._pending or any(part is not other and part.is_in(other) for other in self._waiting):
                continue
            objects = (found.at for piece in self._pieces(part) for found in self._objects(piece))
            paths = dict.fromkeys(_above(path, len(part.path)) for path in objects)
            self._pending[part] = [Pending(part, path) for path in paths]
            increment.pending += self._pending[part]

    def _deliver(self, part: DeferredPart, increment: Increment) -> None:
        self._waiting.remove(part)
        pending = {found.path: found for found in self._pending[part]}
        errors = self._run.errors[part.id]
        results: list[DeferredResult] = []
        for piece in self._pieces(part):
            projection = self._run.operation.deferred[piece]
            shown: list[_Shown] = []
            for found in self._objects(piece):
                data = projection.project(found.found, self._run.request.variables, errors, found.at)
                results.append(DeferredResult(pending[_above(found.at, len(part.path))], found.at, data, []))
                if data is not None:
                    shown.append(found._replace(shown=data))
            self._shown[piece] = shown
        _give(errors, results)
        increment.results += results
        increment.completed += pending.values()

    def _pieces(self, part: DeferredPart) -> list[DeferredPiece]:
        variables = self._run.request.variables
        return [
            piece for piece in self._run.operation.deferred if piece.part is part and piece.asks_something(variables)
        ]

    def _objects(self, piece: DeferredPiece) -> list[_Shown]:
        """The objects the piece is of, as far as the client has been shown them."""
        objects: Iterable[_Shown] = self._shown.get(piece.inside, ())
        if piece.inside is not None and piece.inside not in self._shown:
            # Nothing was left of it for these variables, so that nothing of it had to be shown.
            objects = self._objects(piece.inside)
        for element in piece.path:
            if isinstance(element, TypeIs):
                objects = [item for item in objects if item.found.get("__typename") in element.types]
            else:
                objects = [below for item in objects for below in _below(item, element)]
        return list(objects)


def _below(item: _Shown, key: str) -> Iterator[_Shown]:
    yield from _both(item.found.get(key), item.shown.get(key), (*item.at, key))


def _both(found: object, shown: object, at: ResponsePath) -> Iterator[_Shown]:
    if isinstance(found, dict) and isinstance(shown, dict):
        yield _Shown(found, shown, at)
    elif isinstance(found, list) and isinstance(shown, list):
        for index, (left, right) in enumerate(zip(found, shown, strict=True)):
            yield from _both(left, right, (*at, index))


def _above(path: ResponsePath, keys: int) -> ResponsePath:
    """As much of the path as leads through so many response keys, and the list indices after them."""
    passed = 0
    for length, part in enumerate(path):
        passed += isinstance(part, str)
        if passed > keys:
            return path[:length]
    return path


def _give(errors: Sequence[FieldError], results: Sequence[DeferredResult]) -> None:
    """Each error to the result it is about; one about several, or about none that can be told, to the first."""
    by_path = {result.path: result for result in reversed(results)}
    for error in errors:
        path = error.path or ()
        about = next((by_path[path[:end]] for end in range(len(path), -1, -1) if path[:end] in by_path), None)
        if about is None and results:
            about = results[0]
        if about is not None:
            about.errors.append(error)
