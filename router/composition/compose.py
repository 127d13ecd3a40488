"""Subgraphs to supergraph: read, check every rule, print, check what was printed. No I/O."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from graphql import GraphQLError

from router.composition.errors import CompositionError, CompositionFailedError, Hint
from router.composition.federation_1 import upgraded
from router.composition.hints.registry import HINTS
from router.composition.merged import Graph
from router.composition.places import Place, places_of_error
from router.composition.printing.supergraph import print_supergraph
from router.composition.read_subgraph import read_subgraph
from router.composition.rules.registry import MERGE_RULES, SUBGRAPH_RULES, SUPERGRAPH_RULES
from router.composition.subgraph import SubgraphSchema, SubgraphSource
from router.supergraph.errors import SupergraphError
from router.supergraph.reading import read_supergraph


@dataclass(frozen=True, slots=True)
class Composition:
    """The supergraph SDL, and what its authors may want to know about it."""

    sdl: str
    hints: tuple[Hint, ...]


def compose(sources: Sequence[SubgraphSource]) -> Composition:
    """The supergraph, whatever the order of sources. Raises CompositionFailedError with all that was found.

    A subgraph that cannot be read hides nothing that is wrong with the others, but it cannot be merged with them.
    """
    written, errors = _read(sources)
    subgraphs = Graph(written)
    for rule in SUBGRAPH_RULES:
        errors.extend(rule(subgraphs))
    if len(written) < len(sources):
        raise CompositionFailedError(errors)
    graph = Graph(upgraded(written))
    for rule in MERGE_RULES:
        errors.extend(rule(graph))
    hints = tuple(sorted({hint for suggest in HINTS for hint in suggest(graph)}))
    if errors:
        raise CompositionFailedError(errors, hints)
    sdl = print_supergraph(graph)
    try:
        supergraph = read_supergraph(sdl)
    except SupergraphError as error:
        # Each subgraph is sound, but what clients would see of them together is no schema.
        raise CompositionFailedError([CompositionError("INVALID_SUPERGRAPH", error.detail)], hints) from error
    errors.extend(error for after in SUPERGRAPH_RULES for error in after(supergraph))
    if errors:
        raise CompositionFailedError(errors, hints)
    return Composition(sdl, hints)


def _read(sources: Sequence[SubgraphSource]) -> tuple[tuple[SubgraphSchema, ...], list[CompositionError]]:
    read: list[SubgraphSchema] = []
    errors: list[CompositionError] = []
    for source in sorted(sources, key=lambda item: (item.name, item.url, item.sdl)):
        try:
            read.append(read_subgraph(source))
        except GraphQLError as error:
            errors.append(CompositionError("INVALID_GRAPHQL", error.message, places_of_error(error, source.name)))
        except (TypeError, ValueError, RecursionError) as error:
            message = str(error) or type(error).__name__
            errors.append(CompositionError("INVALID_GRAPHQL", message, (Place(source.name),)))
    return tuple(read), errors
