"""Who must be let through to an element of the supergraph, apart from what its own definitions say.

A client can reach the same data by an interface and by each type that implements it, so neither way may ask for
less: a field of an interface takes on what its implementations ask for, a field that belongs to an interface
object hands on what that asks for to every implementation.
"""

from __future__ import annotations

from dataclasses import dataclass

from router.composition.merge_directives import AUTH
from router.composition.merged import Graph
from router.composition.subgraph import FEDERATION, Applied, Element
from router.supergraph.model import TypeKind


@dataclass(frozen=True)
class Requirements:
    """The access directives that elements of one graph inherit."""

    graph: Graph

    def of_type(self, type_name: str) -> list[Applied]:
        """What an interface takes on from the types that implement it."""
        return [
            applied
            for implementation in self.graph.implementations.get(type_name, ())
            for _, type_ in self.graph.of_type(implementation)
            for applied in _auth(type_)
        ]

    def of_field(self, type_name: str, field_name: str) -> list[Applied]:
        """What a field takes on from the same field of its interfaces' objects, or of its implementations."""
        if self.graph.kind(type_name) is TypeKind.INTERFACE:
            return [
                applied
                for implementation in self.graph.implementations.get(type_name, ())
                for applied in (
                    *self._written(implementation, field_name),
                    *self._from_interface_objects(implementation, field_name),
                )
            ]
        return self._from_interface_objects(type_name, field_name)

    def _written(self, type_name: str, field_name: str) -> list[Applied]:
        return [applied for _, field in self.graph.of_field(type_name, field_name) for applied in _auth(field)]

    def _from_interface_objects(self, type_name: str, field_name: str) -> list[Applied]:
        return [
            applied
            for interface in self.graph.interfaces_of(type_name)
            for _, type_ in self.graph.interface_objects(interface)
            if field_name in type_.fields
            for applied in _auth(type_.fields[field_name])
        ]


def _auth(element: Element) -> list[Applied]:
    return [applied for applied in element.directives if applied.spec == FEDERATION and applied.name in AUTH]
