"""CONTEXT_INVALID_SELECTION: what is selected of a context is no value for the argument."""

from __future__ import annotations

from collections.abc import Iterator

from graphql import GraphQLError

from router.composition.context_selections import ContextSelection
from router.composition.context_uses import ContextUse, context_uses
from router.composition.errors import CompositionError
from router.composition.field_set_uses import parsed_selections
from router.composition.merged import Graph


def context_invalid_selection(graph: Graph) -> Iterator[CompositionError]:
    """On every type that sets the context one value is selected, and of the type of the argument."""
    for use in context_uses(graph):
        for problem in dict.fromkeys(_problems(use)):
            yield use.error("CONTEXT_INVALID_SELECTION", problem)


def _problems(use: ContextUse) -> Iterator[str]:
    if not use.selection:
        return
    try:
        selections = parsed_selections(use.selection)
    except (GraphQLError, ValueError) as error:
        yield f"it does not parse: {getattr(error, 'message', error)}"
        return
    holders = use.holders
    selection = ContextSelection(use.sub, selections, use.argument.type)
    for holder in holders:
        yield from selection.problems(holder)
    for name in selection.unused_conditions(holders) if holders else ():
        yield f"the context is never a {name}"
