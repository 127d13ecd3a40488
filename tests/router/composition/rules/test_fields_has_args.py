"""KEY_FIELDS_HAS_ARGS, PROVIDES_FIELDS_HAS_ARGS."""

from __future__ import annotations

from .composing import all_found, fed2, found


def test_fields_with_arguments() -> None:
    sdl = """type Query { t: T @provides(fields: "x") }
      type T @key(fields: "id x(y: 1)") { id: ID! x(y: Int): Int @external }"""
    assert found("KEY_FIELDS_HAS_ARGS", a=fed2(sdl)) == [
        "KEY_FIELDS_HAS_ARGS [a:3:14]: @key on T: T.x has arguments, so it cannot be selected"
    ]
    assert found("PROVIDES_FIELDS_HAS_ARGS", a=fed2(sdl)) == [
        "PROVIDES_FIELDS_HAS_ARGS [a:2:19]: @provides on Query.t: T.x has arguments, so it cannot be selected"
    ]


def test_a_requirement_may_give_them() -> None:
    a = 'type T @key(fields: "id") { id: ID! x(y: Int): Int @external z: Int @requires(fields: "x(y: 1)") }'
    b = 'type Query { t: T } type T @key(fields: "id") { id: ID! x(y: Int): Int }'
    assert all_found(a=fed2(a), b=fed2(b)) == []
