"""TYPE_DEFINITION_INVALID: a subgraph defines a type of federation's as something else."""

from __future__ import annotations

from collections.abc import Iterator

from graphql import ScalarTypeDefinitionNode, TypeDefinitionNode

from router.composition.errors import CompositionError
from router.composition.federation_spec import SCALARS
from router.composition.links import FEDERATION_IDENTITY
from router.composition.merged import Graph
from router.composition.places import place_of
from router.composition.subgraph import SubgraphSchema


def type_definition_invalid(graph: Graph) -> Iterator[CompositionError]:
    """The arguments of federation's directives are scalars of its own, which a subgraph may define, but not change."""
    for sub in graph.subgraphs:
        scalars = _local_names(sub)
        for node in sub.document.definitions:
            if not isinstance(node, TypeDefinitionNode) or isinstance(node, ScalarTypeDefinitionNode):
                continue
            if node.name.value in scalars:
                message = f"{node.name.value} is federation's, and a scalar"
                yield CompositionError("TYPE_DEFINITION_INVALID", message, (place_of(node, sub.name),))


def _local_names(sub: SubgraphSchema) -> set[str]:
    names = {"_FieldSet"}
    for link in sub.links:
        if link.identity == FEDERATION_IDENTITY:
            names.update(f"{link.namespace}__{name}" for name in SCALARS)
            names.update(item.local for item in link.imports if item.name in SCALARS)
    return names
