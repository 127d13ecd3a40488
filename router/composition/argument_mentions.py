"""Every argument that subgraphs must agree on, with everyone who knows it: those of fields, and those of directives."""

from __future__ import annotations

from collections.abc import Iterator

from router.composition.composed_directives import shared_definitions
from router.composition.merged import Graph, InputMention


def argument_mentions(graph: Graph) -> Iterator[tuple[str, list[InputMention]]]:
    """By what an argument is called in messages: `T.f(a:)` or `@d(a:)`."""
    for type_name, field_name, _ in graph.fields():
        for name, parts in graph.arguments(graph.defined(type_name, field_name)).items():
            yield f"{type_name}.{field_name}({name}:)", parts
    for directive, definitions in shared_definitions(graph):
        for name in dict.fromkeys(name for _, found in definitions for name in found.arguments):
            parts = [(sub, found.arguments[name]) for sub, found in definitions if name in found.arguments]
            yield f"@{directive}({name}:)", parts
