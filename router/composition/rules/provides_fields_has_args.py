"""PROVIDES_FIELDS_HAS_ARGS: a field provides one that takes arguments."""

from __future__ import annotations

from collections.abc import Iterator

from router.composition.errors import CompositionError
from router.composition.field_set_check import Fault
from router.composition.field_set_uses import faults_of
from router.composition.merged import Graph


def provides_fields_has_args(graph: Graph) -> Iterator[CompositionError]:
    """What comes along could not be what a client asked for with arguments of its own."""
    return faults_of(graph, "provides", Fault.ARGUMENTS)
