"""INVALID_SUBGRAPH_NAME."""

from __future__ import annotations

import pytest

from router.composition.compose import compose
from router.composition.errors import CompositionFailedError
from router.composition.subgraph import SubgraphSource

from .composing import all_found

SDL = "type Query { a: Int }"


@pytest.mark.parametrize("name", ["_", "", " "])
def test_no_name(name: str) -> None:
    assert all_found(**{name: SDL}) == [f"INVALID_SUBGRAPH_NAME [{name}]: {name!r} is no name for a subgraph"]


def test_names_that_are_strange_but_names() -> None:
    assert all_found(**{"__": SDL, "a b": SDL, "1": SDL}) == []


def test_two_of_one_name() -> None:
    with pytest.raises(CompositionFailedError) as failed:
        compose([SubgraphSource("a", "http://1", SDL), SubgraphSource("a", "http://2", SDL)])
    assert [str(error) for error in failed.value.errors] == ["INVALID_SUBGRAPH_NAME [a]: 2 subgraphs are called 'a'"]
