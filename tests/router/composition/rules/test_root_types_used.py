"""ROOT_QUERY_USED, ROOT_MUTATION_USED, ROOT_SUBSCRIPTION_USED."""

from __future__ import annotations

import pytest

from .composing import all_found, found


@pytest.mark.parametrize("operation", ["query", "mutation", "subscription"])
def test_a_type_called_like_the_root_that_is_none(operation: str) -> None:
    usual, code = operation.capitalize(), f"ROOT_{operation.upper()}_USED"
    sdl = f"schema {{ {operation}: Root }}\ntype Root {{ a: Int }}\n  type {usual} {{ b: Int }}"
    assert found(code, a=sdl) == [f"{code} [a:3:3]: {usual} is not the {operation} root: Root is"]


def test_roots_under_other_names() -> None:
    sdl = "schema { query: Root mutation: Mutation } type Root { a: Int } type Mutation { b: Int }"
    assert all_found(a=sdl) == []
