"""A subgraph without a domain: one resolver for each thing that the edge has to do."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID

import pytest
import strawberry
from litestar import Litestar
from sqlalchemy.exc import DataError

from shared_models.kernel.errors import BadInput, UserError
from shared_models.kernel.identity import Role
from shared_models.kernel.pagination import page_of, page_size
from shared_models.kernel.settings import KernelSettings
from subgraphs.edge.connections import Connection, connection
from subgraphs.edge.context import Context, Info
from subgraphs.edge.payloads import Payload, payload
from subgraphs.edge.subgraph import Subgraph
from subgraphs.edge.types import Money
from tests.support.subgraph_client import SubgraphClient, identity_of, served

#: How many keys each call of the loader was given.
BATCHES: list[int] = []
#: How often a subscription's generator was left by its `finally`, and the totals that were counted.
CLOSED: list[str] = []
COUNTED: list[int] = []


async def load_things(context: Context, ids: list[UUID]) -> list[Thing | None]:
    BATCHES.append(len(ids))
    return [
        None if id.int == 0 else Thing(id=strawberry.ID(str(id)), price=Money(amount=1, currency="GBP")) for id in ids
    ]


@strawberry.federation.type(keys=["id"])
class Thing:
    id: strawberry.ID
    price: Money

    @classmethod
    async def resolve_reference(cls, info: Info, id: strawberry.ID) -> Thing | None:
        return await info.context.load_by_id(load_things, id)


@strawberry.type
class MakePayload(Payload):
    thing: Thing | None = None


async def count_numbers() -> int:
    COUNTED.append(5)
    return 5


@strawberry.type
class Number:
    value: int


@strawberry.type
class Query:
    @strawberry.field
    def hello(self, times: int = 1) -> str:
        return "hello" * times

    @strawberry.field
    def broken(self) -> str | None:
        raise RuntimeError("the password is hunter2")

    @strawberry.field
    def too_big(self) -> int | None:
        return 2**40

    @strawberry.field
    def refused(self) -> str | None:
        raise BadInput("Not like this.", limit=3)

    @strawberry.field
    def unstorable(self) -> str | None:
        raise DataError("INSERT INTO secret_table VALUES (%s)", ["\x00"], ValueError("NUL (0x00) bytes"))

    @strawberry.field
    def email(self, info: Info) -> str | None:
        return info.context.require().email

    @strawberry.field
    def audit(self, info: Info) -> str | None:
        return info.context.require(Role.AUDITOR).email

    @strawberry.field
    def client(self, info: Info) -> str | None:
        return info.context.client_address

    @strawberry.field
    def numbers(self, first: int | None = None) -> Connection[Number]:
        size = page_size(first)
        page = page_of([Number(value=n) for n in range(5)][: size + 1], size, lambda number: f"c{number.value}")
        return connection(page, lambda number: number, count_numbers)


@strawberry.type
class Mutation:
    @strawberry.mutation
    @payload(MakePayload)
    async def make(self, info: Info, input: str) -> MakePayload:
        if input == "bad":
            raise UserError("BAD_THING", "No such thing can be made.", ["name"])
        return MakePayload(thing=Thing(id=strawberry.ID(input), price=Money(amount=1, currency="GBP")))


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def ticks(self, info: Info, count: int = 3, wait: bool = False) -> AsyncIterator[int]:
        try:
            for number in range(count):
                yield number
            if wait:
                await asyncio.Event().wait()
        finally:
            CLOSED.append("ticks")

    @strawberry.subscription
    async def breaks(self, info: Info) -> AsyncIterator[int]:
        yield 1
        raise RuntimeError("the password is hunter2")

    @strawberry.subscription
    async def things(self, info: Info) -> AsyncIterator[Thing | None]:
        for _ in range(2):
            yield await info.context.load_by_id(load_things, str(UUID(int=1)))


TOY = Subgraph("toy", Query, Mutation, Subscription)


@pytest.fixture(scope="session")
async def app(kernel_settings: KernelSettings) -> AsyncIterator[Litestar]:
    async with served(TOY, kernel_settings) as app:
        yield app


@pytest.fixture
def client(app: Litestar, kernel_settings: KernelSettings) -> SubgraphClient:
    return SubgraphClient(app, "toy", kernel_settings, identity_of())


@pytest.fixture
def stranger(app: Litestar, kernel_settings: KernelSettings) -> SubgraphClient:
    return SubgraphClient(app, "toy", kernel_settings)
