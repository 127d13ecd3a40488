"""The pipeline: normalise -> narrow unions -> walk and choose -> fetch graph -> optimise -> plan."""

from __future__ import annotations

from collections.abc import Collection
from itertools import groupby

from graphql import DocumentNode, OperationDefinitionNode, OperationType

from router.planning.authorisation import without
from router.planning.budget import Budget
from router.planning.choices import Choice, Position
from router.planning.defer_directive import Deferring
from router.planning.errors import UnresolvableFieldError
from router.planning.fetch_graph import FetchGraph
from router.planning.narrow_unions import narrow_unions
from router.planning.normalise import normalise
from router.planning.operation import INTROSPECTION, FieldSelection, FragmentSelection, Operation, SelectionSet
from router.planning.optimise.batch_lookups import batch_lookups
from router.planning.optimise.drop_repeated import drop_repeated
from router.planning.optimise.hoist_conditions import hoist_conditions
from router.planning.optimise.join_later import join_later
from router.planning.optimise.transitive_reduction import transitive_reduction
from router.planning.plan import QueryPlan
from router.planning.response_keys import ResponseKeys
from router.planning.to_plan import to_plan
from router.planning.walk import Walker
from router.supergraph.model import Supergraph

DEFAULT_BUDGET = 200_000


def plan_operation(
    supergraph: Supergraph,
    document: DocumentNode,
    operation: OperationDefinitionNode,
    budget: int = DEFAULT_BUDGET,
    deferring: Deferring = None,
) -> QueryPlan:
    """The plan of a valid operation. Raises PlanningError; `budget` caps the work in steps."""
    spending = Budget(budget)
    normal = normalise(document, operation, supergraph.schema, spending, deferring)
    return plan_normalised(supergraph, normal, spending)


def plan_normalised(
    supergraph: Supergraph,
    operation: Operation,
    budget: Budget | None = None,
    denied: Collection[FieldSelection] = (),
) -> QueryPlan:
    """The plan of an operation in normal form, in which the denied fields are not fetched."""
    spending = budget or Budget(DEFAULT_BUDGET)
    asked = narrow_unions(supergraph, without(operation, denied), spending)
    choices = choose_fetches(supergraph, asked, spending)
    graph = build_fetch_graph(supergraph, asked, choices)
    join_later(graph)
    transitive_reduction(graph.nodes)
    drop_repeated(graph.nodes)
    hoist_conditions(graph.nodes)
    requests = batch_lookups(graph.nodes)
    return to_plan(operation, graph, requests, spending.spent, is_whole=asked is operation)


def choose_fetches(supergraph: Supergraph, operation: Operation, budget: Budget) -> list[Choice]:
    """One choice for a query; one for each root field of a mutation, which run one after the other."""
    walker = Walker(supergraph, budget)
    position = Position(operation.root_type, None)
    asked = SelectionSet(tuple(item for item in operation.selections if not _is_our_own(item)))
    parts = [asked]
    if operation.kind is OperationType.MUTATION:
        parts = [SelectionSet(tuple(same)) for _, same in groupby(asked, key=_response_key)]
    choices = [walker.walk(position, part) for part in parts]
    for choice in choices:
        if choice.leftover is not None:
            raise UnresolvableFieldError(_coordinates(operation.root_type, choice.leftover))
    return choices


def build_fetch_graph(supergraph: Supergraph, operation: Operation, choices: list[Choice]) -> FetchGraph:
    """The fetches; a mutation's root field waits for everything the fields before it need.

    Adjacent fields of the same subgraph share one request, in which the subgraph keeps their order.
    """
    graph = FetchGraph(supergraph, ResponseKeys(operation.selections), operation.variables)
    after: frozenset[int] = frozenset()
    previous: str | None = None
    for choice in choices:
        subgraph = choice.options[0].subgraph if choice.options else None
        if operation.kind is OperationType.MUTATION and subgraph != previous:
            after = frozenset(graph.nodes)
        previous = subgraph
        graph.add_root(choice, operation.root_type, after)
    return graph


def _response_key(item: FieldSelection | FragmentSelection) -> str:
    return item.response_key if isinstance(item, FieldSelection) else item.type_name


def _is_our_own(item: object) -> bool:
    """Root fields that the router answers itself."""
    return isinstance(item, FieldSelection) and (item.name == "__typename" or item.name in INTROSPECTION)


def _coordinates(type_name: str, leftover: SelectionSet) -> str:
    """The first field that is left, as `Type.field.field`."""
    item = leftover.items[0]
    name = item.name if isinstance(item, FieldSelection) else f"{type_name}({item.type_name})"
    if item.selections is None or not item.selections.items:
        return f"{type_name}.{name}"
    return f"{type_name}.{name} > {_coordinates(item.type_name, item.selections)}"
