"""DISALLOWED_INACCESSIBLE: something is hidden that no schema can do without."""

from __future__ import annotations

from collections.abc import Iterator

from router.composition.errors import CompositionError
from router.composition.merged import BUILT_IN_SCALARS, Graph
from router.composition.visibility import Visibility
from router.supergraph.directive_locations import EXECUTABLE_LOCATIONS


def disallowed_inaccessible(graph: Graph) -> Iterator[CompositionError]:
    """GraphQL's own types are there for all, and a directive applied in the schema shows there with its arguments."""
    visible = Visibility(graph)
    in_schema = {
        f"@{name}({argument}:)"
        for sub in graph.subgraphs
        for name, definition in sub.directive_definitions.items()
        if not EXECUTABLE_LOCATIONS.issuperset(definition.locations)
        for argument in definition.arguments
    }
    for coordinates, marks in visible.marks.items():
        if coordinates in BUILT_IN_SCALARS or coordinates in in_schema or coordinates.startswith("__"):
            message = f"{coordinates} cannot be @inaccessible"
            yield CompositionError("DISALLOWED_INACCESSIBLE", message, marks)
