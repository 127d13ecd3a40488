"""External fields beside those that define them: what the rules on both have in common."""

from __future__ import annotations

from collections.abc import Iterator

from router.composition.merged import FieldMention, Graph
from router.composition.subgraph import FieldDef, SubgraphSchema


def external_fields(graph: Graph) -> Iterator[tuple[str, SubgraphSchema, FieldDef, list[FieldMention]]]:
    """Type, subgraph, field, and who defines it; EXTERNAL_MISSING_ON_BASE has those that nobody does."""
    for type_name, _, mentions in graph.fields():
        defined = [(sub, field) for sub, field in mentions if not field.external]
        if defined:
            yield from ((type_name, sub, field, defined) for sub, field in mentions if field.external)
