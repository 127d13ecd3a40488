"""Subgraphs to supergraph: read, check every rule, print. No I/O."""

from __future__ import annotations

from collections.abc import Sequence

from graphql import GraphQLError

from router.composition.errors import CompositionError, CompositionFailedError
from router.composition.merged import Graph
from router.composition.print_supergraph import Printer
from router.composition.read_subgraph import read_subgraph
from router.composition.rules.registry import RULES
from router.composition.satisfiability import unsatisfiable
from router.composition.subgraph import SubgraphSchema, SubgraphSource
from router.supergraph.errors import SupergraphError
from router.supergraph.reading import read_supergraph


def compose(sources: Sequence[SubgraphSource]) -> str:
    """The supergraph SDL, whatever the order of sources. Raises CompositionFailedError with all that is wrong."""
    read: list[SubgraphSchema] = []
    errors: list[CompositionError] = []
    for source in sorted(sources, key=lambda item: item.name):
        try:
            read.append(read_subgraph(source))
        except (GraphQLError, TypeError, ValueError) as error:
            errors.append(CompositionError("INVALID_GRAPHQL", str(error), (source.name,)))
    if errors:
        raise CompositionFailedError(errors)
    graph = Graph(tuple(read))
    for rule in RULES:
        errors.extend(rule(graph))
    if errors:
        raise CompositionFailedError(errors)
    sdl = Printer(graph).print()
    try:
        errors.extend(unsatisfiable(read_supergraph(sdl)))
    except SupergraphError as error:
        # Each subgraph is sound, but what clients would see of them together is no schema.
        errors.append(CompositionError("INVALID_SUPERGRAPH", error.detail))
    if errors:
        raise CompositionFailedError(errors)
    return sdl
