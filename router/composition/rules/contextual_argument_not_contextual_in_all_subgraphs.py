"""CONTEXTUAL_ARGUMENT_NOT_CONTEXTUAL_IN_ALL_SUBGRAPHS: a context gives it here, nobody there."""

from __future__ import annotations

from collections.abc import Iterator

from router.composition.errors import CompositionError
from router.composition.merged import Graph
from router.composition.subgraph import InputDef, SubgraphSchema


def contextual_argument_not_contextual_in_all_subgraphs(graph: Graph) -> Iterator[CompositionError]:
    """Clients do not see an argument that comes from a context, so nowhere else can they be made to give it."""
    for type_name, field_name, mentions in graph.fields():
        arguments: dict[str, list[tuple[SubgraphSchema, InputDef]]] = {}
        for sub, field in mentions:
            for argument in field.arguments.values():
                arguments.setdefault(argument.name, []).append((sub, argument))
        for name, parts in arguments.items():
            contextual = [sub.name for sub, argument in parts if argument.from_context is not None]
            for sub, argument in parts:
                if contextual and argument.is_required:
                    yield CompositionError(
                        "CONTEXTUAL_ARGUMENT_NOT_CONTEXTUAL_IN_ALL_SUBGRAPHS",
                        f"{type_name}.{field_name}({name}:) comes from a context in {contextual[0]}, "
                        f"but has to be given in {sub.name}",
                        (argument.place,),
                    )
