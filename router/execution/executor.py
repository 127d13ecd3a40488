"""Runs the graph of fetches: each starts when its own inputs are there, none waits for a wave."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field

import msgspec

from router.execution.compiled import CompiledFetch, CompiledLookup, CompiledOperation, introspect
from router.execution.context_values import ContextGroup, by_context
from router.execution.envelope import Envelope, raw_data, read_envelope
from router.execution.errors import FieldError, ResponsePath, SubrequestError, SubrequestMalformedError
from router.execution.known_entities import Borrowed, KnownEntities
from router.execution.places import Places
from router.execution.representations import Batch, JsonObject, batch
from router.execution.response_data import (
    copied,
    located_objects,
    merge,
    merge_copies,
    merge_into_all,
    path_to_first_list,
    rename,
)
from router.execution.subgraph_errors import AskedEntities, entity_errors, root_errors
from router.execution.transport import Answered, SubgraphRequest, SubgraphTransport
from router.execution.uploaded_file import PlacedFile
from router.planning.fetch_graph import Conditions
from router.planning.plan import Lookup

_MOST_VALUES = 32
"""Values of contexts that one request asks for; each is a lookup of its own."""


@dataclass(slots=True)
class Response:
    """The client's data, decoded or as bytes that need no decoding, and the errors beside them.

    `is_last` says that no other comes after this one; of a subscription nobody knows that.
    """

    data: JsonObject | msgspec.Raw | None
    errors: list[FieldError] = field(default_factory=list)
    encoded: bytes | None = None
    """The whole response, where a subgraph's answer is already what the client gets."""
    is_last: bool = False


@dataclass(frozen=True, slots=True)
class Request:
    """What one execution is given: coerced variables, headers for every subgraph and those for one alone, errors known
    beforehand. `answered` takes the headers of answers; `files` belong into variables that are null without them.

    `errors` are by the deferred part that they are about; those of the first response are 0's.
    """

    variables: Mapping[str, object]
    headers: Mapping[str, str]
    errors: Mapping[int, Sequence[FieldError]] = field(default_factory=dict)
    own_headers: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    answered: Answered | None = None
    files: tuple[PlacedFile, ...] = ()

    def to(self, current: CompiledFetch, body: bytes) -> SubgraphRequest:
        """The request of a fetch: to its subgraph, with the files of its variables."""
        subgraph, fetch = current.subgraph, current.fetch
        own = self.own_headers.get(subgraph.name)
        headers = {**self.headers, **own} if own else self.headers
        files = tuple(item for item in self.files if item.path[0] in fetch.variables) if self.files else ()
        return SubgraphRequest(subgraph, body, headers, fetch.kind == "query", self.answered, files)


_OBJECTS_OR_NULL = frozenset({dict, type(None)})
_BARE = b'{"data":'


async def execute(operation: CompiledOperation, request: Request, transport: SubgraphTransport) -> Response:
    """The response to a query or mutation."""
    if operation.plan.passthrough:
        return await _pass_through(operation, request, transport)
    run = Run(operation, request, transport)
    await run.all([index for index, item in enumerate(operation.fetches) if not item.fetch.depends_on])
    return run.finish()


async def subscribe(
    operation: CompiledOperation, request: Request, transport: SubgraphTransport
) -> AsyncGenerator[Response]:
    """A response for each event of the source fetch; the rest of the plan runs for every one of them."""
    source = operation.fetches[0]
    body = source.body(request.variables)
    async with aclosing(transport.subscribe(request.to(source, body))) as events:
        async for payload in events:
            run = Run(operation, request, transport)
            run.receive(source, [run.data], payload)
            await run.all(list(source.dependents))
            yield run.finish()


async def _pass_through(operation: CompiledOperation, request: Request, transport: SubgraphTransport) -> Response:
    run = Run(operation, request, transport)
    only = operation.fetches[0]
    answer = await run.send(only, only.body(request.variables))
    if answer is not None:
        passed = _passed(operation, request, answer)
        if passed is not None:
            return passed
        run.receive(only, [run.data], answer)
    return run.finish()


def _passed(operation: CompiledOperation, request: Request, answer: bytes) -> Response | None:
    """The answer as the response, where it would become the same anyway."""
    data = raw_data(answer)
    if data is None or request.errors:
        return None
    view = memoryview(data)
    if not operation.projection.changes_nothing(answer, view, request.variables):
        return None
    is_bare = answer.startswith(_BARE) and len(answer) == len(_BARE) + view.nbytes + 1
    return Response(data, encoded=answer if is_bare else None)


class Run:
    """One execution under way."""

    def __init__(self, operation: CompiledOperation, request: Request, transport: SubgraphTransport) -> None:
        self.operation = operation
        self.request = request
        self.transport = transport
        self.data: JsonObject = {}
        self._places = Places(self.data, operation.takes)
        self._known = KnownEntities()
        # By deferred part, as the request's.
        self.errors: dict[int, list[FieldError]] = defaultdict(list)
        for part, errors in request.errors.items():
            self.errors[part].extend(errors)
        # Where the same entity may be given different arguments in different places, each place has its own.
        self._merge = merge_copies if operation.is_contextual else merge_into_all
        self._waiting = [len(item.fetch.depends_on) for item in operation.fetches]

    async def all(self, ready: list[int]) -> None:
        """Runs these fetches and, as they become ready, all that depend on them."""
        if len(ready) == 1:
            await self._chain(ready[0])
        elif ready:
            async with asyncio.TaskGroup() as group:
                for index in ready[1:]:
                    group.create_task(self._chain(index))
                await self._chain(ready[0])

    async def _chain(self, index: int) -> None:
        """One fetch, then whatever it was the last to be waited for by. A lone successor needs no task."""
        current = self.operation.fetches[index]
        await self._fetch(current)
        ready: list[int] = []
        for dependent in current.dependents:
            self._waiting[dependent] -= 1
            if self._waiting[dependent] == 0:
                ready.append(dependent)
        await self.all(ready)

    async def _fetch(self, current: CompiledFetch) -> None:
        if current.lookups:
            await self._fetch_entities(current)
            return
        if not self._holds(current.fetch.conditions):
            return
        objects = self._places.at(current.fetch.path)
        if objects:
            answer = await self.send(current, current.body(self.request.variables))
            if answer is not None:
                self.receive(current, objects, answer)

    async def _fetch_entities(self, current: CompiledFetch) -> None:
        if current.lookups[0].lookup.contexts:
            await self._fetch_by_context(current, current.lookups[0])
            return
        batches = [self._batch(current, item) for item in current.lookups]
        if current.is_shared:
            await self._ask_unknown(current, batches)
        else:
            await self._ask(current, batches, self.request.variables)

    async def _ask_unknown(self, current: CompiledFetch, batches: Sequence[Batch]) -> None:
        """Asks for what no other fetch asks for in the same words, and takes the rest from those that do."""
        division = self._known.divide(current, batches)
        answer: JsonObject | None = None
        try:
            answer = await self._ask(current, division.batches, self.request.variables)
        finally:
            division.ended(answer)
        failed: list[Borrowed] = []
        for borrowed in division.borrowed:
            entities = await borrowed.entities()
            if entities is None:
                failed.append(borrowed)
                continue
            for group, entity in entities:
                if isinstance(entity, dict):
                    self._merge(group, entity)
        if failed:
            await self._ask(current, division.again(failed), self.request.variables)

    async def _fetch_by_context(self, current: CompiledFetch, item: CompiledLookup) -> None:
        """Asks once for each of the values that the fetch is given from objects further up, many in one request."""
        if not self._holds(item.lookup.conditions):
            return
        found = by_context(self.data, item.lookup)
        self._report_skipped(current, item.lookup, found.skipped)
        async with asyncio.TaskGroup() as group:
            for start in range(0, len(found.groups), _MOST_VALUES):
                group.create_task(self._ask_groups(current, found.groups[start : start + _MOST_VALUES]))

    async def _ask_groups(self, current: CompiledFetch, groups: Sequence[ContextGroup]) -> None:
        fetch = current.repeated(len(groups))
        variables = dict(self.request.variables)
        batches: list[Batch] = []
        for item, group in zip(fetch.lookups, groups, strict=True):
            asked = batch(group.objects, item.builders)
            self._report_skipped(current, item.lookup, asked.skipped)
            batches.append(asked)
            variables.update(
                (context.variable, value) for context, value in zip(item.lookup.contexts, group.values, strict=True)
            )
        await self._ask(fetch, batches, variables)

    async def _ask(
        self, current: CompiledFetch, batches: Sequence[Batch], variables: Mapping[str, object]
    ) -> JsonObject | None:
        """Asks for the entities, and merges them into the objects that they are. Gives back data without errors."""
        if not any(batch.representations for batch in batches):
            return None
        answer = await self.send(current, current.body(variables, batches))
        if answer is None:
            return None
        try:
            envelope = read_envelope(current.subgraph.name, answer, current.decode)
            self._merge_entities(current, batches, envelope)
        except SubrequestError as error:
            self._report(current, error)
            return None
        return None if envelope.errors else envelope.data

    def _batch(self, current: CompiledFetch, item: CompiledLookup) -> Batch:
        if not self._holds(item.lookup.conditions):
            return Batch()
        found = batch(self._places.at(item.lookup.path), item.builders)
        self._report_skipped(current, item.lookup, found.skipped)
        return found

    def _holds(self, conditions: Conditions) -> bool:
        variables = self.request.variables
        return all(variables.get(name) is wanted for name, wanted in conditions)

    async def send(self, current: CompiledFetch, body: bytes) -> bytes | None:
        """The answer; None where there is none, which is then reported."""
        try:
            return await self.transport.send(self.request.to(current, body))
        except SubrequestError as error:
            self._report(current, error)
            return None

    def receive(self, current: CompiledFetch, objects: list[JsonObject], answer: bytes) -> None:
        """Merges the data of a root type into every object they are about."""
        try:
            envelope = read_envelope(current.subgraph.name, answer, current.decode)
        except SubrequestError as error:
            self._report(current, error)
            return
        if envelope.errors:
            for _, at in located_objects(self.data, current.fetch.path):
                self._errors_of(current).extend(root_errors(current.subgraph.name, envelope.errors, at))
        if envelope.data is None:
            return
        if current.fetch.renames:
            rename([envelope.data], current.fetch.renames)
        self._places.forget_below(current.fetch.path)
        for place, target in enumerate(objects):
            # The first object may keep what came; others must not share what a later fetch changes.
            merge(target, envelope.data if place == 0 else copied(envelope.data))

    def _merge_entities(self, current: CompiledFetch, batches: Sequence[Batch], envelope: Envelope) -> None:
        if envelope.errors:
            asked = self._asked(current, batches)
            self._errors_of(current).extend(entity_errors(current.subgraph.name, envelope.errors, asked))
        if envelope.data is None:
            return
        for item, found in zip(current.lookups, batches, strict=True):
            entities = envelope.data.get(item.lookup.key)
            if entities is None and envelope.errors:
                continue
            if not isinstance(entities, list) or len(entities) != len(found.representations):
                raise SubrequestMalformedError(
                    current.subgraph.name, "the answer has not one entity for each representation"
                )
            if item.lookup.renames:
                rename(entities, item.lookup.renames)
            if item.lookup.leaves is None:
                self._places.forget_below(item.lookup.path)
            for entity, group in zip(entities, found.targets, strict=True):
                if isinstance(entity, dict):
                    self._merge(group, entity)
            if not _OBJECTS_OR_NULL.issuperset(map(type, entities)):
                raise SubrequestMalformedError(current.subgraph.name, "an entity in the answer is no object")

    def _asked(self, current: CompiledFetch, batches: Sequence[Batch]) -> list[AskedEntities]:
        """Where the client finds each of the entities, for the errors about them."""
        places: dict[int, list[ResponsePath]] = {}
        for path in dict.fromkeys(item.lookup.path for item in current.lookups):
            for obj, at in located_objects(self.data, path):
                places.setdefault(id(obj), []).append(at)
        return [
            AskedEntities(
                item.lookup.key,
                [[at for obj in group for at in places.get(id(obj), [])] for group in found.targets],
                path_to_first_list(self.data, item.lookup.path),
            )
            for item, found in zip(current.lookups, batches, strict=True)
        ]

    def _report(self, current: CompiledFetch, error: SubrequestError) -> None:
        """One error at every place that the fetch was for: those of its entities, or each field of a root type."""
        places = [path_to_first_list(self.data, item.lookup.path) for item in current.lookups]
        if not places:
            at = path_to_first_list(self.data, current.fetch.path)
            places = [(*at, key) for key, conditions in current.fetch.fields if self._holds(conditions)]
        for place in dict.fromkeys(places):
            self._errors_of(current).append(FieldError(error.message, error.code, place or None, error.service))

    def _report_skipped(
        self, current: CompiledFetch, lookup: Lookup, skipped: Sequence[tuple[JsonObject, str]]
    ) -> None:
        if not skipped:
            return
        places = {id(obj): at for obj, at in located_objects(self.data, lookup.path)}
        for obj, missing in skipped:
            message = f"not asked of {current.subgraph.name}: the input {missing} is missing"
            at = places.get(id(obj))
            error = FieldError(message, "REPRESENTATION_INCOMPLETE", at, current.subgraph.name)
            self._errors_of(current).append(error)

    def _errors_of(self, current: CompiledFetch) -> list[FieldError]:
        return self.errors[current.fetch.part]

    def finish(self) -> Response:
        """The client's view of what was gathered; of deferred parts, nothing."""
        operation = self.operation
        for part in operation.plan.introspection:
            described = (operation.introspected or {}).get(part)
            if described is None:
                described = introspect(operation.supergraph, part.document, self.request.variables)
            for obj in self._places.at(part.path):
                obj.update(described)
        data = operation.projection.project(self.data, self.request.variables, self.errors[0])
        return Response(data, self.errors[0])
