"""PROVIDES_ON_NON_OBJECT_FIELD."""

from __future__ import annotations

from .composing import all_found, fed2, found

SDL = 'type Query { a: [Int!] @provides(fields: "x") }'


def test_a_promise_of_fields_that_cannot_be() -> None:
    assert found("PROVIDES_ON_NON_OBJECT_FIELD", a=fed2(SDL)) == [
        "PROVIDES_ON_NON_OBJECT_FIELD [a:2:24]: @provides on Query.a: Int has no fields"
    ]


def test_a_promise_by_a_union() -> None:
    a = """type Query { u: U @shareable @provides(fields: "... on T { x }") }
      union U = T
      type T @key(fields: "id") { id: ID! x: Int @external }"""
    b = 'type Query { u: U @shareable } union U = T type T @key(fields: "id") { id: ID! x: Int @shareable }'
    assert all_found(a=fed2(a), b=fed2(b)) == []


def test_federation_1_ignored_it() -> None:
    assert all_found(a=SDL) == []
