"""ONLY_INACCESSIBLE_CHILDREN: clients see a type, but nothing in it."""

from __future__ import annotations

from collections.abc import Iterator

from router.composition.errors import CompositionError
from router.composition.merged import Graph
from router.composition.visibility import Visibility, places
from router.supergraph.model import TypeKind


def only_inaccessible_children(graph: Graph) -> Iterator[CompositionError]:
    """A type without fields, values or members is no type; it is hidden with the last of them."""
    visible = Visibility(graph)
    for type_name, mentions in visible.types():
        what, children = _children(graph, type_name)
        if children and all(visible.hides(child) for child in children):
            message = f"{type_name} is not @inaccessible, but all of its {what} are"
            yield CompositionError("ONLY_INACCESSIBLE_CHILDREN", message, places(mentions))


def _children(graph: Graph, type_name: str) -> tuple[str, list[str]]:
    """Coordinates of what the type consists of; of members and inherited fields those that can hide them."""
    kind = graph.kind(type_name)
    if kind is TypeKind.ENUM:
        return "values", [f"{type_name}.{value}" for value in graph.enum_values(type_name)]
    if kind is TypeKind.UNION:
        return "members", [member for _, type_ in graph.of_type(type_name) for member in type_.members]
    if kind is TypeKind.INPUT_OBJECT:
        return "fields", [f"{type_name}.{name}" for name in graph.merged_inputs(type_name)]
    inherited = graph.inherited(type_name)
    return "fields", [f"{inherited.get(name, type_name)}.{name}" for name in graph.field_names(type_name)]
