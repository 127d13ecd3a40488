"""The codes of @context and @fromContext."""

from __future__ import annotations

import pytest

from .composing import all_found, fed2, found

SDL = """
type Query {{ u: User }}
type User @key(fields: "id") {context} {{ id: ID! plan: String! plans: [String!]! n: Int wallet: Wallet o: Other }}
type Other @key(fields: "id") {other} {{ id: ID! plan: String name: String w: Wallet list: [Named!] named: Named! }}
interface Named {{ name: String! }}
type Wallet @key(fields: "id") {{ id: ID!
  pay({argument}): Int }}
"""
CONTEXT = '@context(name: "c")'


def graph(text: str, type_: str = "String", context: str = CONTEXT, other: str = "") -> str:
    argument = f'x: {type_} @fromContext(field: "{text}")'
    return fed2(SDL.format(context=context, other=other, argument=argument))


def error(code: str, problem: str, column: int = 17) -> list[str]:
    return [f"{code} [a:8:{column}]: @fromContext on Wallet.pay(x:): {problem}"]


@pytest.mark.parametrize(
    ("text", "type_"),
    [
        ("$c { plan }", "String"),
        ("$c { plan }", "String!"),
        (" $c{plan}", "String"),
        ("$c { ... on User { plan } }", "String"),
        ("$c ... on User { plan }", "String"),
        ("$c { plans }", "[String]"),
        ("$c { o { plan } }", "String"),
        ("$c { o { named { name } } }", "String"),
        ("$c { o { list { name } } }", "[String!]"),
        ("$c { id }", "ID!"),
        ("$c { __typename }", "String"),
    ],
)
def test_one_value_of_a_context(text: str, type_: str) -> None:
    assert all_found(a=graph(text, type_)) == []


def test_a_value_for_each_holder_of_a_context() -> None:
    assert all_found(a=graph("$c ... on User { plan } ... on Other { name }", other=CONTEXT)) == []
    assert all_found(a=graph("$c { plan }", other=CONTEXT)) == []


@pytest.mark.parametrize(
    ("name", "code", "problem"),
    [
        ("a_b", "CONTEXT_NAME_CONTAINS_UNDERSCORE", "'a_b', a context of User, has an underscore"),
        ("a b", "CONTEXT_NAME_INVALID", "'a b', a context of User, is no name"),
        ("1", "CONTEXT_NAME_INVALID", "'1', a context of User, is no name"),
        ("", "CONTEXT_NAME_INVALID", "'', a context of User, is no name"),
    ],
)
def test_a_name_that_is_none(name: str, code: str, problem: str) -> None:
    sdl = graph("$c { plan }", context=f'{CONTEXT} @context(name: "{name}")')
    assert all_found(a=sdl) == [f"{code} [a:4:50]: {problem}"]


def test_no_context() -> None:
    assert all_found(a=graph("{ plan }")) == error(
        "NO_CONTEXT_IN_SELECTION", "'{ plan }' does not begin with the $name of a context"
    )
    assert all_found(a=graph("$c")) == error("NO_SELECTION_FOR_CONTEXT", "nothing is selected of $c")


def test_a_context_that_nothing_sets() -> None:
    assert all_found(a=graph("$d { plan }")) == error("CONTEXT_NOT_SET", "no type of the subgraph sets the context d")
    with_context = 'type User @key(fields: "id") @context(name: "c") { id: ID! }'
    assert all_found(a=graph("$c { plan }", context=""), b=fed2(with_context)) == error(
        "CONTEXT_NOT_SET", "no type of the subgraph sets the context c"
    )


def test_an_argument_that_clients_must_be_able_to_give() -> None:
    assert all_found(a=graph("$c { plan }", 'String = "x"')) == error(
        "CONTEXT_NOT_SET", 'the default "x" would never be used', 23
    )
    sdl = graph("$c { plan }").replace("type Wallet", "interface W { pay(x: String): Int } type Wallet implements W")
    assert all_found(a=sdl) == error(
        "CONTEXT_NOT_SET", "the field implements W.pay, so clients must be able to give the argument"
    )


def test_a_field_of_an_interface() -> None:
    sdl = """type Query { i: I } type T @context(name: "c") { x: Int }
      interface I { y(x: Int @fromContext(field: "$c { x }")): Int }"""
    assert (
        "CONTEXT_NOT_SET [a:3:30]: @fromContext on I.y(x:): a field of an interface is resolved by objects, "
        in (found("CONTEXT_NOT_SET", a=fed2(sdl))[0])
    )


def test_an_argument_of_a_directive() -> None:
    sdl = 'type Query { a: Int } directive @d(x: Int @fromContext(field: "$c { x }")) on FIELD_DEFINITION'
    assert all_found(a=fed2(sdl)) == [
        "CONTEXT_NOT_SET [a:2:43]: @fromContext on @d(x:): a directive is applied where no context is"
    ]


@pytest.mark.parametrize("key", ["", '@key(fields: "id", resolvable: false)'])
def test_an_object_that_cannot_be_found_again(key: str) -> None:
    sdl = graph("$c { plan }").replace('type Wallet @key(fields: "id")', f"type Wallet {key}")
    assert all_found(a=sdl) == error("CONTEXT_NO_RESOLVABLE_KEY", "Wallet has no key that this subgraph resolves")


@pytest.mark.parametrize(
    ("text", "type_", "problem"),
    [
        ("$c { plan", "String", "it does not parse: Syntax Error: Expected Name, found <EOF>."),
        ("$c { nope }", "String", "User has no field nope; one of another subgraph is declared @external"),
        ("$c { p: plan }", "String", "plan cannot have an alias"),
        ("$c { plan @skip(if: true) }", "String", "@skip cannot be applied inside"),
        ("$c { wallet { pay } }", "Int", "Wallet.pay has arguments, so it cannot be selected"),
        ("$c { plan id }", "String", "more than one value is selected"),
        ("$c { o { plan name } }", "String", "more than one value is selected"),
        ("$c { plan }", "Int", "the value is String!, the argument Int"),
        ("$c { o { plan } }", "String!", "the value is String, the argument String!"),
        ("$c { plans }", "String", "the value is [String!]!, the argument String"),
        ("$c ... on User { plan } ... on Other { name }", "String", "the context is never a Other"),
        ("$c ... on Other { name }", "String", "nothing is selected where the context is a User"),
    ],
)
def test_what_is_no_value_of_a_context(text: str, type_: str, problem: str) -> None:
    errors = found("CONTEXT_INVALID_SELECTION", a=graph(text, type_))
    column = 11 + len(type_)
    assert error("CONTEXT_INVALID_SELECTION", problem, column)[0] in errors


def test_a_selection_holds_on_every_holder() -> None:
    assert all_found(a=graph("$c { n }", "Int", other=CONTEXT)) == error(
        "CONTEXT_INVALID_SELECTION", "Other has no field n; one of another subgraph is declared @external", 14
    )
    assert all_found(a=graph("$c { plan }", "String!", other=CONTEXT)) == error(
        "CONTEXT_INVALID_SELECTION", "the value is String, the argument String!", 18
    )


def test_an_argument_that_another_subgraph_needs() -> None:
    a = graph("$c { plan }").replace("pay(", "pay(y: Int, ").replace("): Int }", "): Int @shareable }")
    b = 'type Wallet @key(fields: "id") { id: ID! pay(x: String!): Int @shareable }'
    code = "CONTEXTUAL_ARGUMENT_NOT_CONTEXTUAL_IN_ALL_SUBGRAPHS"
    assert found(code, a=a, b=fed2(b)) == [
        f"{code} [b:2:46]: Wallet.pay(x:) comes from a context in a, but has to be given in b"
    ]
    for argument in ("x: String", 'x: String! = "x"', "z: Int"):
        assert found(code, a=a, b=fed2(b.replace("x: String!", argument))) == []


def test_what_a_context_selects_is_used_and_guarded() -> None:
    a = graph("$c { o { extra } }").replace("plan: String name", "extra: String @external name")
    b = 'type Other @key(fields: "id") { id: ID! extra: String AUTH }'
    assert all_found(a=a, b=fed2(b.replace("AUTH", ""))) == []
    assert all_found(a=a, b=fed2(b.replace("AUTH", "@authenticated"))) == [
        "MISSING_TRANSITIVE_AUTH_REQUIREMENTS [a:8:3]: Wallet.pay reads Other.extra without asking for @authenticated"
    ]
