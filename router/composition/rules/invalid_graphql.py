"""INVALID_GRAPHQL: a type that is mentioned and defined nowhere in its subgraph."""

from __future__ import annotations

from collections.abc import Iterator

from router.composition.errors import CompositionError
from router.composition.merged import BUILT_IN_SCALARS, Graph
from router.composition.subgraph import TypeDef
from router.supergraph.model import named_type


def invalid_graphql(graph: Graph) -> Iterator[CompositionError]:
    """Every type a subgraph mentions, it defines. (What does not parse is reported before any rule runs.)"""
    for sub in graph.subgraphs:
        known = BUILT_IN_SCALARS | set(sub.types)
        for type_ in sub.types.values():
            for where, name in _mentions(type_):
                if name not in known:
                    yield CompositionError("INVALID_GRAPHQL", f"{where}: unknown type {name}", (sub.name,))


def _mentions(type_: TypeDef) -> Iterator[tuple[str, str]]:
    for name in (*type_.interfaces, *type_.members):
        yield type_.name, name
    for item in type_.inputs.values():
        yield f"{type_.name}.{item.name}", named_type(item.type)
    for field in type_.fields.values():
        yield f"{type_.name}.{field.name}", named_type(field.type)
        for argument in field.arguments.values():
            yield f"{type_.name}.{field.name}({argument.name}:)", named_type(argument.type)
