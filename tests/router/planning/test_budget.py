"""Planning ends, whatever it is asked."""

from __future__ import annotations

import pytest
from graphql import OperationDefinitionNode, parse

from router.planning.errors import PlanningBudgetError, UnresolvableFieldError
from router.planning.planner import plan_operation
from router.supergraph.errors import SupergraphError
from router.supergraph.reading import read_supergraph

from ..federation import LINK, TestSubgraph
from ..in_process import Federation
from ..shop import shop

SUPERGRAPH = Federation(shop()).supergraph


def plan(text: str, budget: int = 200_000) -> None:
    document = parse(text)
    operation = next(item for item in document.definitions if isinstance(item, OperationDefinitionNode))
    plan_operation(SUPERGRAPH, document, operation, budget)


def test_fragments_that_double_at_every_level_hit_the_cap() -> None:
    fragments = " ".join(f"fragment F{n} on User {{ ...F{n + 1} ...F{n + 1} }}" for n in range(40))
    with pytest.raises(PlanningBudgetError) as caught:
        plan(f"{{ me {{ ...F0 }} }} {fragments} fragment F40 on User {{ id }}")
    assert caught.value.code == "QUERY_PLANNING_BUDGET_EXCEEDED"


def test_a_small_budget_refuses_a_large_operation() -> None:
    with pytest.raises(PlanningBudgetError):
        plan('{ order(id: "1") { payment { status } outstanding { amount } } }', budget=10)


def test_a_field_nobody_can_resolve_is_named() -> None:
    # Composition would refuse this graph; a supergraph from elsewhere may still hold it.
    sdl = Federation(shop()).sdl.replace('@join__type(graph: BILLING, key: "id")', "@join__type(graph: BILLING)")
    document = parse('{ order(id: "1") { payment { status } } }')
    operation = document.definitions[0]
    assert isinstance(operation, OperationDefinitionNode)
    with pytest.raises(UnresolvableFieldError, match=r"Query\.order > Order\.payment"):
        plan_operation(read_supergraph(sdl), document, operation)


@pytest.mark.parametrize("sdl", ["", "{", "type Query { a: Int }", "enum join__Graph { A }"])
def test_what_is_no_supergraph_is_refused(sdl: str) -> None:
    with pytest.raises(SupergraphError):
        read_supergraph(sdl)


def test_wide_operations_and_many_owners_are_planned_in_few_fetches() -> None:
    fields = " ".join(f"f{n}: Int @shareable" for n in range(300))
    entity = f'type T @key(fields: "id") {{ id: ID! {fields} }}'
    graph = Federation(
        [
            TestSubgraph("root", LINK + 'type Query { t: T } type T @key(fields: "id") { id: ID! }', {}, _nobody),
            *(TestSubgraph(f"s{n}", LINK + entity, {}, _nobody) for n in range(5)),
        ]
    )
    compiled = graph.compile(f"{{ t {{ {' '.join(f'f{n}' for n in range(300))} }} }}")
    assert [fetch.subgraph for fetch in compiled.plan.fetches] == ["root", "s0"]
    wide = " ".join(f"a{n}: id" for n in range(900))
    assert len(graph.compile(f"{{ t {{ {wide} }} }}").plan.fetches) == 1


def _nobody(*_: object) -> None:
    return None
