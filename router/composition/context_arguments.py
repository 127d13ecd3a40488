"""`@fromContext`: arguments that the router fills in from an object further up."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from router.composition.subgraph import FieldDef

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


def context_arguments(subgraph: str, field: FieldDef) -> Iterator[ContextArgument]:
    """The arguments of the field that no client gives."""
    for argument in field.arguments.values():
        if argument.from_context is None:
            continue
        matched = _FROM.match(argument.from_context)
        if matched:
            yield ContextArgument(argument.name, argument.type, context_name(subgraph, matched[1]), matched[2].rstrip())
