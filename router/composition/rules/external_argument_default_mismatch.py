"""EXTERNAL_ARGUMENT_DEFAULT_MISMATCH: a subgraph counts on a default of others' argument that is another one."""

from __future__ import annotations

from collections.abc import Iterator

from router.composition.errors import CompositionError
from router.composition.external_fields import external_fields
from router.composition.merged import Graph


def external_argument_default_mismatch(graph: Graph) -> Iterator[CompositionError]:
    """An argument of an external field has the default that clients see."""
    for type_name, sub, field, defined in external_fields(graph):
        for argument, parts in graph.merged_arguments(defined).items():
            default, own = graph.merged_default(parts), field.arguments.get(argument)
            if own is not None and own.default != default:
                seen, here = default or "none", own.default or "none"
                yield CompositionError(
                    "EXTERNAL_ARGUMENT_DEFAULT_MISMATCH",
                    f"{type_name}.{field.name}({argument}:) has the default {seen}, but {here} in {sub.name}, "
                    "where it is external",
                    (own.place, *(part.place for _, part in parts)),
                )
