"""KEY_FIELDS_HAS_ARGS: a key has a field that takes arguments."""

from __future__ import annotations

from collections.abc import Iterator

from router.composition.errors import CompositionError
from router.composition.field_set_check import Fault
from router.composition.field_set_uses import faults_of
from router.composition.merged import Graph


def key_fields_has_args(graph: Graph) -> Iterator[CompositionError]:
    """Its value would depend on the arguments, and a key has one value."""
    return faults_of(graph, "key", Fault.ARGUMENTS)
