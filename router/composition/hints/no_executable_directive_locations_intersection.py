"""NO_EXECUTABLE_DIRECTIVE_LOCATIONS_INTERSECTION: there is no place where all allow a directive for operations."""

from __future__ import annotations

from collections.abc import Iterator

from router.composition.composed_directives import common_executable_definitions
from router.composition.errors import Hint
from router.composition.merged import Graph
from router.supergraph.directive_locations import EXECUTABLE_LOCATIONS


def no_executable_directive_locations_intersection(graph: Graph) -> Iterator[Hint]:
    """Then no client can use it: it is not in the supergraph."""
    for name, definitions in common_executable_definitions(graph).items():
        if not EXECUTABLE_LOCATIONS.intersection(*(definition.locations for definition in definitions)):
            yield Hint(
                "NO_EXECUTABLE_DIRECTIVE_LOCATIONS_INTERSECTION",
                f"@{name} is left out of the supergraph: there is no location that all subgraphs allow",
                tuple(definition.place for definition in definitions),
            )
