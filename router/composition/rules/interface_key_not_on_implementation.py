"""INTERFACE_KEY_NOT_ON_IMPLEMENTATION: an interface has a key that an object of it lacks."""

from __future__ import annotations

from collections.abc import Iterator

from router.composition.errors import CompositionError
from router.composition.merged import Graph
from router.composition.subgraph import KeyDef, TypeDef
from router.supergraph.field_set import FieldSet, FieldSetFragment
from router.supergraph.model import TypeKind


def interface_key_not_on_implementation(graph: Graph) -> Iterator[CompositionError]:
    """Whoever finds an entity by its interface finds an object, so each object must be found by the same key."""
    for sub in graph.subgraphs:
        for type_ in sub.types.values():
            if type_.kind is not TypeKind.INTERFACE or sub.is_federation_1:
                continue
            for key in type_.keys:
                for implementation in sub.implementations(type_.name):
                    if key.fields and not _has(implementation, key):
                        yield CompositionError(
                            "INTERFACE_KEY_NOT_ON_IMPLEMENTATION",
                            f"{implementation.name} implements {type_.name} without its "
                            f"{'' if key.resolvable else 'unresolvable '}key {key.text!r}",
                            (key.place, implementation.place),
                        )


def _has(type_: TypeDef, key: KeyDef) -> bool:
    wanted = _unordered(key.fields)
    return any(_unordered(other.fields) == wanted and (other.resolvable or not key.resolvable) for other in type_.keys)


def _unordered(field_set: FieldSet) -> frozenset[tuple[str, object]]:
    """A field set without the order in which it is written."""
    return frozenset(
        (item.type_name if isinstance(item, FieldSetFragment) else item.name, _unordered(item.selections))
        for item in field_set
    )
