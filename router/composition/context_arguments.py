"""`@fromContext`: arguments that the router fills in from an object further up."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from router.composition.subgraph import FieldDef, SubgraphSchema, TypeDef

_FROM = re.compile(r"\s*\$\s*([A-Za-z_]\w*)(.*)\Z", re.DOTALL)


@dataclass(frozen=True, slots=True)
class ContextArgument:
    """An argument with the context it comes from, named as in the supergraph."""

    argument: str
    type: str
    context: str
    selection: str


def context_name(subgraph: str, name: str) -> str:
    """Contexts are a subgraph's own, so their names in the supergraph say whose they are."""
    return re.sub(r"\W", "_", subgraph) + f"__{name}"


def reference(text: str) -> tuple[str, str] | None:
    """The context and what is selected of it: `$context { field }`. None where no context is named."""
    matched = _FROM.match(text)
    return (matched[1], matched[2].rstrip()) if matched else None


def holders(subgraph: SubgraphSchema, context: str) -> list[TypeDef]:
    """The types of the subgraph that set the context."""
    return [
        type_
        for type_ in subgraph.types.values()
        if any(applied.text("name") == context for applied in type_.applied("context"))
    ]


def context_arguments(subgraph: str, field: FieldDef) -> Iterator[ContextArgument]:
    """The arguments of the field that no client gives."""
    for argument in field.arguments.values():
        found = reference(argument.from_context or "")
        if found is not None:
            yield ContextArgument(argument.name, argument.type, context_name(subgraph, found[0]), found[1])
