"""REQUIRES_INVALID_FIELDS: a field requires what its type does not have."""

from __future__ import annotations

from collections.abc import Iterator

from router.composition.errors import CompositionError
from router.composition.field_set_check import Fault
from router.composition.field_set_uses import faults_of
from router.composition.merged import Graph


def requires_invalid_fields(graph: Graph) -> Iterator[CompositionError]:
    """A requirement selects fields of the type it is on (external ones), so that others can be asked for them."""
    return faults_of(graph, "requires", Fault.INVALID)
