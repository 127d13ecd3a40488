"""OVERRIDE_SOURCE_HAS_OVERRIDE: a field is taken over from a subgraph that takes it over itself."""

from __future__ import annotations

from collections.abc import Iterator

from router.composition.errors import CompositionError
from router.composition.merged import Graph


def override_source_has_override(graph: Graph) -> Iterator[CompositionError]:
    """Who has a field, nobody should have to follow a chain to find out."""
    for type_name, field_name, mentions in graph.fields():
        overriding = {sub.name: field for sub, field in mentions if field.override is not None}
        for name, field in overriding.items():
            source = overriding.get(field.override or "")
            if source is not None and source is not field:
                yield CompositionError(
                    "OVERRIDE_SOURCE_HAS_OVERRIDE",
                    f"{type_name}.{field_name} is overridden in {name} from {field.override}, which overrides it "
                    f"from {source.override}",
                    (field.place, source.place),
                )
