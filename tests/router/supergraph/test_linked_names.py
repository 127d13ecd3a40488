"""Directives of the specs are known by whatever names a document links them."""

from __future__ import annotations

import pytest
from graphql import parse, print_ast

from router.supergraph.linked_names import with_spec_names

COST = "https://specs.apollo.dev/cost/v0.1"


def applied(links: str, directive: str) -> str:
    document = with_spec_names(parse(f"schema {links} {{ query: Query }} type Query {{ field: Int {directive} }}"))
    return print_ast(document.definitions[1]).partition("field: Int")[2].strip(" \n}")


@pytest.mark.parametrize(
    ("links", "directive", "expected"),
    [
        (f'@link(url: "{COST}")', "@cost(weight: 1)", "@cost(weight: 1)"),
        (f'@link(url: "{COST}")', "@cost__listSize(assumedSize: 1)", "@listSize(assumedSize: 1)"),
        (f'@link(url: "{COST}", import: ["@listSize"])', "@listSize(assumedSize: 1)", "@listSize(assumedSize: 1)"),
        (f'@link(url: "{COST}", as: "price")', "@price(weight: 1)", "@cost(weight: 1)"),
        (f'@link(url: "{COST}", as: "price")', "@price__listSize(assumedSize: 1)", "@listSize(assumedSize: 1)"),
        (f'@link(url: "{COST}", import: [{{name: "@cost", as: "@dear"}}])', "@dear(weight: 1)", "@cost(weight: 1)"),
        ("", "@federation__cost(weight: 1)", "@cost(weight: 1)"),
        ("", "@mine(weight: 1)", "@mine(weight: 1)"),
        ('@link(url: "https://example.com/mine/v1.0", import: ["@cost"])', "@cost(weight: 1)", ""),
    ],
)
def test_names(links: str, directive: str, expected: str) -> None:
    assert applied(links, directive) == expected
