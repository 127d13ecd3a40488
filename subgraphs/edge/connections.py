"""Relay connections: `Connection[Order]` is `OrderConnection` with edges of `OrderEdge`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

import strawberry

from shared_models.kernel.pagination import Page
from subgraphs.edge.types import PageInfo

Node = TypeVar("Node")
Row = TypeVar("Row")


@strawberry.type
class Edge(Generic[Node]):
    """A node and where it stands."""

    cursor: str
    node: Node


@strawberry.type
class Connection(Generic[Node]):
    """One page of a list."""

    edges: list[Edge[Node]]
    page_info: PageInfo
    count: strawberry.Private[Callable[[], Awaitable[int]]]

    @strawberry.field
    async def total_count(self) -> int:
        """How many there are on all pages; counted only when it is asked for."""
        return await self.count()


def connection(page: Page[Row], node: Callable[[Row], Node], count: Callable[[], Awaitable[int]]) -> Connection[Node]:
    """A connection over a page of rows: `node` turns a row into its GraphQL type, `count` counts all pages."""
    cursors = page.cursors
    return Connection(
        edges=[Edge(cursor=cursor, node=node(row)) for cursor, row in zip(cursors, page.rows, strict=True)],
        page_info=PageInfo(has_next_page=page.has_next, end_cursor=cursors[-1] if cursors else None),
        count=count,
    )
