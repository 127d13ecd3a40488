"""KEY_INVALID_FIELDS_TYPE, REQUIRES_INVALID_FIELDS_TYPE, PROVIDES_INVALID_FIELDS_TYPE."""

from __future__ import annotations

import pytest

from .composing import all_found, fed2


@pytest.mark.parametrize("value", ["true", "5", "id", '["id"]', '{id: "x"}'])
def test_a_field_set_that_is_no_string(value: str) -> None:
    sdl = f"""type Query {{ t: T }}
      type T @key(fields: {value}) {{ id: ID! x: T }}
      type U @key(fields: "id") {{ id: ID! x: T @requires(fields: {value}) }}
      type V {{ x: T @provides(fields: {value}) }}"""
    tail = "its fields must be one string"
    column = 67 + len(value) - len(value)
    assert all_found(a=fed2(sdl)) == [
        f"KEY_INVALID_FIELDS_TYPE [a:3:14]: @key on T: {tail}",
        f"PROVIDES_INVALID_FIELDS_TYPE [a:5:21]: @provides on V.x: {tail}",
        f"REQUIRES_INVALID_FIELDS_TYPE [a:4:{column - 19}]: @requires on U.x: {tail}",
    ]


@pytest.mark.parametrize("value", ['"id"', "id", '["id"]'])
def test_federation_1_took_names_and_lists(value: str) -> None:
    sdl = f"type Query {{ t: T @provides(fields: {value}) }} type T @key(fields: {value}) {{ id: ID! }}"
    assert all_found(a=sdl) == []


def test_federation_1_took_nothing_else() -> None:
    assert all_found(a="type Query { t: T } type T @key(fields: [1]) { id: ID! }") == [
        "KEY_INVALID_FIELDS_TYPE [a:1:28]: @key on T: its fields must be one string"
    ]
