"""MISSING_TRANSITIVE_AUTH_REQUIREMENTS: a field gives away what its data may only be read with."""

from __future__ import annotations

from collections.abc import Iterator

from router.composition.auth_needs import AuthNeeds, Needs
from router.composition.errors import CompositionError
from router.composition.merged import Graph
from router.composition.selections import read_for, selected_fields
from router.composition.subgraph import FieldDef, SubgraphSchema
from router.supergraph.model import named_type


def missing_transitive_auth_requirements(graph: Graph) -> Iterator[CompositionError]:
    """Whoever may read a field reads what it is computed from, so it asks for at least as much as all of that."""
    needs = AuthNeeds(graph)
    for type_name, field_name, mentions in graph.fields():
        granted = needs.of_type(type_name) & needs.of_field(type_name, field_name)
        for sub, field in mentions:
            for selected, wanted in _read(needs, sub, type_name, field):
                lacking = granted.lacking(wanted)
                if lacking:
                    message = f"{type_name}.{field_name} reads {selected} without asking for {' and '.join(lacking)}"
                    yield CompositionError("MISSING_TRANSITIVE_AUTH_REQUIREMENTS", message, (field.place,))


def _read(needs: AuthNeeds, sub: SubgraphSchema, type_name: str, field: FieldDef) -> Iterator[tuple[str, Needs]]:
    """Coordinates of the fields that the subgraph is sent to resolve the field, with what each of them needs."""
    for start, field_set in read_for(sub, type_name, field):
        for owner, read in selected_fields(sub, start, field_set):
            wanted = needs.of_type(owner) & needs.of_field(owner, read.name) & needs.of_type(named_type(read.type))
            yield f"{owner}.{read.name}", wanted
