"""A field that moves from one subgraph to another is asked where the request's labels say."""

from __future__ import annotations

import pytest

from router.gateway.context import RequestContext
from router.gateway.override_labels import override_labels_stage
from router.planning.explain import print_plan

from ..federation import LINK, Record, TestSubgraph
from ..in_process import Federation, cache

OLD = (
    LINK
    + """
type Query { order: Order }
type Order @key(fields: "id") { id: ID! total: Int  note: String }
"""
)
NEW = (
    LINK
    + """
type Order @key(fields: "id") {
  id: ID!
  total: Int @override(from: "old", label: "percent(25)")
  note: String @override(from: "old", label: "beta")
}
"""
)


def found(_: str, representation: Record) -> Record:
    return {"__typename": "Order", "id": representation["id"], "total": 2, "note": "new"}


FEDERATION = Federation(
    [
        TestSubgraph(
            "old",
            OLD,
            {"Query.order": lambda *_: {"__typename": "Order", "id": "1", "total": 1, "note": "old"}},
            found,
        ),
        TestSubgraph("new", NEW, {}, found),
    ]
)


async def plan(query: str, drawn: float, labels: frozenset[str] = frozenset(), always: str = "none") -> str:
    context = RequestContext("POST", {}, labels=labels)
    context.cache, context.operation = cache(), FEDERATION.compile(query)
    await override_labels_stage([always], lambda: drawn)(context)
    return print_plan(context.compiled.plan)


@pytest.mark.parametrize(("drawn", "moved"), [(0.0, True), (0.249, True), (0.25, False), (0.99, False)])
async def test_a_share_of_the_requests_goes_to_the_new_owner(drawn: float, moved: bool) -> None:
    assert ("new after 1" in await plan("{ order { total } }", drawn)) is moved


async def test_a_label_holds_where_a_stage_or_the_settings_say_so() -> None:
    query = "{ order { note } }"
    assert "new after" not in await plan(query, 0.0)
    assert "new after" in await plan(query, 0.9, frozenset({"beta"}))
    assert "new after" in await plan(query, 0.9, always="beta")


async def test_labels_of_one_field_do_not_move_another() -> None:
    text = await plan("{ order { note total } }", 0.9, frozenset({"beta"}))
    assert text.count("total") == 1
    assert text.index("total") < text.index("new after")


async def test_plans_are_kept_for_each_set_of_labels() -> None:
    context = RequestContext("POST", {}, cache=cache())
    operation = context.operation = FEDERATION.compile("{ order { id total note } }")
    assert operation.labels == {"beta", "percent(25)"}
    stage = override_labels_stage(["beta"], lambda: 0.1)
    await stage(context)
    first = context.operation
    context.operation = operation
    await stage(context)
    assert context.operation is first is not operation
