"""What composition makes of subgraphs that fit together."""

from __future__ import annotations

import pytest
from graphql import build_schema, parse, print_schema

from router.composition.compose import compose
from router.composition.files import SubgraphListError, read_subgraph_list
from router.composition.subgraph import SubgraphSource
from router.supergraph.reading import read_supergraph

from ..federation import LINK
from ..library import SDL
from ..shop import NAMES, SCHEMAS

SHOP = [
    SubgraphSource(name, f"http://{name}", (SCHEMAS / f"{name}.graphql").read_text(encoding="utf-8")) for name in NAMES
]
LIBRARY = [SubgraphSource(name, f"http://{name}", LINK + sdl) for name, sdl in SDL.items()]
SHOP_SDL, LIBRARY_SDL = compose(SHOP).sdl, compose(LIBRARY).sdl


def composed(*sdl: str) -> str:
    return compose([SubgraphSource(f"s{n}", f"http://s{n}", LINK + text) for n, text in enumerate(sdl)]).sdl


def api(sdl: str) -> str:
    return print_schema(read_supergraph(sdl).schema)


def test_the_result_is_a_schema_of_its_own() -> None:
    build_schema(SHOP_SDL)
    assert "_entities" not in SHOP_SDL
    assert "join__" not in api(SHOP_SDL)
    assert "An amount in minor units." in api(SHOP_SDL)


def test_types_merge_to_the_weakest_promise_and_the_strictest_demand() -> None:
    sdl = composed(
        "type Query { a(x: In): T @shareable } type T @shareable { v: Int! } input In { x: Int y: Int }",
        "type Query { a(x: In!): T @shareable } type T @shareable { v: Int } input In { x: Int! }",
    )
    schema = api(sdl)
    assert "a(x: In!): T" in schema
    assert "  v: Int\n" in schema
    assert "  x: Int!\n" in schema
    assert "y: Int" not in schema
    assert '@join__field(graph: S0, type: "Int!")' in sdl


def test_an_overridden_field_is_asked_of_its_new_owner_only() -> None:
    sdl = composed(
        'type Query { t: T } type T @key(fields: "id") { id: ID! name: String }',
        'type T @key(fields: "id") { id: ID! name: String @override(from: "s0") }',
    )
    assert list(read_supergraph(sdl).types["T"].fields["name"].owners) == ["s1"]


def test_an_external_mention_promises_nothing() -> None:
    sdl = composed(
        'type Query { t: T } type T @key(fields: "id") { id: ID! x: Int }',
        'type T @key(fields: "id") { id: ID! x: Int! @external y: Int @requires(fields: "x") }',
    )
    assert "  x: Int\n" in api(sdl)


def test_inaccessible_elements_are_composed_but_not_shown() -> None:
    sdl = composed(
        "type Query { t: T hidden: Secret @inaccessible } type T { a: Int b: Int @inaccessible } "
        "type Secret @inaccessible { x: Int } enum E { A B @inaccessible }"
    )
    supergraph = read_supergraph(sdl)
    assert supergraph.hides_something
    schema = print_schema(supergraph.schema)
    for name in ("Secret", "hidden", "  b:", "  B"):
        assert name not in schema
    assert "b" in supergraph.types["T"].fields


def test_access_directives_and_tags_pass_through() -> None:
    sdl = composed(
        'type Query { a: Int @authenticated b: Int @requiresScopes(scopes: [["x", "y"], ["z"]]) @tag(name: "t") }'
    )
    fields = read_supergraph(sdl).types["Query"].fields
    assert fields["a"].access.authenticated
    assert fields["b"].access.scopes == (("z",), ("x", "y"))
    assert '@tag(name: "t")' in sdl
    assert "https://specs.apollo.dev/requiresScopes" in sdl


def test_directives_under_other_names() -> None:
    link = (
        'extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", as: "fed", '
        'import: [{name: "@key", as: "@id"}])\n'
    )
    text = 'type Query { NAME: T } type T @id(fields: "id") { id: ID! x: Int @fed__shareable }'
    sdl = compose([SubgraphSource(name, "http://x", link + text.replace("NAME", name)) for name in ("a", "b")]).sdl
    assert list(read_supergraph(sdl).types["T"].fields["x"].owners) == ["a", "b"]


def test_a_federation_1_subgraph_extends_another() -> None:
    base = 'type Query { t: T } type T @key(fields: "id") { id: ID! }'
    extension = 'extend type T @key(fields: "id") { id: ID! @external extra: Int }'
    sdl = compose([SubgraphSource("base", "http://b", base), SubgraphSource("more", "http://m", extension)]).sdl
    assert '@join__type(graph: MORE, key: "id")' in sdl
    assert read_supergraph(sdl).field("T", "extra") is not None


def test_graph_names() -> None:
    names = ("a-b", "a_b", "1x")
    sources = [SubgraphSource(name, "http://x", LINK + f"type Query {{ q{n}: Int }}") for n, name in enumerate(names)]
    graphs = read_supergraph(compose(sources).sdl).subgraphs.values()
    assert [graph.graph for graph in graphs] == ["_1X", "A_B_1", "A_B_2"]


def test_other_roots_are_renamed() -> None:
    link = LINK.replace("extend schema", "schema")
    sdl = compose([SubgraphSource("a", "http://a", link + "{ query: Root } type Root { me: Root }")]).sdl
    assert "me: Query" in api(sdl)
    parse(sdl)


def test_files(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("compose")
    (folder / "a.graphql").write_text(LINK + "type Query { a: Int }")
    listed = folder / "subgraphs.json"
    listed.write_text('[{"name": "a", "url": "http://a", "sdl": "a.graphql"}, {"name": "b", "url": "http://b"}]')
    first, second = read_subgraph_list(listed)
    assert first.sdl is not None
    assert "type Query" in first.sdl
    assert second.sdl is None
    for text in ("[]", "{", '[{"name": "a"}]', '[{"name":"a","url":"x"},{"name":"a","url":"y"}]'):
        listed.write_text(text)
        with pytest.raises(SubgraphListError):
            read_subgraph_list(listed)
