"""REQUIRES_DIRECTIVE_IN_FIELDS_ARG: a directive inside of a requirement."""

from __future__ import annotations

from collections.abc import Iterator

from router.composition.errors import CompositionError
from router.composition.field_set_check import Fault
from router.composition.field_set_uses import faults_of
from router.composition.merged import Graph


def requires_directive_in_fields_arg(graph: Graph) -> Iterator[CompositionError]:
    """What a field requires it requires always, whatever a directive inside would say."""
    return faults_of(graph, "requires", Fault.DIRECTIVE)
