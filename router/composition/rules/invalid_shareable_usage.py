"""INVALID_SHAREABLE_USAGE: a shareable field of an interface."""

from __future__ import annotations

from collections.abc import Iterator

from router.composition.declarations import fields
from router.composition.errors import CompositionError
from router.composition.merged import Graph
from router.supergraph.model import TypeKind


def invalid_shareable_usage(graph: Graph) -> Iterator[CompositionError]:
    """Only objects have fields that several subgraphs could resolve; an interface resolves none."""
    for _, type_, field in fields(graph):
        if type_.kind is TypeKind.INTERFACE:
            for applied in field.applied("shareable"):
                message = f"{type_.name}.{field.name} is a field of an interface, so it cannot be @shareable"
                yield CompositionError("INVALID_SHAREABLE_USAGE", message, (applied.place,))
