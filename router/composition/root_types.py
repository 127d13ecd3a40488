"""What a subgraph calls the types that operations start from."""

from __future__ import annotations

from collections.abc import Iterator

from graphql import SchemaDefinitionNode, SchemaExtensionNode, TypeDefinitionNode, TypeExtensionNode

from router.composition.errors import CompositionError
from router.composition.merged import Graph
from router.composition.places import place_of


def misleading_root_types(graph: Graph, operation: str) -> Iterator[CompositionError]:
    """Types with the usual name of a root in subgraphs where another type is that root."""
    usual = operation.capitalize()
    for sub in graph.subgraphs:
        roots = [
            root.type.name.value
            for node in sub.document.definitions
            if isinstance(node, SchemaDefinitionNode | SchemaExtensionNode)
            for root in node.operation_types or ()
            if root.operation.value == operation
        ]
        if not roots or usual in roots:
            continue
        for node in sub.document.definitions:
            if isinstance(node, TypeDefinitionNode | TypeExtensionNode) and node.name.value == usual:
                yield CompositionError(
                    f"ROOT_{operation.upper()}_USED",
                    f"{usual} is not the {operation} root: {roots[0]} is",
                    (place_of(node, sub.name),),
                )
                break
