"""MISSING_TRANSITIVE_AUTH_REQUIREMENTS."""

from __future__ import annotations

import pytest

from .composing import all_found, fed2

# What the field in `a` can be computed from, with the types that it goes through.
READ = {
    "x": ("x: Int @external", ""),
    "o { y }": ("o: O @external", 'type O @key(fields: "id") { id: ID! y: Int @external }'),
    "i { z }": ("i: I @external", "interface I { z: Int } type J implements I @external { z: Int }"),
    "i { ... on J { z } }": ("i: I @external", "interface I { z: Int } type J implements I @external { z: Int }"),
}
B = """type Query {{ t: T }}
type T @key(fields: "id") {t} {{ id: ID! x: Int {x} o: O i: I }}
type O @key(fields: "id") {o} {{ id: ID! y: Int {y} }}
interface I {{ z: Int }} type J implements I {j} {{ z: Int {z} }}"""
NONE = dict.fromkeys(("t", "x", "o", "y", "j", "z"), "")


def graph(fields: str, asked: str, **needed: str) -> list[str]:
    external, types = READ[fields]
    a = f"""type T @key(fields: "id") {{ id: ID! {external}
      sum: Int @requires(fields: "{fields}") {asked} }} {types}"""
    return all_found(a=fed2(a), b=fed2(B.format(**NONE | needed)))


def missing(selected: str, *directives: str) -> list[str]:
    so = f"T.sum reads {selected} without asking for {' and '.join(directives)}"
    return [f"MISSING_TRANSITIVE_AUTH_REQUIREMENTS [a:3:7]: {so}"]


def scopes(*groups: str) -> str:
    listed = ", ".join("[" + ", ".join(f'"{scope}"' for scope in group) + "]" for group in groups)
    return f"@requiresScopes(scopes: [{listed}])"


def test_a_field_computed_from_a_guarded_one() -> None:
    assert graph("x", "", x="@authenticated") == missing("T.x", "@authenticated")
    assert graph("x", "@authenticated", x="@authenticated") == []
    assert graph("x", "", t="@authenticated") == []
    assert graph("x", "", t="@authenticated", x="@authenticated") == []


def test_a_guarded_field_or_type_further_down() -> None:
    assert graph("o { y }", "", y="@authenticated") == missing("O.y", "@authenticated")
    assert graph("o { y }", "", o="@authenticated") == [
        *missing("O.y", "@authenticated"),
        *missing("T.o", "@authenticated"),
    ]
    assert graph("o { y }", "@authenticated", o="@authenticated", y="@authenticated") == []


def test_a_guarded_field_of_some_object_of_an_interface() -> None:
    assert graph("i { z }", "", z="@authenticated") == missing("I.z", "@authenticated")
    assert graph("i { z }", "@authenticated", z="@authenticated") == []
    assert graph("i { ... on J { z } }", "", z="@authenticated") == missing("J.z", "@authenticated")


def test_policies_are_compared_as_scopes_are() -> None:
    assert graph("x", "", x='@policy(policies: [["p"]]) @authenticated') == missing("T.x", "@authenticated", "@policy")


@pytest.mark.parametrize(
    ("asked", "needed", "enough"),
    [
        (scopes("a"), scopes("a"), True),
        (scopes("ab"), scopes("a"), True),
        (scopes("a"), scopes("ab"), False),
        (scopes("a"), scopes("a", "b"), True),
        (scopes("a", "b"), scopes("a"), False),
        (scopes("ab", "bc"), scopes("b"), True),
        ("", scopes("a"), False),
        (scopes("a"), "", True),
    ],
)
def test_whoever_satisfies_the_one_satisfies_the_other(asked: str, needed: str, enough: bool) -> None:
    assert graph("x", asked, x=needed) == ([] if enough else missing("T.x", "@requiresScopes"))
