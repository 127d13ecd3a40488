"""What can be computed once for an operation: request prefixes, builders, dependents, projection."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import msgspec
from graphql import OperationType, VariableDefinitionNode, execute_sync, parse

from router.execution.envelope import Envelope, decode_envelope
from router.execution.projection import Projection
from router.execution.representations import Batch, Builders, JsonObject, Take, compile_builders, is_flat, taking
from router.execution.shared_decoding import SharedDecoding
from router.planning.authorisation import RestrictedField, restricted_fields
from router.planning.cost import CostEstimate, cost_estimate
from router.planning.defer_directive import Deferral
from router.planning.deferral import DeferredPiece
from router.planning.fetch_graph import Path
from router.planning.operation import FieldSelection, SelectionSet
from router.planning.plan import Fetch, Introspection, Lookup, QueryPlan
from router.planning.planner import plan_normalised, plan_operation
from router.planning.repeat_lookup import repeated
from router.supergraph.labels import labels_of, with_labels
from router.supergraph.model import Subgraph, Supergraph

_encode = msgspec.json.Encoder().encode
# Each is as large as all its repetitions together.
_MOST_COPIES = 4


@dataclass(frozen=True, slots=True, eq=False)
class CompiledLookup:
    """A lookup with its builders; `prefix` is the name of its representations in the request's variables.

    `question` is what it asks of an entity, equal where another lookup asks the same; None where none does.
    """

    lookup: Lookup
    builders: Builders
    prefix: bytes
    question: Hashable = None


@dataclass(frozen=True, slots=True, eq=False)
class CompiledFetch:
    """A fetch ready to send: only representations and variables are added to `prefix`.

    `dependents` are indices into the operation's fetches. `is_shared` says that other lookups ask the same as some of
    its own. `decode` reads its answers. `copies` are the same fetch for several values of its contexts, by how many
    these are.
    """

    fetch: Fetch
    subgraph: Subgraph
    prefix: bytes
    lookups: tuple[CompiledLookup, ...]
    dependents: tuple[int, ...] = ()
    copies: dict[int, CompiledFetch] = field(default_factory=dict)
    is_shared: bool = False
    decode: Callable[[bytes], Envelope] = decode_envelope

    def repeated(self, times: int) -> CompiledFetch:
        """The fetch that asks for its entities as often in one request."""
        if times == 1:
            return self
        known = self.copies.get(times)
        if known is None:
            if len(self.copies) >= _MOST_COPIES:
                # One by one, not all: data with many values for its contexts mostly has about as many again.
                self.copies.pop(next(iter(self.copies)), None)
            known = self.copies[times] = _compile_fetch(repeated(self.fetch, times), self.subgraph)
        return known

    def body(self, variables: Mapping[str, object], batches: Sequence[Batch] = ()) -> bytes:
        """The JSON of the request; one batch for each lookup."""
        parts = [
            lookup.prefix + _encode(batch.representations) for lookup, batch in zip(self.lookups, batches, strict=True)
        ]
        parts.extend(
            b'"' + name.encode() + b'":' + _encode(variables[name])
            for name in self.fetch.variables
            if name in variables
        )
        return self.prefix + b",".join(parts) + b"}}"


@dataclass(frozen=True, slots=True, eq=False)
class CompiledOperation:
    """A plan with everything execution would otherwise do again for each request.

    `takes` finds equal objects at the paths where all are of one type. `labels` are those of overrides that would
    change the plan. `is_contextual` says that something is given arguments from objects further up. `deferral` is
    there where the document defers something; of a plan that does, `deferred` are the pieces.
    """

    plan: QueryPlan
    supergraph: Supergraph
    fetches: tuple[CompiledFetch, ...]
    projection: Projection
    variable_definitions: tuple[VariableDefinitionNode, ...]
    restricted: tuple[RestrictedField, ...]
    cost: CostEstimate
    takes: Mapping[Path, Take]
    is_contextual: bool = False
    introspected: Mapping[Introspection, JsonObject] | None = None
    deferred: Mapping[DeferredPiece, Projection] = field(default_factory=dict)
    deferral: Deferral | None = None
    deferring: dict[frozenset[str], CompiledOperation] = field(default_factory=dict)
    labels: frozenset[str] = frozenset()


def compile_operation(
    supergraph: Supergraph,
    plan: QueryPlan,
    definitions: Sequence[VariableDefinitionNode] = (),
    deferral: Deferral | None = None,
) -> CompiledOperation:
    """Compiles a plan of this supergraph; `definitions` are those of the operation's variables."""
    index_of = {fetch.id: index for index, fetch in enumerate(plan.fetches)}
    dependents: list[list[int]] = [[] for _ in plan.fetches]
    for index, fetch in enumerate(plan.fetches):
        for source in fetch.depends_on:
            dependents[index_of[source]].append(index)
    is_contextual = any(lookup.contexts for fetch in plan.fetches for lookup in fetch.lookups)
    shared = () if is_contextual or plan.kind is OperationType.MUTATION else _shared_questions(plan)
    fetches = tuple(
        _compile_fetch(fetch, supergraph.subgraphs[fetch.subgraph], tuple(dependents[index]), shared)
        for index, fetch in enumerate(plan.fetches)
    )
    # Where the same entity may be given different arguments in different places, each place has its own.
    takes = {} if is_contextual else _takes(fetches)
    return CompiledOperation(
        plan=plan,
        supergraph=supergraph,
        fetches=tuple(_with_decoding(fetch, takes) for fetch in fetches),
        projection=_projection(supergraph, plan.operation.root_type, plan.operation.selections),
        deferred={piece: _projection(supergraph, piece.type_name, piece.selections) for piece in plan.deferred},
        deferral=deferral,
        variable_definitions=tuple(definitions),
        restricted=restricted_fields(supergraph, plan.operation),
        cost=cost_estimate(supergraph, plan.operation),
        takes=takes,
        is_contextual=is_contextual,
        introspected=_introspected(supergraph, plan),
        labels=labels_of(supergraph, set(_types_met(plan.operation.root_type, plan.operation.selections))),
    )


def _projection(supergraph: Supergraph, type_name: str, selections: SelectionSet) -> Projection:
    return Projection(supergraph.schema, type_name, selections, supergraph.veiled_interfaces)


def _types_met(type_name: str, selections: SelectionSet) -> Iterator[str]:
    yield type_name
    for item in selections:
        if item.selections is not None:
            yield from _types_met(item.type_name, item.selections)


def _compile_fetch(
    fetch: Fetch, subgraph: Subgraph, dependents: tuple[int, ...] = (), shared: Collection[Hashable] = ()
) -> CompiledFetch:
    lookups = tuple(_compile_lookup(fetch, lookup, shared) for lookup in fetch.lookups)
    is_shared = any(item.question is not None for item in lookups)
    return CompiledFetch(fetch, subgraph, _prefix(fetch), lookups, dependents, is_shared=is_shared)


def _compile_lookup(fetch: Fetch, lookup: Lookup, shared: Collection[Hashable]) -> CompiledLookup:
    builders = compile_builders(lookup.representations)
    question = _question(fetch, lookup)
    return CompiledLookup(lookup, builders, _encode(lookup.variable) + b":", question if question in shared else None)


def _shared_questions(plan: QueryPlan) -> Collection[Hashable]:
    """The questions of more than one lookup. A mutation has none: what it changes may be asked for again."""
    asked = Counter(_question(fetch, lookup) for fetch in plan.fetches for lookup in fetch.lookups)
    return {question for question, times in asked.items() if question is not None and times > 1}


def _question(fetch: Fetch, lookup: Lookup) -> Hashable:
    """What a lookup asks of an entity, None where the answer is for its own objects only."""
    if lookup.leaves is None or lookup.renames or not all(map(is_flat, lookup.representations)):
        return None
    named = frozenset((item.type_name, *(wanted.name for wanted in item.fields)) for item in lookup.representations)
    return fetch.subgraph, lookup.leaves, named


def _with_decoding(item: CompiledFetch, paths: Collection[Path]) -> CompiledFetch:
    """The fetch, for which entities that its answers repeat below others are decoded once."""
    decoding = SharedDecoding(item.fetch, paths)
    return replace(item, decode=decoding.decode) if decoding.is_of_use else item


def _takes(fetches: Iterable[CompiledFetch]) -> Mapping[Path, Take]:
    takes: dict[Path, Take] = {}
    for item in (lookup for fetch in fetches for lookup in fetch.lookups):
        take = taking(item.builders)
        if take is not None and isinstance(item.lookup.path[-1], str):
            takes.setdefault(item.lookup.path, take)
    return takes


def _introspected(supergraph: Supergraph, plan: QueryPlan) -> Mapping[Introspection, JsonObject] | None:
    """The answers about the schema where no variable is in them: tens of milliseconds that are spent once."""
    constant = [part for part in plan.introspection if "$" not in part.document]
    return {part: introspect(supergraph, part.document, {}) for part in constant} or None


def introspect(supergraph: Supergraph, document: str, variables: Mapping[str, object]) -> JsonObject:
    """What the API schema says of itself."""
    result = execute_sync(supergraph.schema, parse(document), variable_values=dict(variables))
    return dict(result.data or {})


def compile_without(operation: CompiledOperation, denied: frozenset[FieldSelection]) -> CompiledOperation:
    """The same operation for someone who may not have these fields: not fetched, and null in the response."""
    plan = plan_normalised(operation.supergraph, operation.plan.operation, denied=denied)
    return compile_operation(operation.supergraph, plan, operation.variable_definitions)


def compile_labelled(operation: CompiledOperation, labels: frozenset[str]) -> CompiledOperation:
    """The same operation for requests with these labels."""
    graph = with_labels(operation.supergraph, labels)
    plan = plan_normalised(graph, operation.plan.operation)
    return compile_operation(graph, plan, operation.variable_definitions, operation.deferral)


def compile_deferring(operation: CompiledOperation, deferral: Deferral, holding: frozenset[str]) -> CompiledOperation:
    """The same operation for a client that takes parts later, under these conditions. Raises PlanningError."""
    plan = plan_operation(operation.supergraph, deferral.document, deferral.operation, deferring=holding)
    return compile_operation(operation.supergraph, plan, operation.variable_definitions)


def _prefix(fetch: Fetch) -> bytes:
    head = _encode({"query": fetch.document, "operationName": fetch.operation_name})
    return head[:-1] + b',"variables":{'
