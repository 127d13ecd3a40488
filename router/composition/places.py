"""Where something stands in a subgraph's SDL."""

from __future__ import annotations

from dataclasses import dataclass

from graphql import GraphQLError, Node


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where in which subgraph's SDL. Line 0 stands for the subgraph as a whole."""

    subgraph: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return f"{self.subgraph}:{self.line}:{self.column}" if self.line else self.subgraph


def place_of(node: Node | None, subgraph: str) -> Place:
    """Where a node of the subgraph's document begins."""
    location = node.loc if node is not None else None
    if location is None:
        return Place(subgraph)
    return Place(subgraph, location.start_token.line, location.start_token.column)


def places_of_error(error: GraphQLError, subgraph: str) -> tuple[Place, ...]:
    """Where graphql-core says that the trouble is."""
    found = tuple(Place(subgraph, location.line, location.column) for location in error.locations or ())
    return found or (Place(subgraph),)
