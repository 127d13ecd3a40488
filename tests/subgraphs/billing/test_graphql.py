"""Billing's part of the graph, as the router asks for it."""

from typing import Any
from uuid import UUID

from litestar import Litestar
from sqlalchemy import select

from shared_models.billing.models import Payment
from shared_models.kernel.database import Database
from shared_models.kernel.identity import Identity, Role
from shared_models.kernel.ids import new_id
from shared_models.kernel.mesh_tables import job
from shared_models.kernel.settings import KernelSettings
from tests.support.subgraph_client import SubgraphClient, identity_of

ORDERS = """
query($representations: [_Any!]!) { _entities(representations: $representations) { ... on Order {
  id outstanding { amount currency } payment { id status attempts processor processorId failureCode
    amount { amount currency } refunds { id } } invoice { number pdfUrl } } } }
"""
REFUND = """
mutation($input: RefundPaymentInput!) { refundPayment(input: $input) {
  refund { id status amount { amount currency } } userErrors { code field } } }
"""


def order(id: UUID, total: int | None = 1000) -> dict[str, Any]:
    known = {} if total is None else {"total": {"amount": total, "currency": "GBP"}}
    return {"__typename": "Order", "id": str(id), **known}


async def test_an_order_owes_its_total_until_it_is_paid(
    client: SubgraphClient, captured: Payment, app: Litestar, settings: KernelSettings
) -> None:
    unpaid = new_id()
    variables = {"representations": [order(captured.order_id), order(unpaid, 250)]}
    paid, placed = (await client.data(ORDERS, variables))["_entities"]

    assert paid["outstanding"] == {"amount": 0, "currency": "GBP"}
    assert paid["payment"] == {
        "id": str(captured.id),
        "status": "CAPTURED",
        "attempts": 1,
        "processor": "stripe",
        "processorId": f"pi_{captured.id.hex}",
        "failureCode": None,
        "amount": {"amount": 1000, "currency": "GBP"},
        "refunds": [],
    }
    assert paid["invoice"]["number"].startswith("INV-")
    assert placed == {
        "id": str(unpaid),
        "outstanding": {"amount": 250, "currency": "GBP"},
        "payment": None,
        "invoice": None,
    }

    stranger = SubgraphClient(app, "billing", settings, identity_of())
    seen = (await stranger.data(ORDERS, variables))["_entities"][0]
    assert (seen["payment"], seen["invoice"]) == (None, None), "another tenant's payment"


async def test_an_order_without_its_total_owes_what_nobody_knows(client: SubgraphClient) -> None:
    answer = await client.query(ORDERS, {"representations": [order(new_id(), total=None)]})
    assert answer["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"


async def test_entities_that_do_not_exist_are_null(client: SubgraphClient, captured: Payment) -> None:
    document = """query($r: [_Any!]!) { _entities(representations: $r) {
        ... on Payment { status order { id } } ... on Invoice { number } } }"""
    asked = [("Payment", str(captured.id)), ("Payment", str(new_id())), ("Payment", "nonsense"), ("Invoice", "x")]
    found = await client.data(document, {"r": [{"__typename": kind, "id": id} for kind, id in asked]})

    assert found["_entities"] == [
        {"status": "CAPTURED", "order": {"id": str(captured.order_id)}},
        None,
        None,
        None,
    ]


async def test_the_trial_balance_and_the_ledger(client: SubgraphClient, captured: Payment) -> None:
    data = await client.data(
        "{ trialBalance { currency debit credit } ledger(first: 5) { totalCount pageInfo { hasNextPage } "
        "edges { node { kind sourceId entries { account currency debit credit } } } } }"
    )

    assert data["trialBalance"] == [{"currency": "GBP", "debit": 1000, "credit": 1000}]
    assert data["ledger"]["totalCount"] == 1
    assert data["ledger"]["edges"] == [
        {
            "node": {
                "kind": "CAPTURE",
                "sourceId": str(captured.id),
                "entries": [
                    {"account": "PROCESSOR_CLEARING", "currency": "GBP", "debit": 1000, "credit": 0},
                    {"account": "SALES", "currency": "GBP", "debit": 0, "credit": 1000},
                ],
            }
        }
    ]


async def test_the_books_are_for_owners_and_auditors(app: Litestar, settings: KernelSettings) -> None:
    for role, code in ((Role.STAFF, "FORBIDDEN"), (Role.AUDITOR, None)):
        client = SubgraphClient(app, "billing", settings, identity_of(None, role))
        for field in ("trialBalance { debit }", "ledger { totalCount }"):
            errors = (await client.query(f"{{ {field} }}")).get("errors", [])
            assert [error["extensions"]["code"] for error in errors] == ([code] if code else [])


async def test_a_refund_is_booked_with_its_job(
    client: SubgraphClient, captured: Payment, database: Database, owner: Identity
) -> None:
    asked = {"paymentId": str(captured.id), "idempotencyKey": "k1", "amount": {"amount": 300, "currency": "GBP"}}
    first, second = [(await client.data(REFUND, {"input": asked}))["refundPayment"] for _ in range(2)]

    assert first == second
    assert first["userErrors"] == []
    assert first["refund"] | {"id": ""} == {
        "id": "",
        "status": "PENDING",
        "amount": {"amount": 300, "currency": "GBP"},
    }
    async with database.transaction(owner.scope()) as session:
        jobs = (await session.execute(select(job.c.name, job.c.payload))).all()
    assert jobs == [("billing.RefundPayment", {"refund_id": first["refund"]["id"]})]


async def test_what_a_refund_may_not_be(client: SubgraphClient, captured: Payment) -> None:
    good = {"paymentId": str(captured.id), "idempotencyKey": "k1"}
    for wrong, code in (
        ({"paymentId": "nonsense"}, "PAYMENT_NOT_FOUND"),
        ({"paymentId": str(new_id())}, "PAYMENT_NOT_FOUND"),
        ({"idempotencyKey": ""}, "IDEMPOTENCY_KEY_INVALID"),
        ({"idempotencyKey": "k" * 201}, "IDEMPOTENCY_KEY_INVALID"),
        ({"amount": {"amount": 1001, "currency": "GBP"}}, "REFUND_EXCEEDS_PAYMENT"),
        ({"amount": {"amount": 1, "currency": "EUR"}}, "CURRENCY_MISMATCH"),
    ):
        payload = (await client.data(REFUND, {"input": good | wrong}))["refundPayment"]
        assert payload["refund"] is None
        assert [error["code"] for error in payload["userErrors"]] == [code]


async def test_refunds_are_for_owners(
    app: Litestar, settings: KernelSettings, owner: Identity, captured: Payment
) -> None:
    staff = SubgraphClient(app, "billing", settings, identity_of(owner.tenant_id, Role.STAFF, Role.AUDITOR))
    answer = await staff.query(REFUND, {"input": {"paymentId": str(captured.id), "idempotencyKey": "k1"}})
    assert answer["errors"][0]["extensions"]["code"] == "FORBIDDEN"
