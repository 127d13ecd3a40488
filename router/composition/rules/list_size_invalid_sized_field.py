"""LIST_SIZE_INVALID_SIZED_FIELD: a size is given to a field that is not there."""

from __future__ import annotations

from collections.abc import Iterator

from router.composition.declarations import fields
from router.composition.errors import CompositionError
from router.composition.list_sizes import names
from router.composition.merged import Graph
from router.supergraph.model import named_type


def list_size_invalid_sized_field(graph: Graph) -> Iterator[CompositionError]:
    """Sized fields are fields of what the field returns."""
    for sub, type_, field in fields(graph):
        returned = sub.returned(field)
        for applied in field.applied("listSize"):
            for name in names(applied, "sizedFields"):
                if returned is None or name not in returned.fields:
                    message = f"@listSize on {type_.name}.{field.name}: {named_type(field.type)} has no field {name}"
                    yield CompositionError("LIST_SIZE_INVALID_SIZED_FIELD", message, (applied.place,))
