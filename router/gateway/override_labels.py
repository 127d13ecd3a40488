"""Stage: which labelled overrides this request takes part in, and the plan for them.

`percent(n)` is drawn for each request; other labels hold where the settings or a stage before this one said so.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from random import random

from router.execution.compiled import compile_labelled
from router.gateway.context import RequestContext, Stage

_PERCENT = re.compile(r"percent\((\d{1,3}(?:\.\d{1,8})?)\)")


def override_labels_stage(always: Collection[str], draw: Callable[[], float] = random) -> Stage:
    """`always` are the labels that hold for every request, `draw` gives numbers from 0 to 1."""

    async def choose_labels(context: RequestContext) -> None:
        operation = context.compiled
        if not operation.labels:
            return
        held = {*always, *context.labels}
        active = frozenset(label for label in operation.labels if label in held or _is_drawn(label, draw))
        if active:
            await context.keep(("labels", active), lambda operation: compile_labelled(operation, active))

    return choose_labels


def _is_drawn(label: str, draw: Callable[[], float]) -> bool:
    percent = _PERCENT.fullmatch(label)
    return percent is not None and draw() * 100 < float(percent[1])
