"""LIST_SIZE_APPLIED_TO_NON_LIST: a size is given to what is no list."""

from __future__ import annotations

from collections.abc import Iterator

from router.composition.declarations import fields
from router.composition.errors import CompositionError
from router.composition.list_sizes import is_list, names
from router.composition.merged import Graph


def list_size_applied_to_non_list(graph: Graph) -> Iterator[CompositionError]:
    """The size is that of the field, or of the fields below it that `sizedFields` names: all of them lists."""
    for sub, type_, field in fields(graph):
        for applied in field.applied("listSize"):
            sized = names(applied, "sizedFields")
            returned = sub.returned(field)
            below = [returned.fields[name] for name in sized if name in returned.fields] if returned else []
            wrong = [f"{type_.name}.{field.name}"] if not sized and not is_list(field.type) else []
            wrong += [f"{returned.name}.{found.name}" for found in below if returned and not is_list(found.type)]
            for coordinates in wrong:
                message = f"@listSize on {type_.name}.{field.name}: {coordinates} is no list"
                yield CompositionError("LIST_SIZE_APPLIED_TO_NON_LIST", message, (applied.place,))
