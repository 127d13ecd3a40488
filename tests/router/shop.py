"""The five subgraphs of the product's contract, over a handful of records."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from .federation import Record, TestSubgraph, refuse

SCHEMAS = Path(__file__).parent / "schemas" / "shop"
NAMES = ("accounts", "catalog", "orders", "billing", "audit")


def money(amount: int) -> Record:
    return {"__typename": "Money", "amount": amount, "currency": "GBP"}


TENANTS = {"t1": {"__typename": "Tenant", "id": "t1", "name": "Premium", "tier": "PREMIUM"}}
USERS = {
    "u1": {
        "__typename": "User",
        "id": "u1",
        "email": "owner@premium.example",
        "name": "Owner",
        "roles": ["OWNER"],
        "tenant": TENANTS["t1"],
    }
}
PRODUCTS: dict[str, Record] = {"p1": {"__typename": "Product", "id": "p1", "title": "Lantern", "description": None}}
VARIANTS: dict[str, Record] = {
    f"v{n}": {
        "__typename": "Variant",
        "id": f"v{n}",
        "sku": sku,
        "title": f"Lantern {n}",
        "price": money(100 * n),
        "stock": 10 * n,
        "unitsSold": n,
        "product": PRODUCTS["p1"],
    }
    for n, sku in ((1, "71053"), (2, "22423"))
}
PRODUCTS["p1"]["variants"] = list(VARIANTS.values())
PAYMENTS: dict[str, Record] = {
    "pay1": {
        "__typename": "Payment",
        "id": "pay1",
        "amount": money(300),
        "status": "CAPTURED",
        "attempts": 1,
        "processor": "stripe",
        "processorId": "pi_1",
    }
}
ORDERS: dict[str, Record] = {
    f"o{n}": {
        "__typename": "Order",
        "id": f"o{n}",
        "number": f"N{n}",
        "status": "PAID",
        "total": money(300 * n),
        "placedBy": USERS["u1"],
        "placedAt": "2026-11-20T00:00:00Z",
        "payment": PAYMENTS["pay1"] if n == 1 else None,
        "invoice": None,
        "lines": [
            {
                "__typename": "OrderLine",
                "variant": variant,
                "quantity": n,
                "unitPrice": money(100),
                "total": money(100 * n),
            }
            for variant in VARIANTS.values()
        ],
    }
    for n in (1, 2, 3)
}
RECORDS: dict[str, dict[str, Record]] = {
    "Tenant": TENANTS,
    "User": USERS,
    "Product": PRODUCTS,
    "Variant": VARIANTS,
    "Payment": PAYMENTS,
    "Order": ORDERS,
}


def find(type_name: str, representation: Record) -> Record | None:
    for record in RECORDS[type_name].values():
        if all(record.get(key) == representation[key] for key in ("id", "sku") if key in representation):
            return record
    return None


def connection(type_name: str, records: list[Record]) -> Record:
    return {
        "edges": [{"cursor": str(index), "node": record} for index, record in enumerate(records)],
        "pageInfo": {"hasNextPage": False, "hasPreviousPage": False, "startCursor": None, "endCursor": "end"},
        "totalCount": len(records),
    }


def trail(record: Record) -> list[Record]:
    return [
        {
            "__typename": "AuditEntry",
            "id": f"a-{record['id']}",
            "sequence": 1,
            "at": "2026-11-20T00:00:00Z",
            "actor": USERS["u1"],
            "action": f"{record['__typename']}Changed",
            "subject": record,
            "data": {"any": [1, None]},
            "hash": "h1",
            "previousHash": "h0",
            "traceId": None,
        }
    ]


def _trail_of(record: Record, *_: Any, **__: Any) -> Record:
    return connection("AuditEntry", trail(record))


def _outstanding(order: Record, _: Any) -> Record:
    total = order["__sent"]["total"]
    return {"amount": total["amount"] - 300, "currency": total["currency"]}


def _place(_: Any, __: Any, input: Record) -> Record:
    if input["lines"][0]["quantity"] > 1_000:
        raise refuse("too many", "BAD_USER_INPUT")
    return {"order": ORDERS["o1"], "userErrors": []}


async def _order_updated(_: Any, __: Any, id: str) -> AsyncIterator[Record]:
    for status in ("PLACED", "RESERVED", "PAID"):
        yield {**ORDERS[id], "status": status}


RESOLVERS: dict[str, Any] = {
    "Query.me": lambda *_: USERS["u1"],
    "Query.users": lambda *_, **__: connection("User", list(USERS.values())),
    "Query.products": lambda *_, **__: connection("Product", list(PRODUCTS.values())),
    "Query.variant": lambda _, __, sku: find("Variant", {"sku": sku}),
    "Query.order": lambda _, __, id: ORDERS.get(id),
    "Query.orders": lambda *_, **__: connection("Order", list(ORDERS.values())),
    "Query.ledger": lambda *_, **__: [],
    "Query.trialBalance": lambda *_: [{"currency": "GBP", "debit": 300, "credit": 300}],
    "Query.verifyAuditChain": lambda *_: {"valid": True, "entries": 1, "firstBroken": None},
    "Query.auditLog": lambda *_, **__: connection(
        "AuditEntry",
        [
            entry
            for record in (ORDERS["o1"], PAYMENTS["pay1"], PRODUCTS["p1"], USERS["u1"], ORDERS["o2"])
            for entry in trail(record)
        ],
    ),
    "Mutation.logIn": lambda *_, **__: {
        "accessToken": "a",
        "refreshToken": "r",
        "user": USERS["u1"],
        "userErrors": [],
    },
    "Mutation.placeOrder": _place,
    "Mutation.cancelOrder": lambda *_, **__: {"order": ORDERS["o2"], "userErrors": []},
    "Mutation.adjustStock": lambda *_, **__: {"variant": VARIANTS["v1"], "userErrors": []},
    "Subscription.orderUpdated": _order_updated,
    "User.orders": lambda *_, **__: connection("Order", list(ORDERS.values())),
    "Order.outstanding": _outstanding,
    "Order.auditTrail": _trail_of,
    "Payment.auditTrail": _trail_of,
    "Product.auditTrail": _trail_of,
    "User.auditTrail": _trail_of,
}


def shop() -> list[TestSubgraph]:
    """Fresh subgraphs; each keeps what it is sent."""
    return [
        TestSubgraph(name, (SCHEMAS / f"{name}.graphql").read_text(encoding="utf-8"), RESOLVERS, find) for name in NAMES
    ]
