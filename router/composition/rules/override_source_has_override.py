"""OVERRIDE_SOURCE_HAS_OVERRIDE: several subgraphs take a field over, so that nobody can say from whom."""

from __future__ import annotations

from collections.abc import Iterator

from router.composition.errors import CompositionError
from router.composition.merged import Graph
from router.composition.wording import listed


def override_source_has_override(graph: Graph) -> Iterator[CompositionError]:
    """A field is overridden by one subgraph at most."""
    for type_name, field_name, mentions in graph.fields():
        overriding = [(sub.name, field.place) for sub, field in mentions if field.override is not None]
        if len(overriding) > 1:
            yield CompositionError(
                "OVERRIDE_SOURCE_HAS_OVERRIDE",
                f"{type_name}.{field_name} is overridden by {listed([name for name, _ in overriding])}",
                tuple(place for _, place in overriding),
            )
