"""Composed supergraphs in pieces, so that a test shows the piece it is about."""

from __future__ import annotations

from graphql import SchemaDefinitionNode, parse, print_ast

from router.composition.compose import compose
from router.composition.subgraph import SubgraphSource


def composed(**subgraphs: str) -> str:
    """The supergraph of the subgraphs by name."""
    return compose([SubgraphSource(name, f"http://{name}", sdl) for name, sdl in subgraphs.items()]).sdl


def definition(sdl: str, name: str) -> str:
    """One definition of it as graphql-core prints it, `schema` and `@directive` too; empty where there is none."""
    for node in parse(sdl, no_location=True).definitions:
        if isinstance(node, SchemaDefinitionNode):
            found = "schema"
        else:
            found = ("@" if node.kind == "directive_definition" else "") + node.name.value  # type: ignore[attr-defined]
        if found == name:
            return print_ast(node)
    return ""


def line(sdl: str, type_name: str, field: str) -> str:
    """The line of a type that has the field."""
    lines = [found.strip() for found in definition(sdl, type_name).splitlines()]
    return next((found for found in lines if found.startswith((f"{field}:", f"{field}("))), "")
