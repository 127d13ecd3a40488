"""LIST_SIZE_INVALID_SLICING_ARGUMENT: the size of a list depends on an argument that holds no size."""

from __future__ import annotations

from collections.abc import Iterator

from router.composition.declarations import fields
from router.composition.errors import CompositionError
from router.composition.list_sizes import names
from router.composition.merged import Graph
from router.composition.subgraph import FieldDef, InputDef, SubgraphSchema


def list_size_invalid_slicing_argument(graph: Graph) -> Iterator[CompositionError]:
    """Slicing arguments are integers: arguments of the field, or with `page.first` fields of its input objects."""
    for sub, type_, field in fields(graph):
        for applied in field.applied("listSize"):
            for name in names(applied, "slicingArguments"):
                argument = _at(sub, field, name)
                if argument is not None and argument.type.removesuffix("!") == "Int":
                    continue
                so = f"{name} is {argument.type}, not Int" if argument else f"there is no argument {name}"
                message = f"@listSize on {type_.name}.{field.name}: {so}"
                yield CompositionError("LIST_SIZE_INVALID_SLICING_ARGUMENT", message, (applied.place,))


def _at(sub: SubgraphSchema, field: FieldDef, path: str) -> InputDef | None:
    """What the path leads to; lists on the way have no one size."""
    inputs = field.arguments
    found: InputDef | None = None
    for name in path.split("."):
        found = inputs.get(name)
        type_ = sub.types.get(found.type.removesuffix("!")) if found else None
        inputs = type_.inputs if type_ else {}
    return found
