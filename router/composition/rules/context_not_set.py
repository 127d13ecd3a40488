"""CONTEXT_NOT_SET: an argument is taken from a context that is not there."""

from __future__ import annotations

from collections.abc import Iterator

from router.composition.context_uses import ContextUse, context_uses
from router.composition.errors import CompositionError
from router.composition.merged import Graph
from router.supergraph.model import TypeKind


def context_not_set(graph: Graph) -> Iterator[CompositionError]:
    """Some type of the subgraph sets the context, and the argument is one that only the router gives."""
    for use in context_uses(graph):
        if use.context is not None and not use.holders:
            yield use.error("CONTEXT_NOT_SET", f"no type of the subgraph sets the context {use.context}")
        for problem in _misplaced(use):
            yield use.error("CONTEXT_NOT_SET", problem)
    for sub in graph.subgraphs:
        for name, definition in sub.directive_definitions.items():
            for argument in definition.arguments.values():
                for applied in argument.applied("fromContext"):
                    message = f"@fromContext on @{name}({argument.name}:): a directive is applied where no context is"
                    yield CompositionError("CONTEXT_NOT_SET", message, (applied.place,))


def _misplaced(use: ContextUse) -> Iterator[str]:
    if use.owner.kind is TypeKind.INTERFACE:
        yield "a field of an interface is resolved by objects, not by itself"
    for name in use.owner.interfaces:
        interface = use.sub.types.get(name)
        if interface is not None and use.field.name in interface.fields:
            yield f"the field implements {name}.{use.field.name}, so clients must be able to give the argument"
    if use.argument.default is not None:
        yield f"the default {use.argument.default} would never be used"
