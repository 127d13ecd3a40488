"""INCONSISTENT_EXECUTABLE_DIRECTIVE_LOCATIONS: subgraphs allow a directive for operations in different places."""

from __future__ import annotations

from collections.abc import Iterator

from router.composition.composed_directives import common_executable_definitions
from router.composition.errors import Hint
from router.composition.merged import Graph
from router.supergraph.directive_locations import EXECUTABLE_LOCATIONS


def inconsistent_executable_directive_locations(graph: Graph) -> Iterator[Hint]:
    """Clients may write it only where all of them allow it."""
    for name, definitions in common_executable_definitions(graph).items():
        locations = {EXECUTABLE_LOCATIONS.intersection(definition.locations) for definition in definitions}
        common = frozenset.intersection(*locations)
        if len(locations) > 1 and common:
            yield Hint(
                "INCONSISTENT_EXECUTABLE_DIRECTIVE_LOCATIONS",
                f"@{name} is allowed on {', '.join(sorted(common))} only",
                tuple(definition.place for definition in definitions),
            )
