"""PROVIDES_INVALID_FIELDS: a field provides what the type it returns does not have."""

from __future__ import annotations

from collections.abc import Iterator

from router.composition.errors import CompositionError
from router.composition.field_set_check import Fault
from router.composition.field_set_uses import faults_of
from router.composition.merged import Graph


def provides_invalid_fields(graph: Graph) -> Iterator[CompositionError]:
    """A promise selects fields of the type that the field returns, or nothing could come with it."""
    return faults_of(graph, "provides", Fault.INVALID)
