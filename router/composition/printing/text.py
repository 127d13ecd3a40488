"""Small pieces of SDL."""

from __future__ import annotations

import json
from collections.abc import Iterable

from graphql import print_ast
from graphql.language.ast import StringValueNode

from router.composition.merge_texts import merged_description
from router.composition.subgraph import Element


def quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def lines(directives: Iterable[str]) -> str:
    """Directives below a type, each on a line of its own."""
    return "".join(f"\n  {directive}" for directive in directives)


def description(elements: Iterable[Element], indent: str = "") -> str:
    """The description as lines before its element."""
    text = merged_description(elements)
    if text is None:
        return ""
    printed = print_ast(StringValueNode(value=text, block="\n" in text))
    return "".join(f"{indent}{line}\n" if line else "\n" for line in printed.split("\n"))
