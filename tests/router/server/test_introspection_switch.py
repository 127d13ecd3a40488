"""A router that keeps its schema to itself."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from ..http_subgraph import HttpSubgraph
from ..running import RunningRouter, running
from ..shop import shop


@pytest_asyncio.fixture
async def closed(tmp_path: Path) -> AsyncIterator[RunningRouter]:
    async with running([HttpSubgraph(part) for part in shop()], tmp_path, router_introspection=False) as router:
        yield router


@pytest.mark.parametrize(
    "query",
    [
        "{ __schema { queryType { name } } }",
        '{ __type(name: "Order") { name } }',
        '{ order(id: "o1") { status } ...F } fragment F on Query { hidden: __schema { description } }',
    ],
)
async def test_the_schema_is_refused(closed: RunningRouter, query: str) -> None:
    answer = await closed.post(query)
    assert "data" not in answer
    assert {error["extensions"]["code"] for error in answer["errors"]} == {"INTROSPECTION_DISABLED"}


async def test_the_name_of_a_type_is_not_the_schema(closed: RunningRouter) -> None:
    answer = await closed.post('{ __typename order(id: "o1") { __typename status } }')
    assert answer == {"data": {"__typename": "Query", "order": {"__typename": "Order", "status": "PAID"}}}


async def test_the_schema_is_open_by_default(router: RunningRouter) -> None:
    answer = await router.post("{ __schema { queryType { name } } }")
    assert answer == {"data": {"__schema": {"queryType": {"name": "Query"}}}}
