"""Walking over everything that a subgraph declares."""

from __future__ import annotations

from collections.abc import Iterator

from router.composition.merged import Graph
from router.composition.subgraph import Applied, Element, FieldDef, SubgraphSchema, TypeDef


def fields(graph: Graph) -> Iterator[tuple[SubgraphSchema, TypeDef, FieldDef]]:
    """Every field of an object or interface in every subgraph."""
    for sub in graph.subgraphs:
        for type_ in sub.types.values():
            for field in type_.fields.values():
                yield sub, type_, field


def elements(sub: SubgraphSchema) -> Iterator[tuple[str, Element]]:
    """Everything in the subgraph that can carry directives, by its coordinates."""
    for type_ in sub.types.values():
        yield type_.name, type_
        for part in (*type_.inputs.values(), *type_.values.values()):
            yield f"{type_.name}.{part.name}", part
        for field in type_.fields.values():
            yield f"{type_.name}.{field.name}", field
            for argument in field.arguments.values():
                yield f"{type_.name}.{field.name}({argument.name}:)", argument
    for directive in sub.directive_definitions.values():
        for argument in directive.arguments.values():
            yield f"@{directive.name}({argument.name}:)", argument


def applications(sub: SubgraphSchema) -> Iterator[Applied]:
    """Every directive where it is applied in the subgraph."""
    yield from sub.schema_directives
    for _, element in elements(sub):
        yield from element.directives
