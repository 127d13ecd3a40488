"""DEFAULT_VALUE_USES_INACCESSIBLE: clients see a default that they could not write themselves."""

from __future__ import annotations

from collections.abc import Iterator

from graphql import EnumValueNode, ListValueNode, ObjectValueNode, ValueNode, parse_value

from router.composition.errors import CompositionError
from router.composition.merged import Graph
from router.composition.visibility import Visibility, places
from router.supergraph.model import TypeKind, named_type


def default_value_uses_inaccessible(graph: Graph) -> Iterator[CompositionError]:
    """A default shows in the schema of clients, so all of it has to exist there."""
    visible = Visibility(graph)
    for coordinates, parts in visible.inputs():
        default = graph.merged_default(parts)
        if default is None:
            continue
        for used in _used(graph, named_type(parts[0][1].type), parse_value(default, no_location=True)):
            if visible.hides(used):
                message = f"{used} is @inaccessible, but the default of {coordinates} uses it"
                yield CompositionError("DEFAULT_VALUE_USES_INACCESSIBLE", message, places(parts) + visible.marks[used])


def _used(graph: Graph, type_name: str, value: ValueNode) -> Iterator[str]:
    """Coordinates of the enum values and input fields in a constant of the type."""
    kind = graph.kind(type_name)
    if isinstance(value, ListValueNode):
        for element in value.values:
            yield from _used(graph, type_name, element)
    elif isinstance(value, EnumValueNode) and kind is TypeKind.ENUM:
        yield f"{type_name}.{value.value}"
    elif isinstance(value, ObjectValueNode) and kind is TypeKind.INPUT_OBJECT:
        known = graph.inputs(type_name)
        for item in value.fields:
            yield f"{type_name}.{item.name.value}"
            if item.name.value in known:
                yield from _used(graph, named_type(known[item.name.value][0][1].type), item.value)
