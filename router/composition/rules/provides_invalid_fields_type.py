"""PROVIDES_INVALID_FIELDS_TYPE: a promise that is no string."""

from __future__ import annotations

from collections.abc import Iterator

from router.composition.errors import CompositionError
from router.composition.field_set_uses import field_set_uses
from router.composition.merged import Graph


def provides_invalid_fields_type(graph: Graph) -> Iterator[CompositionError]:
    """A field set is one string. (Federation 1 also took a list of fields, and a bare name.)"""
    for use in field_set_uses(graph, "provides"):
        if not use.is_text:
            yield use.error("INVALID_FIELDS_TYPE", "its fields must be one string")
