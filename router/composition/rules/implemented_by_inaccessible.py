"""IMPLEMENTED_BY_INACCESSIBLE: clients see a field of an interface, but not where it is implemented."""

from __future__ import annotations

from collections.abc import Iterator

from router.composition.errors import CompositionError
from router.composition.merged import Graph
from router.composition.visibility import Visibility


def implemented_by_inaccessible(graph: Graph) -> Iterator[CompositionError]:
    """What clients see of an interface they see of every type that implements it, fields and arguments alike."""
    visible = Visibility(graph)
    for own, of_interface in _pairs(graph, visible):
        if visible.hides(own) and not visible.hides(of_interface):
            message = f"{own} is @inaccessible, but {of_interface}, which it implements, is not"
            yield CompositionError("IMPLEMENTED_BY_INACCESSIBLE", message, visible.marks[own])


def _pairs(graph: Graph, visible: Visibility) -> Iterator[tuple[str, str]]:
    """Coordinates on the types that implement interfaces, with those on the interfaces; hidden types left out."""
    for type_name, _ in visible.types():
        for interface in graph.interfaces_of(type_name):
            if visible.hides(interface):
                continue
            for field_name in graph.field_names(interface):
                own, of_interface = f"{type_name}.{field_name}", f"{interface}.{field_name}"
                yield own, of_interface
                if not visible.hides(own) and not visible.hides(of_interface):
                    for argument in graph.arguments(graph.defined(interface, field_name)):
                        yield f"{own}({argument}:)", f"{of_interface}({argument}:)"
