"""Operations of which parts come later."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any

import pytest

from router.execution.compiled import compile_deferring
from router.execution.deferred import Increment, execute_deferring
from router.execution.errors import SubrequestError
from router.execution.executor import Request
from router.execution.transport import SubgraphRequest

from ..federation import LINK, Record, TestSubgraph
from ..in_process import Federation, InProcess
from ..shop import shop

FIRST = {"order": {"number": "N1"}}


class Gated:
    """A transport that lets requests to some subgraphs wait until they are let go, and others fail."""

    def __init__(self, inner: InProcess, *waiting: str, failing: str = "") -> None:
        self.inner = inner
        self.gates = {name: asyncio.Event() for name in waiting}
        self.failing = failing
        self.asked: list[str] = []
        self.cancelled: list[str] = []

    async def send(self, request: SubgraphRequest) -> bytes:
        name = request.subgraph.name
        self.asked.append(name)
        if name in self.gates:
            try:
                await self.gates[name].wait()
            except asyncio.CancelledError:
                self.cancelled.append(name)
                raise
        if name == self.failing:
            raise SubrequestError(name, "it is not there")
        return await self.inner.send(request)

    def subscribe(self, request: SubgraphRequest) -> AsyncGenerator[bytes]:
        return self.inner.subscribe(request)


def parts(federation: Federation, transport: Any, query: str, **variables: Any) -> AsyncIterator[Increment]:
    operation = federation.compile(query)
    assert operation.deferral is not None
    deferring = compile_deferring(operation, operation.deferral, operation.deferral.holding(variables))
    return execute_deferring(deferring, Request(variables, {}), transport)


def data(increment: Increment) -> Any:
    assert increment.response is not None
    return increment.response.data


def results(increment: Increment) -> list[tuple[str | None, tuple[str | int, ...], Any]]:
    return [(result.pending.part.label, result.path, result.data) for result in increment.results]


def pending(increment: Increment) -> list[tuple[str | None, tuple[str | int, ...]]]:
    return [(item.part.label, item.path) for item in increment.pending]


async def test_the_first_response_waits_for_nothing_that_is_deferred() -> None:
    federation = Federation(shop())
    transport = Gated(federation.transport, "billing")
    query = '{ order(id: "o1") { number ... @defer(label: "pay") { payment { status } } } }'
    increments = parts(federation, transport, query)
    first = await anext(increments)
    assert (data(first), first.has_next, pending(first)) == (FIRST, True, [("pay", ("order",))])
    transport.gates["billing"].set()
    second = await anext(increments)
    assert results(second) == [("pay", ("order",), {"payment": {"status": "CAPTURED"}})]
    assert (second.has_next, [item.path for item in second.completed]) == (False, [("order",)])
    assert [item async for item in increments] == []


async def test_what_is_deferred_starts_before_the_first_response_is_there() -> None:
    federation = Federation(shop())
    transport = Gated(federation.transport, "orders")
    increments = parts(federation, transport, '{ order(id: "o1") { number } ... @defer { me { name } } }')
    first = asyncio.ensure_future(anext(increments))
    while len(transport.asked) < 2:
        await asyncio.sleep(0)
    assert sorted(transport.asked) == ["accounts", "orders"]
    transport.gates["orders"].set()
    assert data(await first) == FIRST
    assert results(await anext(increments)) == [(None, (), {"me": {"name": "Owner"}})]


async def test_a_part_comes_as_soon_as_it_is_done_and_after_the_one_around_it() -> None:
    federation = Federation(shop())
    transport = Gated(federation.transport, "billing")
    query = """{ order(id: "o1") { number
      ... @defer(label: "pay") { payment { status } ... @defer(label: "within") { placedBy { name } } }
      ... @defer(label: "lines") { lines { variant { title } } } } }"""
    increments = parts(federation, transport, query)
    first, second = await anext(increments), await anext(increments)
    assert pending(first) == [("pay", ("order",)), ("lines", ("order",))]
    assert [label for label, _, _ in results(second)] == ["lines"]
    assert second.has_next
    transport.gates["billing"].set()
    last = [item async for item in increments]
    assert [label for item in last for label, _, _ in results(item)] == ["pay", "within"]
    assert [found for item in last for found in pending(item)] == [("within", ("order",))]


async def test_each_object_of_a_list_has_its_own_result() -> None:
    query = '{ order(id: "o1") { lines { quantity ... @defer(label: "goods") { variant { sku } } } } }'
    first, second = await Federation(shop()).ask_deferring(query)
    assert data(first) == {"order": {"lines": [{"quantity": 1}, {"quantity": 1}]}}
    assert pending(first) == [("goods", ("order", "lines", 0)), ("goods", ("order", "lines", 1))]
    assert results(second) == [
        ("goods", ("order", "lines", 0), {"variant": {"sku": "71053"}}),
        ("goods", ("order", "lines", 1), {"variant": {"sku": "22423"}}),
    ]


async def test_what_is_asked_for_at_once_too_is_not_sent_again() -> None:
    query = '{ order(id: "o1") { number placedBy { id } ... @defer(label: "d") { number placedBy { id name } } } }'
    first, second = await Federation(shop()).ask_deferring(query)
    assert data(first) == {"order": {"number": "N1", "placedBy": {"id": "u1"}}}
    assert pending(first) == [("d", ("order",))]
    assert results(second) == [("d", ("order", "placedBy"), {"name": "Owner"})]


async def test_a_subgraph_that_fails_fails_only_the_part() -> None:
    federation = Federation(shop())
    transport = Gated(federation.transport, failing="billing")
    query = '{ order(id: "o1") { number ... @defer { payment { status } } ... @defer { placedBy { name } } } }'
    increments = [item async for item in parts(federation, transport, query)]
    assert increments[0].response is not None
    assert increments[0].response.errors == []
    found = {tuple(result.data or {}): result for item in increments for result in item.results}
    assert [(error.code, error.path) for error in found["payment",].errors] == [("SUBREQUEST_HTTP_ERROR", ("order",))]
    assert found["placedBy",].errors == []


SDL = {
    "a": 'type Query { things: [Thing!]! } type Thing @key(fields: "id") { id: ID! }',
    "b": 'type Thing @key(fields: "id") { id: ID! must: String! may: String }',
}


def things(**of_b: Record) -> Federation:
    def find(_: str, representation: Record) -> Record:
        return {"__typename": "Thing", **representation, **of_b.get(f"t{representation['id']}", {})}

    resolvers = {"Query.things": lambda *_: [{"__typename": "Thing", "id": "1"}, {"__typename": "Thing", "id": "2"}]}
    return Federation([TestSubgraph(name, LINK + sdl, resolvers, find) for name, sdl in SDL.items()])


async def test_a_null_that_may_not_be_ends_at_the_part_it_is_in() -> None:
    federation = things(t1={"must": "1"}, t2={"may": "2"})
    first, second = await federation.ask_deferring("{ things { id ... @defer { must } } }")
    assert data(first) == {"things": [{"id": "1"}, {"id": "2"}]}
    one, two = second.results
    assert (one.data, one.errors, two.data) == ({"must": "1"}, [], None)
    assert [error.path for error in two.errors] == [("things", 1, "must")]


async def test_objects_the_client_was_not_shown_have_no_parts() -> None:
    federation = Federation(shop())
    increments = await federation.ask_deferring('{ order(id: "nobody") { number ... @defer { payment { status } } } }')
    assert [(data(item), pending(item), item.has_next) for item in increments] == [({"order": None}, [], False)]


async def test_a_part_with_nothing_in_it_is_none() -> None:
    query = """query ($yes: Boolean!) { order(id: "o1") { number
      ... @defer(label: "one") { payment @include(if: $yes) { status } } ... @defer(label: "two") { status } } }"""
    first, second = await Federation(shop()).ask_deferring(query, {"yes": False})
    assert pending(first) == [("two", ("order",))]
    assert results(second) == [("two", ("order",), {"status": "PAID"})]


async def test_closing_ends_the_fetches() -> None:
    federation = Federation(shop())
    transport = Gated(federation.transport, "billing")
    increments: Any = parts(federation, transport, '{ order(id: "o1") { number ... @defer { payment { status } } } }')
    await anext(increments)
    while "billing" not in transport.asked:
        await asyncio.sleep(0)
    await increments.aclose()
    assert transport.cancelled == ["billing"]


async def test_a_mistake_of_ours_is_raised_and_does_not_hang() -> None:
    class Broken(Gated):
        async def send(self, request: SubgraphRequest) -> bytes:
            if request.subgraph.name == "billing":
                raise ZeroDivisionError
            return await super().send(request)

    federation = Federation(shop())
    increments = parts(
        federation,
        Broken(federation.transport),
        '{ order(id: "o1") { number ... @defer { payment { status } } } }',
    )
    with pytest.raises(ExceptionGroup) as raised:
        async with asyncio.timeout(30):
            _ = [item async for item in increments]
    assert isinstance(raised.value.exceptions[0], ZeroDivisionError)


async def test_what_is_asked_of_the_schema_comes_at_once() -> None:
    federation = Federation(shop())
    query = '{ order(id: "o1") { number } __type(name: "Money") { ... @defer { name } } }'
    answer = {**FIRST, "__type": {"name": "Money"}}
    assert await federation.ask(query) == {"data": answer}
    (only,) = await federation.ask_deferring(query)
    assert (data(only), only.has_next) == (answer, False)


async def test_a_part_below_a_field_that_is_left_out_is_none() -> None:
    query = """query ($yes: Boolean!) { me { ... @defer { name } }
      order(id: "o1") @include(if: $yes) { ... @defer { status } } order(id: "o1") { number } }"""
    first, *_ = await Federation(shop()).ask_deferring(query, {"yes": False})
    assert pending(first) == [(None, ("me",))]


async def test_what_is_asked_for_at_once_stands_where_it_is_asked_for_at_once() -> None:
    query = '{ order(id: "o1") { ... @defer { number } status number ... @defer { total { amount } } } }'
    first, *_ = await Federation(shop()).ask_deferring(query)
    assert list(data(first)["order"]) == ["status", "number"]


async def test_a_part_within_parts_that_have_nothing_of_their_own() -> None:
    query = '{ ... @defer { order(id: "o1") { ... @defer { ... on Order @defer { number } } } } }'
    increments = await Federation(shop()).ask_deferring(query)
    assert data(increments[0]) == {}
    assert [result for item in increments for result in results(item)] == [
        (None, (), {"order": {}}),
        (None, ("order",), {"number": "N1"}),
    ]
