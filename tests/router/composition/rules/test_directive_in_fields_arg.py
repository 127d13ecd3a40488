"""KEY_DIRECTIVE_IN_FIELDS_ARG, REQUIRES_DIRECTIVE_IN_FIELDS_ARG, PROVIDES_DIRECTIVE_IN_FIELDS_ARG."""

from __future__ import annotations

from .composing import all_found, fed2

B = fed2('type T @key(fields: "id") { id: ID! x: Int @shareable }')


def test_directives_inside_field_sets() -> None:
    sdl = """type Query { t: T @provides(fields: "x @skip(if: true)") }
      type T @key(fields: "id @include(if: true)") {
        id: ID!
        x: Int @external
        y: Int @requires(fields: "... on T @skip(if: true) { x }")
      }"""
    assert all_found(a=fed2(sdl), b=B) == [
        "KEY_DIRECTIVE_IN_FIELDS_ARG [a:3:14]: @key on T: @include cannot be applied inside",
        "PROVIDES_DIRECTIVE_IN_FIELDS_ARG [a:2:19]: @provides on Query.t: @skip cannot be applied inside",
        "REQUIRES_DIRECTIVE_IN_FIELDS_ARG [a:6:16]: @requires on T.y: @skip cannot be applied inside",
    ]


def test_field_sets_without() -> None:
    sdl = """type Query { t: T @provides(fields: "x") }
      type T @key(fields: "id") { id: ID! x: Int @external y: Int @requires(fields: "... on T { x }") }"""
    assert all_found(a=fed2(sdl), b=B) == []
