"""LIST_SIZE_INVALID_SLICING_ARGUMENT: the size of a list depends on an argument that holds no size."""

from __future__ import annotations

from collections.abc import Iterator

from router.composition.declarations import fields
from router.composition.errors import CompositionError
from router.composition.list_sizes import names
from router.composition.merged import Graph


def list_size_invalid_slicing_argument(graph: Graph) -> Iterator[CompositionError]:
    """Slicing arguments are arguments of the field, and integers, or no size could be read from them."""
    for _, type_, field in fields(graph):
        for applied in field.applied("listSize"):
            for name in names(applied, "slicingArguments"):
                argument = field.arguments.get(name)
                if argument is not None and argument.type.removesuffix("!") == "Int":
                    continue
                so = f"{name} is {argument.type}, not Int" if argument else f"there is no argument {name}"
                message = f"@listSize on {type_.name}.{field.name}: {so}"
                yield CompositionError("LIST_SIZE_INVALID_SLICING_ARGUMENT", message, (applied.place,))
