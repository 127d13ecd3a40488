"""Operations that are estimated to cost too much are refused, or only counted."""

from __future__ import annotations

import pytest
from opentelemetry.sdk.trace import TracerProvider

from router.gateway.context import GraphQLRequest, RequestContext
from router.gateway.cost import cost_stage
from router.gateway.cost_mode import CostMode
from router.gateway.errors import DocumentError

from ..federation import LINK, TestSubgraph
from ..in_process import Federation

SDL = (
    LINK
    + """
type Query { things(first: Int): [Thing] @listSize(slicingArguments: ["first"]) few: [Thing] }
type Thing { id: ID }
"""
)


def asked(query: str) -> RequestContext:
    context = RequestContext("POST", {}, request=GraphQLRequest(query))
    context.operation = Federation([TestSubgraph("s", SDL, {}, lambda *_: None)]).compile(query)
    return context


async def test_refuses_what_costs_too_much() -> None:
    stage = cost_stage(4, CostMode.ENFORCE, 3)
    await stage(asked("{ few { id } }"))
    await stage(asked("{ things(first: 4) { id } }"))
    with pytest.raises(DocumentError) as refused:
        await stage(asked("{ things(first: 5) { id } }"))
    assert [error.formatted() for error in refused.value.errors] == [
        {
            "message": "the operation is estimated to cost 5, more than the 4 it may",
            "extensions": {"estimated": 5, "max": 4, "code": "COST_ESTIMATED_TOO_EXPENSIVE"},
        }
    ]
    assert refused.value.status == 400


async def test_refuses_what_is_not_sliced() -> None:
    stage = cost_stage(100, CostMode.ENFORCE, 3)
    with pytest.raises(DocumentError) as refused:
        await stage(asked("{ things { id } }"))
    assert refused.value.code == "COST_SLICING_ARGUMENT_REQUIRED"


@pytest.mark.parametrize(("most", "mode"), [(4, CostMode.MEASURE), (None, CostMode.ENFORCE)])
async def test_only_measures(most: int | None, mode: CostMode) -> None:
    stage = cost_stage(most, mode, 9)
    with TracerProvider().get_tracer("test").start_as_current_span("request") as span:
        await stage(asked("{ things(first: 5) { id } }"))
        await stage(asked("{ things { id } }"))
    assert dict(getattr(span, "attributes", {})) == {
        "cost.estimated": 9,
        "cost.result": "COST_ESTIMATED_TOO_EXPENSIVE" if most else "COST_SLICING_ARGUMENT_REQUIRED",
    }
