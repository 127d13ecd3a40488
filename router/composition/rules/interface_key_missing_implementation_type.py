"""INTERFACE_KEY_MISSING_IMPLEMENTATION_TYPE: a subgraph finds an interface by key, but not every type of it."""

from __future__ import annotations

from collections.abc import Iterator

from router.composition.errors import CompositionError
from router.composition.merged import Graph
from router.composition.wording import listed
from router.supergraph.model import TypeKind


def interface_key_missing_implementation_type(graph: Graph) -> Iterator[CompositionError]:
    """Who offers to find any object of the interface must know all types that such an object can have."""
    for type_name, parts in graph.types_of(TypeKind.INTERFACE):
        for sub, type_ in parts:
            key = next((key for key in type_.keys if key.resolvable), None)
            if key is None or type_.interface_object:
                continue
            known = {implementation.name for implementation in sub.implementations(type_name)}
            missing = [name for name in graph.implementations.get(type_name, ()) if name not in known]
            if missing:
                yield CompositionError(
                    "INTERFACE_KEY_MISSING_IMPLEMENTATION_TYPE",
                    f"{type_name} has the key {key.text!r} in {sub.name}, which does not know {listed(missing)}",
                    (key.place,),
                )
