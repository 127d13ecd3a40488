"""What composition says does not depend on the order in which subgraphs are given to it."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from router.composition.compose import Composition, compose
from router.composition.errors import CompositionError, CompositionFailedError, Hint
from router.composition.subgraph import SubgraphSource

from ..federation import LINK
from ..library import SDL
from ..shop import NAMES, SCHEMAS
from .rules.composing import fed2

PARTS = (
    "type Query { a: Int }",
    "type Query { a: Int! @shareable b(x: Int! = 1, y: E): U @shareable }",
    'type Query { b(x: Int, y: E = A): U @shareable c: I @override(from: "s1") }',
    'type Query { c: I @override(from: "s2", label: "l") }',
    "enum E { A B }",
    "enum E { B C @inaccessible }",
    "union U = T",
    "union U = T | V",
    'type V @shareable { x: Int! @deprecated(reason: "one") }',
    'type V { x: Int @shareable @deprecated(reason: "two") y: Int @cost(weight: 2) }',
    '"A T." type T @key(fields: "id") { id: ID! x: Int @shareable }',
    '"The T." type T @key(fields: "id x") @key(fields: "id") { id: ID! x: Int! @shareable y: Int }',
    'type T @key(fields: "id") { id: ID! x: Int @external z: Int @requires(fields: "x") }',
    'extend type T @key(fields: "nope") { code: ID @tag(name: "a") }',
    'interface I @key(fields: "id") { id: ID! }',
    'type T implements I @key(fields: "id") { id: ID! @requiresScopes(scopes: [["a"]]) }',
    'type I @interfaceObject @key(fields: "id") { id: ID! w: Int @requiresScopes(scopes: [["b"]]) }',
    "input In { a: Int = 1 b: Int }",
    "input In { a: Int! }",
    "scalar E",
    "directive @go(a: Int) on FIELD | QUERY",
    "directive @go on FIELD",
    "type Mutation { a: T } type Subscription { a: T }",
    'extend schema @link(url: "https://own.dev/x/v1.0", import: ["@x"]) @composeDirective(name: "@x") '
    "directive @x(a: Int) repeatable on ENUM enum E @x(a: 1) @x(a: 2) { A }",
    'extend schema @link(url: "https://own.dev/x/v1.1", import: ["@x"]) @composeDirective(name: "@x") '
    "directive @x(a: Int!) on ENUM enum E @x(a: 2) { A B }",
    "type Broken {",
)
subgraphs = st.lists(
    st.tuples(st.booleans(), st.lists(st.sampled_from(PARTS), min_size=1, max_size=4, unique=True)),
    min_size=2,
    max_size=4,
)


def said(sources: list[SubgraphSource]) -> Composition | tuple[tuple[CompositionError, ...], tuple[Hint, ...]]:
    try:
        return compose(sources)
    except CompositionFailedError as failed:
        return failed.errors, failed.hints


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_any_subgraphs(data: st.DataObject) -> None:
    sources = [
        SubgraphSource(f"s{n}", f"http://s{n}", " ".join(parts) if is_old else fed2(" ".join(parts)))
        for n, (is_old, parts) in enumerate(data.draw(subgraphs))
    ]
    assert said(data.draw(st.permutations(sources))) == said(sources)


SHOP = [
    SubgraphSource(name, f"http://{name}", (SCHEMAS / f"{name}.graphql").read_text(encoding="utf-8")) for name in NAMES
]
LIBRARY = [SubgraphSource(name, f"http://{name}", LINK + sdl) for name, sdl in SDL.items()]


@settings(max_examples=10, deadline=None)
@given(st.permutations(SHOP), st.permutations(LIBRARY))
def test_graphs_of_ours(shop: list[SubgraphSource], library: list[SubgraphSource]) -> None:
    assert said(shop) == said(SHOP)
    assert said(library) == said(LIBRARY)
