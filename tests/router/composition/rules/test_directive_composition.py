"""DIRECTIVE_COMPOSITION_ERROR, FIELD_ARGUMENT_(TYPE|DEFAULT)_MISMATCH of directives, LINK_IMPORT_NAME_MISMATCH."""

from __future__ import annotations

import pytest

from .composing import all_found, fed2

LABELLED = (
    'extend schema @link(url: "https://specs.apollo.dev/federation/v2.11", '
    'import: ["@shareable", {name: "@tag", as: "@label"}]) '
)
CASES = [
    (
        "asked for without its @",
        fed2(
            'extend schema @link(url: "https://own.dev/spec/v1.0", import: ["@x"]) '
            '@composeDirective(name: "x") directive @x on OBJECT type Query { q: Int @shareable }'
        ),
        fed2("type Query { q: Int @shareable }"),
        [
            "DIRECTIVE_COMPOSITION_ERROR [a:2:71]: 'x' is no name of a directive: it begins with @",
        ],
    ),
    (
        "federation's own",
        fed2('extend schema @composeDirective(name: "@key") type Query { q: Int @shareable }'),
        fed2("type Query { q: Int @shareable }"),
        [
            (
                "DIRECTIVE_COMPOSITION_ERROR [a:2:15]: @key is a directive of federation, which decides "
                "itself what of it is composed"
            ),
        ],
    ),
    (
        "linked and not defined",
        fed2(
            'extend schema @link(url: "https://own.dev/spec/v1.0", import: ["@x"]) '
            '@composeDirective(name: "@x")  type Query { q: Int @shareable }'
        ),
        fed2("type Query { q: Int @shareable }"),
        [
            "DIRECTIVE_COMPOSITION_ERROR [a:2:71]: @x is not defined in a",
        ],
    ),
    (
        "defined and not linked",
        fed2('extend schema @composeDirective(name: "@x") directive @x on OBJECT type Query { q: Int @shareable }'),
        fed2("type Query { q: Int @shareable }"),
        [
            "DIRECTIVE_COMPOSITION_ERROR [a:2:15]: @x is not part of a spec that a links",
        ],
    ),
    (
        "under two names",
        fed2(
            'extend schema @link(url: "https://own.dev/spec/v1.0", import: ["@x"]) '
            '@composeDirective(name: "@x") directive @x on OBJECT type Query { q: Int @shareable }'
        ),
        fed2(
            'extend schema @link(url: "https://own.dev/spec/v1.0", import: [{name: "@x", as: "@y"}]) '
            '@composeDirective(name: "@y") directive @y on OBJECT type Query { q: Int @shareable }'
        ),
        [
            "DIRECTIVE_COMPOSITION_ERROR [a:2:15, b:2:15]: @x is composed as @x in a, @y in b",
        ],
    ),
    (
        "of two major versions",
        fed2(
            'extend schema @link(url: "https://own.dev/spec/v1.0", import: ["@x"]) '
            '@composeDirective(name: "@x") directive @x on OBJECT type Query { q: Int @shareable }'
        ),
        fed2(
            'extend schema @link(url: "https://own.dev/spec/v2.0", import: ["@x"]) '
            '@composeDirective(name: "@x") directive @x on OBJECT type Query { q: Int @shareable }'
        ),
        [
            (
                "DIRECTIVE_COMPOSITION_ERROR [a:2:15, b:2:15]: https://own.dev/spec is linked in versions "
                "that do not fit together: v1 in a, v2 in b"
            ),
        ],
    ),
    (
        "of two minor versions",
        fed2(
            'extend schema @link(url: "https://own.dev/spec/v1.0", import: ["@x"]) '
            '@composeDirective(name: "@x") directive @x on OBJECT type Query { q: Int @shareable }'
        ),
        fed2(
            'extend schema @link(url: "https://own.dev/spec/v1.4", import: ["@x"]) '
            '@composeDirective(name: "@x") directive @x on OBJECT type Query { q: Int @shareable }'
        ),
        [],
    ),
    (
        "of two specs",
        fed2(
            'extend schema @link(url: "https://own.dev/spec/v1.0", import: ["@x"]) '
            '@composeDirective(name: "@x") directive @x on OBJECT type Query { q: Int @shareable }'
        ),
        fed2(
            'extend schema @link(url: "https://other.dev/spec/v1.0", import: ["@x"]) '
            '@composeDirective(name: "@x") directive @x on OBJECT type Query { q: Int @shareable }'
        ),
        [
            (
                "DIRECTIVE_COMPOSITION_ERROR [a:2:15, b:2:15]: @x is of https://own.dev/spec in a, "
                "https://other.dev/spec in b"
            ),
        ],
    ),
    (
        "without a common location",
        fed2(
            'extend schema @link(url: "https://own.dev/spec/v1.0", import: ["@x"]) '
            '@composeDirective(name: "@x") directive @x on OBJECT type Query { q: Int @shareable }'
        ),
        fed2(
            'extend schema @link(url: "https://own.dev/spec/v1.0", import: ["@x"]) '
            '@composeDirective(name: "@x") directive @x on ENUM type Query { q: Int @shareable }'
        ),
        [
            "DIRECTIVE_COMPOSITION_ERROR [a:2:101, b:2:101]: @x has no location that all subgraphs define",
        ],
    ),
    (
        "with arguments of two types",
        fed2(
            'extend schema @link(url: "https://own.dev/spec/v1.0", import: ["@x"]) '
            '@composeDirective(name: "@x") directive @x(a: Int) on OBJECT type Query { q: Int '
            "@shareable }"
        ),
        fed2(
            'extend schema @link(url: "https://own.dev/spec/v1.0", import: ["@x"]) '
            '@composeDirective(name: "@x") directive @x(a: String) on OBJECT type Query { q: Int '
            "@shareable }"
        ),
        [
            "FIELD_ARGUMENT_TYPE_MISMATCH [a:2:114, b:2:114]: @x(a:) is Int in a, String in b",
        ],
    ),
    (
        "with two defaults",
        fed2(
            'extend schema @link(url: "https://own.dev/spec/v1.0", import: ["@x"]) '
            '@composeDirective(name: "@x") directive @x(a: Int = 1) on OBJECT type Query { q: Int '
            "@shareable }"
        ),
        fed2(
            'extend schema @link(url: "https://own.dev/spec/v1.0", import: ["@x"]) '
            '@composeDirective(name: "@x") directive @x(a: Int = 2) on OBJECT type Query { q: Int '
            "@shareable }"
        ),
        [
            "FIELD_ARGUMENT_DEFAULT_MISMATCH [a:2:114, b:2:114]: @x(a:) has the default 1 in a, 2 in b",
        ],
    ),
    (
        "for operations, with arguments of two types",
        fed2("directive @x(a: Int) on FIELD type Query { q: Int @shareable }"),
        fed2("directive @x(a: String) on FIELD type Query { q: Int @shareable }"),
        [
            "FIELD_ARGUMENT_TYPE_MISMATCH [a:2:14, b:2:14]: @x(a:) is Int in a, String in b",
        ],
    ),
    (
        "federation's, imported under two names",
        LABELLED + "type Query { q: Int @shareable }",
        fed2("type Query { q: Int @shareable }"),
        [
            "LINK_IMPORT_NAME_MISMATCH [a:1:15, b:1:15]: @tag is imported as @label in a, @tag in b",
        ],
    ),
]


@pytest.mark.parametrize(("a", "b", "errors"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_what_is_found(a: str, b: str, errors: list[str]) -> None:
    assert all_found(a=a, b=b) == errors
