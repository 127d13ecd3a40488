"""REFERENCED_INACCESSIBLE: clients see something of a type that they do not see."""

from __future__ import annotations

from collections.abc import Iterator

from router.composition.errors import CompositionError
from router.composition.merged import Graph
from router.composition.places import Place
from router.composition.visibility import Visibility, places
from router.supergraph.model import named_type


def referenced_inaccessible(graph: Graph) -> Iterator[CompositionError]:
    """A field, argument or input field is hidden with its type, or its type is unknown to whoever sees it."""
    visible = Visibility(graph)
    for coordinates, types, where in _references(visible):
        for name in sorted(types):
            if visible.hides(name):
                message = f"{coordinates} is not @inaccessible, but its type {name} is"
                yield CompositionError("REFERENCED_INACCESSIBLE", message, where + visible.marks[name])


def _references(visible: Visibility) -> Iterator[tuple[str, set[str], tuple[Place, ...]]]:
    for type_name, field_name, mentions in visible.fields():
        types = {named_type(field.type) for _, field in mentions}
        yield f"{type_name}.{field_name}", types, places(mentions)
    for coordinates, parts in visible.inputs():
        yield coordinates, {named_type(part.type) for _, part in parts}, places(parts)
