"""EXTERNAL_UNUSED: an external field that nothing in the subgraph mentions."""

from __future__ import annotations

from collections.abc import Iterator

from router.composition.errors import CompositionError
from router.composition.merged import Graph
from router.composition.selections import interface_fields, used_fields


def external_unused(graph: Graph) -> Iterator[CompositionError]:
    """An external field is there for a @key, a @requires, a @provides, or an interface."""
    for sub in graph.subgraphs:
        if sub.is_federation_1:
            continue
        used = used_fields(sub)
        for type_ in sub.types.values():
            asked = interface_fields(sub, type_)
            for field in type_.fields.values():
                if field.external and (type_.name, field.name) not in used and field.name not in asked:
                    yield CompositionError(
                        "EXTERNAL_UNUSED", f"{type_.name}.{field.name} is external, but not used", (field.place,)
                    )
