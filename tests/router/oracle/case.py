"""One graph of subgraphs beside its unsplit schema, and the comparison of their answers."""

from __future__ import annotations

import asyncio
import json
import traceback
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import msgspec
from graphql import (
    DocumentNode,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLSchema,
    build_schema,
    execute_sync,
    get_variable_values,
    parse,
    validate,
    value_from_ast_untyped,
)

from router.composition.compose import compose
from router.composition.errors import CompositionError, CompositionFailedError
from router.composition.subgraph import SubgraphSource
from router.execution.compiled import CompiledOperation, compile_deferring, compile_labelled
from router.execution.deferred import Increment, execute_deferring
from router.execution.executor import Request, execute
from router.execution.transport import SubgraphRequest
from router.gateway.documents import DocumentSettings, compile_document
from router.gateway.errors import DocumentError
from router.gateway.limits import Limits
from router.gateway.pipeline import encode_response
from router.planning.defer_directive import Deferral
from router.supergraph.reading import read_supergraph

from .deferring import at_first, at_once, put_together
from .reach import Reach
from .subgraph import OracleSubgraph
from .world import Record, World

GENEROUS = DocumentSettings(limits=Limits(depth=50, aliases=1_000, fields=100_000, tokens=100_000))
Variables = Mapping[str, Any]


@dataclass(frozen=True)
class GraphText:
    """A graph as text: subgraph SDLs by name, what clients see of them together, and the records."""

    subgraphs: dict[str, str]
    api: str
    records: dict[str, Record]


@dataclass(frozen=True)
class Difference:
    """How the router's answer differs."""

    kind: str
    detail: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.detail}"


class RefusedError(Exception):
    """Composition refused the graph."""

    def __init__(self, failed: CompositionFailedError, reach: Reach) -> None:
        super().__init__("\n".join(f"{error.code}: {error.message}" for error in failed.errors))
        self.codes = {error.code for error in failed.errors}
        # Fields that are said to be out of reach, and are not.
        self.reachable = [error.message for error in failed.errors if _is_reachable(error, reach)]


@dataclass
class Graph:
    """A graph that can be asked, both ways. Raises RefusedError where it does not compose."""

    text: GraphText
    world: World = field(init=False)
    requests: int = 0

    def __post_init__(self) -> None:
        self.world = World(self.text.records)
        self.subgraphs = {name: OracleSubgraph(name, sdl, self.world) for name, sdl in self.text.subgraphs.items()}
        for subgraph in self.subgraphs.values():
            self.world.requires |= dict(subgraph.requirements())
            _read_types(subgraph.schema, self.world)
        self.moves = [move for subgraph in self.subgraphs.values() for move in subgraph.overrides()]
        self.reach = Reach(self.subgraphs)
        sources = [SubgraphSource(name, f"http://{name}/", sdl) for name, sdl in self.text.subgraphs.items()]
        try:
            self.sdl = compose(sources).sdl
        except CompositionFailedError as error:
            raise RefusedError(error, self.reach) from error
        self.supergraph = read_supergraph(self.sdl)

    @cached_property
    def api(self) -> GraphQLSchema:
        """The unsplit schema."""
        schema = build_schema(self.text.api)
        _read_types(schema, self.world)
        return schema

    def problems(self, query: str) -> bool:
        """Whether the operation is invalid."""
        return bool(validate(self.api, at_once(parse(query))))

    def unsplit(self, document: DocumentNode, variables: Variables) -> tuple[Any, bool]:
        """The data of the unsplit schema, and whether there were errors."""
        self.world.mutations = 0
        result = execute_sync(
            self.api,
            document,
            variable_values=dict(variables),
            field_resolver=self._resolve,
            type_resolver=lambda record, *_: record["__typename"],
        )
        for error in result.errors or ():
            # Records may lack what must not be null; everything else that fails here is the oracle's own fault.
            if not error.message.startswith("Cannot return null for non-nullable"):
                raise error
        return result.data, bool(result.errors)

    def _resolve(self, record: Record | None, info: GraphQLResolveInfo, **arguments: Any) -> Any:
        if record is None:
            record = self.world.record(info.parent_type.name)
            if info.parent_type.name == "Mutation":
                return self.world.mutated(record, info.field_name, arguments)
        return self.world.value(record, info.field_name, arguments)

    def difference(self, query: str, assignments: Sequence[Variables]) -> Difference | None:
        """What is wrong with the router's answers to the operation under any of the variables, whatever the labels."""
        try:
            operation = compile_document(self.supergraph, query, None, GENEROUS)
        except DocumentError as error:
            return Difference("plan", "; ".join(item.message for item in error.errors))
        except Exception:
            return Difference("plan crash", traceback.format_exc(limit=-3))
        document = parse(query)
        for variables in assignments:
            for labels in {frozenset(), operation.labels}:
                found = self._compare(operation, at_once(document), variables, labels)
                if found is None and operation.deferral is not None:
                    found = self._compare_deferring(operation, operation.deferral, variables, labels)
                if found is not None:
                    return found
        return None

    def _compare_deferring(
        self, operation: CompiledOperation, deferral: Deferral, variables: Variables, labels: frozenset[str]
    ) -> Difference | None:
        """What is wrong with the answers of a client that takes parts later."""
        expected, faulty = self.unsplit(at_once(deferral.document), variables)
        coerced = self._prepare(operation, variables, labels)
        holding = deferral.holding(coerced)
        first, _ = self.unsplit(at_first(deferral.document, holding), variables)
        self.world.mutations = 0
        try:
            operation = compile_labelled(operation, labels) if labels else operation
            deferring = compile_deferring(operation, deferral, holding)
            if not deferring.deferred:
                return None
            increments = asyncio.run(self._collect(deferring, coerced))
            data, errors = put_together(increments)
        except Exception:
            return Difference("deferred crash", traceback.format_exc(limit=-4))
        invalid = [request for subgraph in self.subgraphs.values() for request in subgraph.invalid]
        if invalid:
            return Difference("invalid subgraph request", invalid[0])
        response = increments[0].response
        # What is deferred of an object without a key comes with the object, and may take it with it.
        if response is None or (not faulty and json.dumps(response.data) != json.dumps(first)):
            got = json.dumps(response.data if response else None)
            return Difference("first data", f"{dict(variables)}\nexpected {json.dumps(first)}\n     got {got}")
        if bool(errors) != faulty:
            return Difference("deferred errors", f"{dict(variables)} {errors[:3]}" if errors else "none, data was lost")
        # A null that may not be ends the part that it is in, and leaves what is around it.
        if not faulty and data != expected:
            detail = f"{dict(variables)}\nexpected {json.dumps(expected)}\n     got {json.dumps(data)}"
            return Difference("deferred data", detail)
        return None

    async def _collect(self, operation: CompiledOperation, variables: Variables) -> list[Increment]:
        return [item async for item in execute_deferring(operation, Request(variables, {}), self)]

    def _compare(
        self, operation: CompiledOperation, document: DocumentNode, variables: Variables, labels: frozenset[str]
    ) -> Difference | None:
        expected, faulty = self.unsplit(document, variables)
        try:
            answer = self.routed(operation, variables, labels)
        except Exception:
            return Difference("execution crash", traceback.format_exc(limit=-3))
        invalid = [request for subgraph in self.subgraphs.values() for request in subgraph.invalid]
        if invalid:
            return Difference("invalid subgraph request", invalid[0])
        data = json.dumps(answer.get("data"))
        if data != json.dumps(expected):
            detail = f"{dict(variables)}\nexpected {json.dumps(expected)}\n     got {data}"
            kind = "order of keys" if answer.get("data") == expected else "data"
            return Difference(kind, detail + _told(answer))
        if bool(answer.get("errors")) != faulty:
            return Difference("errors", f"{dict(variables)}{_told(answer)}" if not faulty else "none, data was lost")
        return None

    def ask(self, query: str, variables: Variables | None = None) -> dict[str, Any]:
        """The router's response, where every request to a subgraph must be valid."""
        answer = self.routed(compile_document(self.supergraph, query, None, GENEROUS), variables or {})
        for subgraph in self.subgraphs.values():
            assert not subgraph.invalid, subgraph.invalid
        return answer

    def routed(
        self, operation: CompiledOperation, variables: Variables, labels: frozenset[str] = frozenset()
    ) -> dict[str, Any]:
        """The router's response to a request with these override labels, decoded."""
        if labels:
            operation = compile_labelled(operation, labels)
        coerced = self._prepare(operation, variables, labels)
        before = sum(subgraph.requests for subgraph in self.subgraphs.values())
        response = asyncio.run(execute(operation, Request(coerced, {}), self))
        self.requests += sum(subgraph.requests for subgraph in self.subgraphs.values()) - before
        decoded: dict[str, Any] = json.loads(encode_response(response))
        return decoded

    def _prepare(self, operation: CompiledOperation, variables: Variables, labels: frozenset[str]) -> Variables:
        """A world as at first, for these labels; the variables as they are coerced."""
        self.world.mutations = 0
        for name, subgraph in self.subgraphs.items():
            subgraph.invalid.clear()
            subgraph.leave(move.coordinates for move in self.moves if move.left(labels) == name)
        coerced = get_variable_values(self.supergraph.schema, operation.variable_definitions, dict(variables))
        assert not isinstance(coerced, list), coerced
        return coerced.coerced

    async def send(self, request: SubgraphRequest) -> bytes:
        """A transport that executes."""
        answer = self.subgraphs[request.subgraph.name].answer(json.loads(request.body))
        return msgspec.json.encode(answer)

    def subscribe(self, request: SubgraphRequest) -> AsyncGenerator[bytes]:
        """The oracle asks for no events."""
        raise NotImplementedError


def _is_reachable(error: CompositionError, reach: Reach) -> bool:
    type_name, _, field_name = error.message.partition(" ")[0].partition(".")
    return error.code == "SATISFIABILITY_ERROR" and any(
        reach.has(place.subgraph, type_name, field_name) for place in error.places if place.subgraph
    )


def _told(answer: Mapping[str, Any]) -> str:
    return "".join(f"\n  {error}" for error in answer.get("errors", ())[:3])


def _read_types(schema: GraphQLSchema, world: World) -> None:
    for type_ in schema.type_map.values():
        if not isinstance(type_, GraphQLObjectType) or type_.name.startswith("__"):
            continue
        above = {interface.name for interface in type_.interfaces}
        above |= {
            union.name
            for union in schema.type_map.values()
            if hasattr(union, "types") and type_ in union.types and union.name != "_Entity"
        }
        world.supertypes.setdefault(type_.name, set()).update(above)
        for name, item in type_.fields.items():
            nodes = {key: arg.ast_node.default_value for key, arg in item.args.items() if arg.ast_node is not None}
            defaults = {key: value_from_ast_untyped(node) for key, node in nodes.items() if node is not None}
            if defaults:
                world.defaults[f"{type_.name}.{name}"] = defaults
