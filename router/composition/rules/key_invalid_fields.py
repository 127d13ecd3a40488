"""KEY_INVALID_FIELDS: a key selects what the type does not have."""

from __future__ import annotations

from collections.abc import Iterator

from router.composition.errors import CompositionError
from router.composition.field_set_check import Fault
from router.composition.field_set_uses import faults_of
from router.composition.merged import Graph


def key_invalid_fields(graph: Graph) -> Iterator[CompositionError]:
    """A key is a selection on its own type, or nobody could send it."""
    return faults_of(graph, "key", Fault.INVALID)
