"""A fetch that is given arguments from contexts asks once for each of their values, all in one request.

Before: `_entities(representations: $representations) { price(in: $currency) }`
After:  the same, and `_entities_2: _entities(representations: $representations_2) { price(in: $currency_2) }`
"""

from __future__ import annotations

from dataclasses import replace
from typing import cast

from graphql import (
    FieldNode,
    NameNode,
    Node,
    OperationDefinitionNode,
    VariableNode,
    Visitor,
    parse,
    print_ast,
    strip_ignored_characters,
    visit,
)

from router.planning.plan import Fetch, Lookup


def repeated(fetch: Fetch, times: int) -> Fetch:
    """The fetch with its only lookup as often as said."""
    (lookup,) = fetch.lookups
    own = {lookup.variable, *(context.variable for context in lookup.contexts)}
    names = [_names(own, number, fetch.variables) for number in range(1, times + 1)]
    copies = tuple(_renamed(lookup, number, given) for number, given in enumerate(names, 1))
    operation = cast("OperationDefinitionNode", parse(fetch.document, no_location=True).definitions[0])
    asked = cast("FieldNode", operation.selection_set.selections[0])
    definitions = operation.variable_definitions or ()
    repeating = [definition for definition in definitions if definition.variable.name.value in own]
    shared = [definition for definition in definitions if definition.variable.name.value not in own]
    whole = replace(
        operation,
        variable_definitions=(
            *(visit(definition, _Rename(given)) for given in names for definition in repeating),
            *shared,
        ),
        selection_set=replace(
            operation.selection_set,
            selections=tuple(
                replace(visit(asked, _Rename(given)), alias=_alias(copy, asked))
                for copy, given in zip(copies, names, strict=True)
            ),
        ),
    )
    return replace(
        fetch,
        document=strip_ignored_characters(print_ast(whole)),
        lookups=copies,
        variables=(
            *(name for name in fetch.variables if name not in own),
            *(context.variable for copy in copies for context in copy.contexts),
        ),
    )


def _names(own: set[str], number: int, taken: tuple[str, ...]) -> dict[str, str]:
    """What the variables of a copy are called; the first keeps their names."""
    suffix = f"_{number}" if number > 1 else ""
    while suffix and any(f"{name}{suffix}" in taken for name in own):
        suffix = f"_{suffix}"
    return {name: f"{name}{suffix}" for name in own}


def _renamed(lookup: Lookup, number: int, names: dict[str, str]) -> Lookup:
    return replace(
        lookup,
        key=lookup.key if number == 1 else f"{lookup.key}_{number}",
        variable=names[lookup.variable],
        contexts=tuple(replace(context, variable=names[context.variable]) for context in lookup.contexts),
    )


def _alias(lookup: Lookup, asked: FieldNode) -> NameNode | None:
    return NameNode(value=lookup.key) if lookup.key != asked.name.value else None


class _Rename(Visitor):
    def __init__(self, names: dict[str, str]) -> None:
        super().__init__()
        self.names = names

    def enter_variable(self, node: VariableNode, *_: object) -> Node | None:
        name = self.names.get(node.name.value)
        return replace(node, name=NameNode(value=name)) if name is not None else None
