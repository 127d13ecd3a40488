"""How much the search for what cannot be reached has to prove."""

from __future__ import annotations

import pytest
from graphql import get_operation_ast, parse

from router.composition.compose import compose
from router.composition.satisfiability import unsatisfiable
from router.composition.subgraph import SubgraphSource
from router.planning.planner import plan_operation
from router.supergraph.model import Supergraph
from router.supergraph.reading import read_supergraph

from .rules.composing import all_found, fed2


def _shared(subgraphs: int, fields: int) -> Supergraph:
    """An entity in all subgraphs, each with so many fields of it; the key of some of them is had from others."""
    sources = []
    for number in range(subgraphs):
        own = " ".join(f"f{number}_{field}: Int" for field in range(fields))
        key = "id" if number % 5 else "code"
        both = "id: ID! @shareable code: ID! @shareable" if number in (0, 1) else f"{key}: ID! @shareable"
        keys = '@key(fields: "id") @key(fields: "code")' if number == 1 else f'@key(fields: "{key}")'
        sdl = f"type Query {{ e{number}: E }} type E {keys} {{ {both} {own} }}"
        sources.append(SubgraphSource(f"s{number}", f"http://s{number}/", fed2(sdl)))
    return read_supergraph(compose(sources).sdl)


@pytest.mark.parametrize("fields", [1, 20])
def test_a_way_between_two_subgraphs_is_proved_once_for_all_fields(fields: int) -> None:
    subgraphs = 20
    assert unsatisfiable(_shared(subgraphs, fields), budget=8 * subgraphs**2) == []


def test_more_than_can_be_proved_is_an_error() -> None:
    assert "too large to be checked" in unsatisfiable(_shared(6, 1), budget=3)[0].message


def test_each_of_several_fields_alike_is_an_error_of_its_own() -> None:
    found = all_found(
        a=fed2("type Query { t: T } type T { a: Int @shareable z: Int @shareable}"),
        b=fed2("type T { b: Int a: Int @shareable c: Int d: U } type U { e: Int }"),
    )
    assert [error.split(" cannot")[0] for error in found] == [
        f"SATISFIABILITY_ERROR [a]: T.{name}" for name in ("b", "c", "d")
    ]


def test_a_key_is_not_proved_by_having_it_already() -> None:
    """Otherwise every subset of the subgraphs would be another proof."""
    graph = _shared(20, 1)
    document = parse("{ e2 { f5_0 f10_0 } e5 { f2_0 } }")
    operation = get_operation_ast(document)
    assert operation is not None
    plan = plan_operation(graph, document, operation, 500)
    assert (len(plan.fetches), plan.steps < 50) == (7, True)
