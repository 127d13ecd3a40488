"""Plans as text. A change here is a change of what subgraphs are asked, and must be meant."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from router.execution.compiled import compile_deferring
from router.planning.explain import print_plan

from ..in_process import Federation
from ..library import Library
from ..market import Market
from ..shop import shop
from ..studio import studio

FOLDER = Path(__file__).parent / "snapshots"
GRAPHS = {
    "shop": Federation(shop()),
    "library": Federation(Library([], [], [], []).subgraphs()),
    "market": Federation(Market().subgraphs()),
    "studio": Federation(studio()),
}
CASES = sorted(path.relative_to(FOLDER).as_posix() for path in FOLDER.glob("*/*.graphql"))


def test_there_are_cases() -> None:
    assert len(CASES) > 15


@pytest.mark.parametrize("case", CASES)
def test_the_plan_is_the_one_on_file(case: str) -> None:
    query = FOLDER / case
    operation = GRAPHS[case.split("/", maxsplit=1)[0]].compile(query.read_text(encoding="utf-8"))
    if operation.deferral is not None:
        operation = compile_deferring(operation, operation.deferral, operation.deferral.variables)
    assert print_plan(operation.plan) == query.with_suffix(".plan").read_text(encoding="utf-8")


async def test_the_plan_does_not_depend_on_the_order_of_subgraphs() -> None:
    query = (FOLDER / "shop" / "order.graphql").read_text(encoding="utf-8")
    reordered = Federation(shop()[::-1])
    assert reordered.sdl == GRAPHS["shop"].sdl
    assert print_plan(reordered.compile(query).plan) == print_plan(GRAPHS["shop"].compile(query).plan)


async def test_every_call_of_the_contract_has_an_answer() -> None:
    for case in CASES:
        graph, name = case.split("/")
        if graph != "shop" or name.startswith("subscription"):
            continue
        query = (FOLDER / case).read_text(encoding="utf-8")
        answer = await GRAPHS["shop"].ask(query, {"id": "o1", "yes": True, "no": False})
        assert "errors" not in answer, (case, json.dumps(answer["errors"]))
