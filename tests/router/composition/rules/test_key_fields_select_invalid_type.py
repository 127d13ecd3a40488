"""KEY_FIELDS_SELECT_INVALID_TYPE."""

from __future__ import annotations

import pytest

from .composing import all_found, fed2

TAIL = """
type Query { t: T }
interface I { id: ID! }
type A implements I { id: ID! }
union U = A
"""


@pytest.mark.parametrize(
    ("fields", "kind"),
    [("i { id }", "interface I"), ("u { ... on A { id } }", "union U"), ("is { id }", "interface I")],
)
def test_a_key_through_an_abstract_type(fields: str, kind: str) -> None:
    sdl = fed2(f'type T @key(fields: "{fields}") {{ i: I! u: U! is: [I!]! }}' + TAIL)
    field = fields.split(maxsplit=1)[0]
    assert all_found(a=sdl) == [f"KEY_FIELDS_SELECT_INVALID_TYPE [a:2:8]: @key on T: T.{field} is the {kind}"]


def test_a_key_through_objects() -> None:
    assert all_found(a=fed2('type T @key(fields: "a { id } as { id }") { a: A! as: [A!]! }' + TAIL)) == []
