"""KEY_DIRECTIVE_IN_FIELDS_ARG: a directive inside of a key."""

from __future__ import annotations

from collections.abc import Iterator

from router.composition.errors import CompositionError
from router.composition.field_set_check import Fault
from router.composition.field_set_uses import faults_of
from router.composition.merged import Graph


def key_directive_in_fields_arg(graph: Graph) -> Iterator[CompositionError]:
    """A key is sent and compared as data, so nothing can be applied to parts of it."""
    return faults_of(graph, "key", Fault.DIRECTIVE)
