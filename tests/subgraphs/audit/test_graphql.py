"""Audit's part of the graph, as the router asks for it."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

import msgspec
import pytest
from litestar import Litestar
from redis.asyncio import Redis

from shared_models.audit import service
from shared_models.audit.events import EntriesAppended
from shared_models.audit.service import Happened
from shared_models.billing.events import PaymentCaptured
from shared_models.kernel.identity import Identity, Role
from shared_models.kernel.ids import new_id
from shared_models.kernel.live import LiveEvent, channel
from shared_models.kernel.money import Money
from shared_models.kernel.settings import KernelSettings
from shared_models.orders.events import OrderFulfilled, OrderPaid
from tests.shared_models.audit.happenings import happened
from tests.support.subgraph_client import SubgraphClient, identity_of, served

TRAILS = """
query($r: [_Any!]!, $first: Int, $after: String) { _entities(representations: $r) {
  ... on Order { auditTrail(first: $first, after: $after) { ...trail } }
  ... on Payment { auditTrail(first: $first, after: $after) { ...trail } } } }
fragment trail on AuditEntryConnection { totalCount pageInfo { hasNextPage endCursor }
  edges { node { action sequence hash previousHash } } }
"""


@pytest.fixture(scope="module")
async def app(settings: KernelSettings) -> AsyncIterator[Litestar]:
    async with served("audit", settings) as app:
        yield app


@pytest.fixture
def owner() -> Identity:
    return identity_of()


@pytest.fixture
def client(app: Litestar, settings: KernelSettings, owner: Identity) -> SubgraphClient:
    return SubgraphClient(app, "audit", settings, owner)


async def append(app: Litestar, owner: Identity, events: Sequence[Happened]) -> None:
    async with app.state.services.database.transaction(owner.scope()) as session:
        await service.append(session, events)


def sequences(connection: dict[str, Any]) -> list[int]:
    return [edge["node"]["sequence"] for edge in connection["edges"]]


async def test_trails_of_many_entities_page_by_page(client: SubgraphClient, app: Litestar, owner: Identity) -> None:
    payment, order = new_id(), new_id()
    captured = PaymentCaptured(payment, order, Money(1, "GBP"), "pi_1")
    steps = (captured, OrderPaid(order, Money(1, "GBP")), OrderFulfilled(order))
    await append(app, owner, [happened(event, minute=minute) for minute, event in enumerate(steps)])
    asked = [{"__typename": kind, "id": str(id)} for kind, id in (("Order", order), ("Payment", payment))]

    of_order, of_payment = (await client.data(TRAILS, {"r": asked, "first": 2}))["_entities"]
    trail = of_order["auditTrail"]
    assert [edge["node"]["action"] for edge in trail["edges"]] == ["billing.PaymentCaptured", "orders.OrderPaid"]
    assert trail["edges"][1]["node"]["previousHash"] == trail["edges"][0]["node"]["hash"]
    assert (trail["totalCount"], trail["pageInfo"]["hasNextPage"]) == (3, True)
    assert sequences(of_payment["auditTrail"]) == [1]

    after = trail["pageInfo"]["endCursor"]
    rest, _ = (await client.data(TRAILS, {"r": asked, "first": 2, "after": after}))["_entities"]
    assert sequences(rest["auditTrail"]) == [3]
    assert rest["auditTrail"]["pageInfo"]["hasNextPage"] is False


async def test_the_log_and_its_entries(client: SubgraphClient, app: Litestar, owner: Identity) -> None:
    order = new_id()
    await append(
        app, owner, [happened(), happened(OrderPaid(order, Money(5, "GBP")), minute=1, actor_id=owner.user_id)]
    )
    log = """query($filter: AuditLogFilter) { auditLog(filter: $filter) { totalCount edges { node {
        id sequence action data traceId actor { id } subject { __typename ... on Order { id } } } } } }"""

    newest, oldest = [edge["node"] for edge in (await client.data(log))["auditLog"]["edges"]]
    assert (newest["sequence"], oldest["sequence"]) == (2, 1)
    assert newest | {"id": "", "traceId": ""} == {
        "id": "",
        "sequence": 2,
        "action": "orders.OrderPaid",
        "data": {"order_id": str(order), "total": {"amount": 5, "currency": "GBP"}},
        "traceId": "",
        "actor": {"id": str(owner.user_id)},
        "subject": {"__typename": "Order", "id": str(order)},
    }
    for asked, found in (
        ({"action": "orders.OrderPaid"}, 1),
        ({"subjectId": str(order)}, 1),
        ({"actorId": str(owner.user_id)}, 1),
        ({"since": "2026-11-20T12:01:00Z"}, 1),
        ({"until": "2026-11-20T12:01:00"}, 1),
        ({"action": "orders.OrderPlaced"}, 0),
    ):
        assert (await client.data(log, {"filter": asked}))["auditLog"]["totalCount"] == found

    by_id = "query($r: [_Any!]!) { _entities(representations: $r) { ... on AuditEntry { sequence } } }"
    entries = [{"__typename": "AuditEntry", "id": id} for id in (newest["id"], str(new_id()), "nonsense")]
    assert (await client.data(by_id, {"r": entries}))["_entities"] == [{"sequence": 2}, None, None]


async def test_verification(client: SubgraphClient, app: Litestar, owner: Identity) -> None:
    document = "{ verifyAuditChain { valid entries firstBroken } }"
    assert (await client.data(document))["verifyAuditChain"] == {"valid": True, "entries": 0, "firstBroken": None}
    await append(app, owner, [happened() for _ in range(3)])
    assert (await client.data(document))["verifyAuditChain"] == {"valid": True, "entries": 3, "firstBroken": None}


async def test_the_log_is_for_owners_and_auditors(app: Litestar, settings: KernelSettings) -> None:
    order = [{"__typename": "Order", "id": str(new_id())}]
    for role, codes in ((Role.STAFF, {"FORBIDDEN"}), (Role.AUDITOR, set())):
        client = SubgraphClient(app, "audit", settings, identity_of(None, role))
        answers = [
            await client.query("{ auditLog { totalCount } }"),
            await client.query("{ verifyAuditChain { valid } }"),
            await client.query(TRAILS, {"r": order}),
        ]
        for answer in answers:
            assert {error["extensions"]["code"] for error in answer.get("errors", [])} == codes


@pytest.mark.parametrize(
    ("document", "variables"),
    [
        ("query { auditLog(first: 0) { totalCount } }", {}),
        ("query { auditLog(first: 101) { totalCount } }", {}),
        ('query { auditLog(after: "nonsense") { totalCount } }', {}),
        ("query($f: AuditLogFilter) { auditLog(filter: $f) { totalCount } }", {"f": {"subjectId": "nonsense"}}),
        ("query($f: AuditLogFilter) { auditLog(filter: $f) { totalCount } }", {"f": {"action": "x" * 201}}),
        ("query($f: AuditLogFilter) { auditLog(filter: $f) { totalCount } }", {"f": {"since": "yesterday"}}),
    ],
)
async def test_bad_input_has_a_code(client: SubgraphClient, document: str, variables: dict[str, Any]) -> None:
    answer = await client.query(document, variables)
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["BAD_USER_INPUT"]


async def test_entries_are_pushed_as_they_are_appended(
    client: SubgraphClient, app: Litestar, settings: KernelSettings, owner: Identity
) -> None:
    await append(app, owner, [happened() for _ in range(2)])
    grown = msgspec.json.encode(LiveEvent(EntriesAppended.name(), owner.tenant_id, {"first": 1, "last": 1}))

    async def grow() -> None:
        async with Redis.from_url(settings.redis_url) as redis:
            while True:
                await append(app, owner, [happened() for _ in range(2)])
                await redis.publish(channel("audit"), grown)
                await asyncio.sleep(0.05)

    growing, seen = asyncio.create_task(grow()), []
    async with asyncio.timeout(60):
        async for result in client.subscribe("subscription { auditAppended { sequence } }"):
            seen.append(result["data"]["auditAppended"]["sequence"])
            if len(seen) == 5:
                break
    growing.cancel()
    await asyncio.gather(growing, return_exceptions=True)

    assert seen[0] > 2, "what was there before is not news"
    assert seen == list(range(seen[0], seen[0] + 5))
