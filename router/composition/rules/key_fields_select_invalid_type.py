"""KEY_FIELDS_SELECT_INVALID_TYPE: a key goes through an interface or a union."""

from __future__ import annotations

from collections.abc import Iterator

from router.composition.errors import CompositionError
from router.composition.merged import Graph
from router.composition.selections import selected_fields
from router.supergraph.model import TypeKind

_ABSTRACT = frozenset({TypeKind.INTERFACE, TypeKind.UNION})


def key_fields_select_invalid_type(graph: Graph) -> Iterator[CompositionError]:
    """The fields of a key are the same for every entity, which those of an abstract type need not be."""
    for sub in graph.subgraphs:
        for type_ in sub.types.values():
            for key in type_.keys:
                for owner, field in selected_fields(sub, type_.name, key.fields):
                    returned = sub.returned(field)
                    if returned is not None and returned.kind in _ABSTRACT:
                        kind = returned.kind.value.lower()
                        message = f"@key on {type_.name}: {owner}.{field.name} is the {kind} {returned.name}"
                        yield CompositionError("KEY_FIELDS_SELECT_INVALID_TYPE", message, (key.place,))
