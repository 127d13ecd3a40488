"""REQUIRED_INACCESSIBLE: clients must give something that they do not see."""

from __future__ import annotations

from collections.abc import Iterator

from router.composition.errors import CompositionError
from router.composition.merged import Graph
from router.composition.visibility import Visibility, places


def required_inaccessible(graph: Graph) -> Iterator[CompositionError]:
    """A hidden argument or input field has to be optional, or nobody could use what it belongs to."""
    visible = Visibility(graph)
    for coordinates, parts in visible.inputs_of_visible():
        merged = graph.merged_input(parts) or ""
        if visible.hides(coordinates) and merged.endswith("!") and graph.merged_default(parts) is None:
            message = f"{coordinates} is @inaccessible, but {merged} has to be given"
            yield CompositionError("REQUIRED_INACCESSIBLE", message, places(parts))
