"""Orders, ids and pages that cannot be."""

from __future__ import annotations

from typing import Any

import pytest

from tests.system.bad_input.caller import Caller

NUL, LONG = "a\0b", "x" * 1_000_000


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize(
    ("lines", "given", "code"),
    [
        ([("no such thing", 1)], {}, "UNKNOWN_SKU"),
        ([(NUL, 1)], {}, "SKU_INVALID"),
        ([("", 1)], {}, "SKU_INVALID"),
        ([(LONG, 1)], {}, "SKU_INVALID"),
        ([("71053", 0)], {}, "QUANTITY_OUT_OF_RANGE"),
        ([("71053", -1)], {}, "QUANTITY_OUT_OF_RANGE"),
        ([("71053", 10**9)], {}, "QUANTITY_OUT_OF_RANGE"),
        ([("22423", 1), ("71053", 0)], {}, "QUANTITY_OUT_OF_RANGE"),
        ([], {}, "LINES_OUT_OF_RANGE"),
        ([("71053", 1)] * 1000, {}, "LINES_OUT_OF_RANGE"),
        ([("71053", 1)], {"key": LONG}, "IDEMPOTENCY_KEY_INVALID"),
        ([("71053", 1)], {"key": NUL}, "IDEMPOTENCY_KEY_INVALID"),
        ([("71053", 1)], {"payment": NUL}, "PAYMENT_METHOD_INVALID"),
        ([("71053", 1)], {"payment": LONG}, "PAYMENT_METHOD_INVALID"),
    ],
    ids=lambda value: repr(value)[:40],
)
async def test_an_order_that_cannot_be_is_no_order(
    caller: Caller, lines: list[tuple[str, Any]], given: dict[str, str], code: str
) -> None:
    answer = await caller.place(*lines, **given)
    payload = answer.json["data"]["placeOrder"]
    assert "errors" not in answer.json
    assert payload["order"] is None
    assert [error["code"] for error in payload["userErrors"]] == [code]
    assert payload["userErrors"][0]["field"]
    assert len(answer.body) < 2000, "what was too long is not sent back"


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("quantity", [2**40, -(2**40), 10**400, 1.5, "2", None, True, [1], {"a": 1}], ids=repr)
async def test_a_quantity_that_is_no_int_is_refused(caller: Caller, quantity: Any) -> None:
    answer = await caller.place(("71053", quantity))
    assert answer.codes == ["BAD_USER_INPUT"]
    assert not answer.json.get("data")


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("id_", ["nonsense", "'; DROP TABLE sales_order; --", NUL, "x" * 100_000, "", "0" * 36])
async def test_an_id_that_is_none_finds_nothing(caller: Caller, id_: str) -> None:
    answer = await caller.send({"query": "query($id: ID!) { order(id: $id) { id } }", "variables": {"id": id_}})
    assert answer.json == {"data": {"order": None}}


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize(
    "page", ["first: -1", "first: 0", "first: 1000000", 'after: "nonsense"', f'after: "{"x" * 9999}"']
)
async def test_a_page_that_is_none_is_refused(caller: Caller, page: str) -> None:
    for connection in ("orders", "products", "users", "auditLog", "ledger"):
        answer = await caller.send({"query": f"{{ {connection}({page}) {{ totalCount }} }}"})
        assert (connection, answer.codes) == (connection, ["BAD_USER_INPUT"])
