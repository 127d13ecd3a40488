"""FROM_SUBGRAPH_DOES_NOT_EXIST: a field is taken over from a subgraph that nobody knows."""

from __future__ import annotations

from collections.abc import Iterator

from router.composition.errors import Hint
from router.composition.merged import Graph


def from_subgraph_does_not_exist(graph: Graph) -> Iterator[Hint]:
    """Perhaps it is gone, perhaps the name is misspelt."""
    known = {sub.name for sub in graph.subgraphs}
    for type_name, field_name, mentions in graph.fields():
        for _, field in mentions:
            if field.override and field.override not in known:
                yield Hint(
                    "FROM_SUBGRAPH_DOES_NOT_EXIST",
                    f"{type_name}.{field_name} is overridden from {field.override!r}, which is no subgraph",
                    (field.place,),
                )
