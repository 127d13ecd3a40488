"""OVERRIDE_DIRECTIVE_CAN_BE_REMOVED: a field is taken over from a subgraph that does not resolve it."""

from __future__ import annotations

from collections.abc import Iterator

from router.composition.errors import Hint
from router.composition.merged import Graph


def override_directive_can_be_removed(graph: Graph) -> Iterator[Hint]:
    """The migration is over."""
    known = {sub.name for sub in graph.subgraphs}
    for type_name, field_name, mentions in graph.fields():
        resolving = {sub.name for sub, field in mentions if not field.external}
        for sub, field in mentions:
            if field.override in known - resolving:
                yield Hint(
                    "OVERRIDE_DIRECTIVE_CAN_BE_REMOVED",
                    f"{type_name}.{field_name} needs no @override in {sub.name}: {field.override} does not resolve it",
                    (field.place,),
                )
