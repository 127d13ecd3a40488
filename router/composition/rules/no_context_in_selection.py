"""NO_CONTEXT_IN_SELECTION: an argument is taken from a context, but not said from which."""

from __future__ import annotations

from collections.abc import Iterator

from router.composition.context_uses import context_uses
from router.composition.errors import CompositionError
from router.composition.merged import Graph


def no_context_in_selection(graph: Graph) -> Iterator[CompositionError]:
    """The text begins with the name of a context: `$context { field }`."""
    for use in context_uses(graph):
        if use.context is None:
            yield use.error("NO_CONTEXT_IN_SELECTION", f"{use.text!r} does not begin with the $name of a context")
