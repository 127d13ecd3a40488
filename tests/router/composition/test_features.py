"""What each feature of the federation spec leaves in the supergraph."""

from __future__ import annotations

import pytest
from graphql import build_schema, print_schema

from router.supergraph.reading import read_supergraph

from .rules.composing import fed2
from .supergraphs import composed, definition, line

Q = "type Query { q: Int @shareable } "
T = 'type T @key(fields: "id")'


def api(sdl: str) -> str:
    return print_schema(read_supergraph(sdl).schema)


def test_an_interface_object_gives_its_fields_to_the_implementations() -> None:
    sdl = composed(
        a=fed2(
            'type Query { i: I } interface I @key(fields: "id") { id: ID! x: Int } '
            'type T implements I @key(fields: "id") { id: ID! x: Int }'
        ),
        b=fed2(
            'type I @key(fields: "id") @interfaceObject { id: ID! x: Int @external "Told by b." y(n: Int = 1): Int '
            '@requires(fields: "x") @tag(name: "t") }'
        ),
    )
    assert definition(sdl, "I") == (
        'interface I @join__type(graph: A, key: "id") @join__type(graph: B, key: "id", isInterfaceObject: true) {\n'
        "  id: ID!\n"
        "  x: Int @join__field(graph: A) @join__field(graph: B, external: true)\n"
        '  "Told by b."\n'
        '  y(n: Int = 1): Int @join__field(graph: B, requires: "x") @tag(name: "t")\n}'
    )
    assert definition(sdl, "T") == (
        'type T implements I @join__implements(graph: A, interface: "I") @join__type(graph: A, key: "id") {\n'
        "  id: ID!\n"
        "  x: Int\n"
        '  "Told by b."\n'
        '  y(n: Int = 1): Int @join__field @tag(name: "t")\n}'
    )
    build_schema(sdl)


def test_who_may_see_a_field_holds_for_every_way_to_it() -> None:
    sdl = composed(
        a=fed2(
            'type Query { i: I } interface I @key(fields: "id") { id: ID! x: Int } '
            'type T implements I @key(fields: "id") { id: ID! x: Int @shareable @requiresScopes(scopes: [["t"]]) } '
            'type U implements I @key(fields: "id") @authenticated { id: ID! x: Int @shareable }'
        ),
        b=fed2(
            'type I @key(fields: "id") @interfaceObject { id: ID! x: Int @shareable @requiresScopes(scopes: [["i"]]) '
            'y: Int @policy(policies: [["p"]]) }'
        ),
    )
    assert line(sdl, "I", "x").endswith('@requiresScopes(scopes: [["i", "t"]])')
    assert line(sdl, "T", "x") == 'x: Int @requiresScopes(scopes: [["i", "t"]])'
    assert line(sdl, "U", "x") == 'x: Int @requiresScopes(scopes: [["i"]])'
    assert line(sdl, "U", "y") == 'y: Int @join__field @policy(policies: [["p"]])'
    assert "@authenticated" in definition(sdl, "I").split("{")[0]


@pytest.mark.parametrize(
    ("a", "b", "merged"),
    [
        ('[["a"]]', '[["b"]]', '[["a", "b"]]'),
        ('[["a"], ["b"]]', '[["c"]]', '[["a", "c"], ["b", "c"]]'),
        ('[["a", "b"], ["c"]]', '[["a"], ["d"]]', '[["a", "b"], ["a", "c"], ["c", "d"]]'),
        ('[["a"]]', '[["a", "b"], ["a"]]', '[["a"]]'),
        ('[["b", "a"]]', '[["a", "b"]]', '[["a", "b"]]'),
    ],
)
def test_scopes_and_policies_add_up(a: str, b: str, merged: str) -> None:
    for directive, argument in (("requiresScopes", "scopes"), ("policy", "policies")):
        text = "type Query { x: Int @shareable @%s(%s: %s) }"
        sdl = composed(a=fed2(text % (directive, argument, a)), b=fed2(text % (directive, argument, b)))
        assert line(sdl, "Query", "x") == f"x: Int @{directive}({argument}: {merged})"
        assert f"https://specs.apollo.dev/{directive}/v0.1" in definition(sdl, "schema")
        assert directive not in api(sdl)


def test_what_one_subgraph_guards_is_guarded() -> None:
    sdl = composed(
        a=fed2("type Query { x: Int @shareable @authenticated }"), b=fed2("type Query { x: Int @shareable }")
    )
    assert line(sdl, "Query", "x") == "x: Int @authenticated"


def test_costs_take_the_dearest() -> None:
    sdl = composed(
        a=fed2(
            "type Query { x(n: Int @cost(weight: 3)): [Int] @shareable @cost(weight: 1) "
            '@listSize(assumedSize: 5, slicingArguments: ["n"], requireOneSlicingArgument: false) } '
            "enum E @cost(weight: 7) { A }"
        ),
        b=fed2("type Query { x(n: Int): [Int] @shareable @cost(weight: 2) @listSize(assumedSize: 9) }"),
    )
    assert line(sdl, "Query", "x") == (
        "x(n: Int @cost(weight: 3)): [Int] @cost(weight: 2) "
        '@listSize(assumedSize: 9, slicingArguments: ["n"], requireOneSlicingArgument: false)'
    )
    assert definition(sdl, "E").startswith("enum E @join__type(graph: A) @cost(weight: 7)")
    assert '@link(url: "https://specs.apollo.dev/cost/v0.1")' in definition(sdl, "schema")
    assert definition(sdl, "@cost")
    assert definition(sdl, "@listSize")


def test_a_labelled_override_is_told_on_both_sides() -> None:
    sdl = composed(
        a=fed2("type Query { t: T } " + T + " { id: ID! x: Int }"),
        b=fed2(T + ' { id: ID! x: Int @override(from: "a", label: "percent(5)") }'),
    )
    assert line(sdl, "T", "x") == (
        'x: Int @join__field(graph: A, overrideLabel: "percent(5)") '
        '@join__field(graph: B, override: "a", overrideLabel: "percent(5)")'
    )


@pytest.mark.parametrize(
    ("a", "x"),
    [
        (" { id: ID! x: Int }", 'x: Int @join__field(graph: B, override: "a")'),
        (
            ' @key(fields: "x") { id: ID! x: Int }',
            'x: Int @join__field(graph: A, usedOverridden: true) @join__field(graph: B, override: "a")',
        ),
        (
            ' { id: ID! x: Int @external y: Int @requires(fields: "x") }',
            'x: Int @join__field(graph: A, external: true) @join__field(graph: B, override: "a")',
        ),
    ],
    ids=["gone", "used by a key", "external already"],
)
def test_an_overridden_field(a: str, x: str) -> None:
    sdl = composed(a=fed2("type Query { t: T } " + T + a), b=fed2(T + ' { id: ID! x: Int @override(from: "a") }'))
    assert line(sdl, "T", "x") == x


def test_an_override_of_a_subgraph_that_is_gone_is_none() -> None:
    sdl = composed(a=fed2('type Query { x: Int @override(from: "gone") }'))
    assert line(sdl, "Query", "x") == "x: Int"


def test_a_composed_directive_comes_with_its_link_and_definition() -> None:
    def own(version: str, definition: str, schema: str) -> str:
        return fed2(
            f'extend schema @link(url: "https://own.dev/spec/{version}", import: ["@mine", {{name: "@a", as: "@b"}}]) '
            f'@composeDirective(name: "@mine") @composeDirective(name: "@b") directive @b on FIELD_DEFINITION '
            f"{definition} {schema}"
        )

    sdl = composed(
        a=own(
            "v1.0",
            "directive @mine(x: Int!) on OBJECT",
            "type Query { q: Int @shareable } type V @mine(x: 1) { a: Int @shareable @b }",
        ),
        b=own(
            "v1.3",
            "directive @mine(x: Int, y: E = A) repeatable on OBJECT | ENUM enum E { A }",
            "type V @mine(x: 1) @mine(x: 2) { a: Int @shareable }",
        ),
        c=fed2("directive @mine on OBJECT type V @mine { a: Int @shareable }"),
    )
    assert '@link(url: "https://own.dev/spec/v1.3", import: [{ name: "@a", as: "@b" }, "@mine"])' in definition(
        sdl, "schema"
    )
    assert definition(sdl, "@mine") == "directive @mine(x: Int!, y: E = A) repeatable on OBJECT | ENUM"
    assert definition(sdl, "@b") == "directive @b on FIELD_DEFINITION"
    assert "@mine(x: 1) @mine(x: 2) {" in definition(sdl, "V").split("\n")[0]
    assert line(sdl, "V", "a") == "a: Int @b"
    assert "mine" not in api(sdl)


def test_a_directive_for_operations_is_what_all_subgraphs_understand() -> None:
    sdl = composed(
        a=fed2("directive @both(x: Int = 1, y: Int) repeatable on FIELD | QUERY directive @alone on FIELD " + Q),
        b=fed2("directive @both(x: Int! = 1) on FIELD | OBJECT " + Q),
    )
    assert definition(sdl, "@both") == "directive @both(x: Int! = 1) on FIELD"
    assert definition(sdl, "@alone") == ""


def test_an_argument_from_a_context_is_the_routers_to_fill() -> None:
    sdl = composed(
        a=fed2(
            "type Query { t: T } " + T + ' @context(name: "c") { id: ID! p: Int! u: U } type U @key(fields: "id") '
            '{ id: ID! f(a: Int! @fromContext(field: "$c { p }"), b: Int): Int }'
        )
    )
    assert definition(sdl, "T").startswith('type T @join__type(graph: A, key: "id") @context(name: "a__c")')
    assert line(sdl, "U", "f") == (
        'f(b: Int): Int @join__field(graph: A, contextArguments: [{ context: "a__c", name: "a", type: "Int!", '
        'selection: " { p }" }])'
    )
    assert "f(b: Int): Int" in api(sdl)
    assert "context" not in api(sdl)


def test_connectors_stay_their_subgraphs() -> None:
    sdl = composed(
        a=fed2(
            'extend schema @link(url: "https://specs.apollo.dev/connect/v0.2", import: ["@connect", "@source"]) '
            '@source(name: "s", http: {baseURL: "http://s"}) '
            'type Query { a: Int @connect(source: "s", http: {GET: "/a"}, selection: "$") }'
        )
    )
    schema = definition(sdl, "schema")
    assert '@link(url: "https://specs.apollo.dev/connect/v0.2", for: EXECUTION)' in schema
    assert '@join__directive(graphs: [A], name: "source", args: { name: "s", http: { baseURL: "http://s" } })' in schema
    assert 'name: "link", args: { url: "https://specs.apollo.dev/connect/v0.2"' in " ".join(schema.split())
    assert '@join__directive(graphs: [A], name: "connect", args: { source: "s", ' in line(sdl, "Query", "a")


def test_what_subgraphs_do_not_agree_on_clients_do_not_see() -> None:
    sdl = composed(
        a=fed2(
            "type Query { x(both: Int!, a: Int, d: Int = 1): E @shareable w(e: F): Int } input I { a: Int b: Int = 1 } "
            "enum E { A C } enum F { A B }"
        ),
        b=fed2(
            "type Query { x(both: Int, d: Int): E @shareable v(e: F): Int } input I { b: Int! } "
            "enum E { A B } enum F { B }"
        ),
    )
    assert line(sdl, "Query", "x") == "x(both: Int!, d: Int): E"
    assert definition(sdl, "I") == (
        "input I @join__type(graph: A) @join__type(graph: B) {\n"
        '  b: Int! @join__field(graph: A, type: "Int") @join__field(graph: B, type: "Int!")\n}'
    )
    assert definition(sdl, "E") == (
        "enum E @join__type(graph: A) @join__type(graph: B) {\n"
        "  A @join__enumValue(graph: A) @join__enumValue(graph: B)\n"
        "  C @join__enumValue(graph: A)\n"
        "  B @join__enumValue(graph: B)\n}"
    )
    assert "  A" not in definition(sdl, "F")


def test_a_union_has_the_members_of_all() -> None:
    sdl = composed(
        a=fed2(Q + "union U = V | W type V { a: Int @shareable } type W { a: Int }"),
        b=fed2("union U = V type V { a: Int @shareable }"),
    )
    assert definition(sdl, "U") == (
        'union U @join__type(graph: A) @join__type(graph: B) @join__unionMember(graph: A, member: "V") '
        '@join__unionMember(graph: A, member: "W") @join__unionMember(graph: B, member: "V") = V | W'
    )


def test_what_subgraphs_say_of_an_element_is_kept() -> None:
    sdl = composed(
        a=fed2(
            '"Said by two." type Query { q: Int @shareable @tag(name: "a") @deprecated(reason: "old") } '
            'scalar Date @specifiedBy(url: "https://date.dev") input I @oneOf { a: Int b: Int @inaccessible }'
        ),
        b=fed2('"Said by two." type Query { q: Int @shareable @tag(name: "b") @tag(name: "a") }'),
        c=fed2('"Said by one, and longer." type Query { "A number." q: Int @shareable }'),
    )
    assert definition(sdl, "Query").startswith('"Said by two."\ntype Query')
    assert '  "A number."\n' in definition(sdl, "Query")
    assert line(sdl, "Query", "q") == 'q: Int @deprecated(reason: "old") @tag(name: "a") @tag(name: "b")'
    assert '@specifiedBy(url: "https://date.dev")' in definition(sdl, "Date")
    assert " @oneOf" in definition(sdl, "I")
    assert definition(sdl, "@oneOf") == "directive @oneOf on INPUT_OBJECT"
    assert "b: Int @inaccessible" in definition(sdl, "I")


def test_a_key_that_is_not_resolvable_and_one_with_quotes() -> None:
    sdl = composed(
        a=fed2(
            "type Query { t: T } "
            'type T @key(fields: "id", resolvable: false) @key(fields: """ id n """) { id: ID! n: Int }'
        )
    )
    assert '@join__type(graph: A, key: "id", resolvable: false)' in definition(sdl, "T")
    assert '@join__type(graph: A, key: "id n")' in definition(sdl, "T")


def test_every_subgraph_can_be_asked_for_entities() -> None:
    sdl = composed(a=fed2("type Query { t: T } " + T + " { id: ID! }"), b=fed2(T + " { id: ID! x: Int }"))
    assert definition(sdl, "Query") == (
        "type Query @join__type(graph: A) @join__type(graph: B) {\n  t: T @join__field(graph: A)\n}"
    )


def test_names_of_subgraphs() -> None:
    names = {"a-b": 0, "a_b": 1, "1x": 2, "Ü": 3, 'q"': 4}
    sdl = composed(**{name: fed2(f"type Query {{ q{n}: Int }}") for name, n in names.items()})
    subgraphs = read_supergraph(sdl).subgraphs
    assert {name: found.graph for name, found in subgraphs.items()} == {
        "1x": "_1X",
        "a-b": "A_B_1",
        "a_b": "A_B_2",
        'q"': "Q_",
        "Ü": "_",
    }
