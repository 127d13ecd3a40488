"""KEY_UNSUPPORTED_ON_INTERFACE, REQUIRES_UNSUPPORTED_ON_INTERFACE, PROVIDES_UNSUPPORTED_ON_INTERFACE."""

from __future__ import annotations

from .composing import all_found, fed2, found

KEY = (
    'type Query { i: I } interface I @key(fields: "id") { id: ID! } type T implements I @key(fields: "id") { id: ID! }'
)
FIELDS = """type Query { i: I }
  interface I {
    id: ID!
    x: Int @requires(fields: "id")
    i: I @provides(fields: "id")
  }
  type T implements I { id: ID! x: Int i: I }"""


def test_a_key_of_an_interface() -> None:
    assert all_found(a=fed2(KEY, minor=2)) == [
        "KEY_UNSUPPORTED_ON_INTERFACE [a:2:33]: @key on I: an interface has keys only since federation v2.3"
    ]
    assert all_found(a=fed2(KEY, minor=3)) == []
    assert all_found(a=KEY) == []


def test_fields_of_an_interface() -> None:
    assert found("REQUIRES_UNSUPPORTED_ON_INTERFACE", a=fed2(FIELDS)) == [
        "REQUIRES_UNSUPPORTED_ON_INTERFACE [a:5:12]: @requires on I.x: "
        "an interface resolves no fields, so they can require none"
    ]
    assert found("PROVIDES_UNSUPPORTED_ON_INTERFACE", a=fed2(FIELDS)) == [
        "PROVIDES_UNSUPPORTED_ON_INTERFACE [a:6:10]: @provides on I.i: "
        "an interface resolves no fields, so they can provide none"
    ]


def test_federation_1_ignored_them() -> None:
    assert all_found(a=FIELDS) == []
