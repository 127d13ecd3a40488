"""SATISFIABILITY_ERROR: the message is an operation and what each subgraph lacks for it."""

from __future__ import annotations

import pytest

from .composing import all_found, fed2

CASES = [
    (
        "a value type that is not the same",
        fed2("type Query { t: T } type T { a: Int @shareable }"),
        fed2("type T { a: Int @shareable b: Int }"),
        [
            (
                "SATISFIABILITY_ERROR [a]: T.b cannot be resolved in { t { b } }: a does not have it, and T "
                "has no key in b"
            ),
        ],
    ),
    (
        "no key in common",
        fed2('type Query { t: T } type T @key(fields: "id") { id: ID! }'),
        fed2('type T @key(fields: "code") { code: ID! b: Int }'),
        [
            (
                "SATISFIABILITY_ERROR [a]: T.b cannot be resolved in { t { b } }: a does not have it, and "
                "cannot enter b by 'code': it leads to no code"
            ),
            (
                "SATISFIABILITY_ERROR [a]: T.code cannot be resolved in { t { code } }: a does not have it, "
                "and cannot enter b by 'code': it leads to no code"
            ),
        ],
    ),
    (
        "a part of the key is missing",
        fed2('type Query { t: T } type T @key(fields: "id") { id: ID! }'),
        fed2('type T @key(fields: "id o { x }") { id: ID! o: O } type O { x: Int }'),
        [
            (
                "SATISFIABILITY_ERROR [a]: T.o cannot be resolved in { t { o { __typename } } }: a does not "
                "have it, and cannot enter b by 'id o { x }': it leads to no o { x }"
            ),
        ],
    ),
    (
        "a key that is not resolvable",
        fed2('type Query { t: T } type T @key(fields: "id") { id: ID! }'),
        fed2('type T @key(fields: "id", resolvable: false) { id: ID! b: Int }'),
        [
            (
                "SATISFIABILITY_ERROR [a]: T.b cannot be resolved in { t { b } }: a does not have it, and the "
                "key 'id' of T is not resolvable in b"
            ),
        ],
    ),
    (
        "by an interface and its arguments",
        fed2(
            "type Query { i(id: ID!, in: In!, e: [E!]!): I } input In { n: Int! } enum E { A } "
            "interface I { a: Int } type T implements I { a: Int @shareable }"
        ),
        fed2("type T { a: Int @shareable b: Int }"),
        [
            (
                'SATISFIABILITY_ERROR [a]: T.b cannot be resolved in { i(id: "1", in: {n: 1}, e: []) { ... on '
                "T { b } } }: a does not have it, and T has no key in b"
            ),
        ],
    ),
    (
        "by a mutation",
        fed2("type Query { q: Int } type Mutation { t: T } type T { a: Int @shareable }"),
        fed2("type T { a: Int @shareable b: Int }"),
        [
            (
                "SATISFIABILITY_ERROR [a]: T.b cannot be resolved in mutation { t { b } }: a does not have "
                "it, and T has no key in b"
            ),
        ],
    ),
    (
        "the type behind an interface object",
        fed2('type Query { i: I } type I @interfaceObject @key(fields: "id") { id: ID! a: Int }'),
        fed2('interface I @key(fields: "code") { code: ID! } type T implements I @key(fields: "code") { code: ID! }'),
        [
            (
                "SATISFIABILITY_ERROR [a]: the type of I cannot be found in { i { __typename } }: it is an "
                "interface object in a, and no key leads from there to b"
            ),
        ],
    ),
    (
        "only once a label is active",
        fed2('type Query { t: T } type T @key(fields: "id") { id: ID! x: U } type U @key(fields: "id") { id: ID! }'),
        fed2('type T @key(fields: "id") { id: ID! x: U @override(from: "a", label: "new") } type U { code: ID! }'),
        [
            (
                "SATISFIABILITY_ERROR [a]: U.code cannot be resolved in { t { x { code } } }: a does not have "
                "it, and U has no key in b"
            ),
            (
                "SATISFIABILITY_ERROR [b]: with the override label new, U.id cannot be resolved in { t { x { "
                "id } } }: b does not have it, and cannot enter a by 'id': it leads to no id"
            ),
        ],
    ),
    (
        "a key by way of another",
        fed2('type Query { t: T } type T @key(fields: "id") { id: ID! }'),
        fed2('type T @key(fields: "id") @key(fields: "code") { id: ID! code: ID! b: Int }'),
        [],
    ),
    (
        "hidden fields need no way",
        fed2("type Query { t: T } type T { a: Int @shareable }"),
        fed2("type T { a: Int @shareable b: Int @inaccessible }"),
        [],
    ),
]


@pytest.mark.parametrize(("a", "b", "errors"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_what_is_found(a: str, b: str, errors: list[str]) -> None:
    assert all_found(a=a, b=b) == errors
