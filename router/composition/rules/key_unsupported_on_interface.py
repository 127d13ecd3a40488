"""KEY_UNSUPPORTED_ON_INTERFACE: a key of an interface, before there were any."""

from __future__ import annotations

from collections.abc import Iterator

from router.composition.errors import CompositionError
from router.composition.field_set_uses import field_set_uses
from router.composition.merged import Graph
from router.supergraph.model import TypeKind

_SINCE = (2, 3)


def key_unsupported_on_interface(graph: Graph) -> Iterator[CompositionError]:
    """Interfaces have keys since federation 2.3; before, nothing could be done with one. (Federation 1 ignored it.)"""
    for use in field_set_uses(graph, "key"):
        if use.owner.kind is TypeKind.INTERFACE and use.sub.federation < _SINCE:
            yield use.error("UNSUPPORTED_ON_INTERFACE", "an interface has keys only since federation v2.3")
