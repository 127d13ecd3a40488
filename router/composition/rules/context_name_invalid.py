"""CONTEXT_NAME_INVALID: a context whose name nobody could refer to."""

from __future__ import annotations

import re
from collections.abc import Iterator

from router.composition.errors import CompositionError
from router.composition.merged import Graph

_NAME = re.compile(r"[A-Za-z]\w*", re.ASCII)


def context_name_invalid(graph: Graph) -> Iterator[CompositionError]:
    """Arguments refer to a context as `$name`, so it has to be a name of letters and digits."""
    for sub in graph.subgraphs:
        for type_ in sub.types.values():
            for applied in type_.applied("context"):
                name = applied.text("name")
                if name is not None and "_" not in name and not _NAME.fullmatch(name):
                    message = f"{name!r}, a context of {type_.name}, is no name"
                    yield CompositionError("CONTEXT_NAME_INVALID", message, (applied.place,))
