"""COST_APPLIED_TO_INTERFACE_FIELD: a field of an interface is said to cost something."""

from __future__ import annotations

from collections.abc import Iterator

from router.composition.declarations import fields
from router.composition.errors import CompositionError
from router.composition.merged import Graph
from router.supergraph.model import TypeKind


def cost_applied_to_interface_field(graph: Graph) -> Iterator[CompositionError]:
    """What a field of an interface costs is what it costs in the objects; there, and on their arguments, it is said."""
    for _, type_, field in fields(graph):
        if type_.kind is not TypeKind.INTERFACE:
            continue
        coordinates = f"{type_.name}.{field.name}"
        places = {coordinates: field, **{f"{coordinates}({name}:)": item for name, item in field.arguments.items()}}
        for where, element in places.items():
            for applied in element.applied("cost"):
                message = f"{where} is of an interface, so its cost is that of the objects"
                yield CompositionError("COST_APPLIED_TO_INTERFACE_FIELD", message, (applied.place,))
