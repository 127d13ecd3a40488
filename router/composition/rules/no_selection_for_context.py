"""NO_SELECTION_FOR_CONTEXT: an argument is taken from a context, but not said what of it."""

from __future__ import annotations

from collections.abc import Iterator

from router.composition.context_uses import context_uses
from router.composition.errors import CompositionError
from router.composition.merged import Graph


def no_selection_for_context(graph: Graph) -> Iterator[CompositionError]:
    """A context is a whole object, of which one field is selected: `$context { field }`."""
    for use in context_uses(graph):
        if use.context is not None and not use.selection:
            yield use.error("NO_SELECTION_FOR_CONTEXT", f"nothing is selected of ${use.context}")
