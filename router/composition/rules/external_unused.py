"""EXTERNAL_UNUSED: an external field that nothing in the subgraph mentions."""

from __future__ import annotations

from collections.abc import Iterator

from router.composition.declarations import fields
from router.composition.errors import CompositionError
from router.composition.merged import Graph
from router.composition.selections import interface_fields, used_fields


def external_unused(graph: Graph) -> Iterator[CompositionError]:
    """A field of others is declared for a field set or an interface, or for nothing. (Federation 1 let it stand.)"""
    used = {sub.name: used_fields(sub) for sub in graph.subgraphs if not sub.is_federation_1}
    for sub, type_, field in fields(graph):
        if sub.is_federation_1 or not field.external or (type_.name, field.name) in used[sub.name]:
            continue
        if field.name not in interface_fields(sub, type_):
            message = f"{type_.name}.{field.name} is external, but no field set and no interface needs it"
            yield CompositionError("EXTERNAL_UNUSED", message, (field.place,))
