"""OVERRIDE_LABEL_INVALID: a label of an override that the router could not decide on."""

from __future__ import annotations

import re
from collections.abc import Iterator

from router.composition.declarations import fields
from router.composition.errors import CompositionError
from router.composition.merged import Graph

_NAME = re.compile(r"[a-zA-Z][a-zA-Z0-9_\-:./]*")
_PERCENT = re.compile(r"percent\((\d{1,2}(\.\d{1,8})?|100(\.0{1,8})?)\)")


def override_label_invalid(graph: Graph) -> Iterator[CompositionError]:
    """A label is a name, which something in the router decides on, or `percent(x)` with x from 0 to 100."""
    for _, type_, field in fields(graph):
        for applied in field.applied("override"):
            label = applied.text("label")
            if label is not None and not _NAME.fullmatch(label) and not _PERCENT.fullmatch(label):
                yield CompositionError(
                    "OVERRIDE_LABEL_INVALID",
                    f"{type_.name}.{field.name}: the label {label!r} is neither a name nor percent(0 to 100)",
                    (applied.place,),
                )
