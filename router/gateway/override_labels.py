"""Stage: which labelled overrides this request takes part in, and the plan for them.

`percent(n)` is drawn for each request; other labels hold where the settings or a stage before this one said so.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Collection
from random import random

from router.execution.compiled import CompiledOperation, compile_labelled
from router.gateway.context import RequestContext, Stage

_PERCENT = re.compile(r"percent\((\d{1,3}(?:\.\d{1,8})?)\)")
_MOST_VARIANTS = 32


def override_labels_stage(always: Collection[str], draw: Callable[[], float] = random) -> Stage:
    """`always` are the labels that hold for every request, `draw` gives numbers from 0 to 1."""

    async def choose_labels(context: RequestContext) -> None:
        operation = context.compiled
        if not operation.labels:
            return
        held = {*always, *context.labels}
        active = frozenset(label for label in operation.labels if label in held or _is_drawn(label, draw))
        if active:
            context.operation = await _labelled(operation, active)

    return choose_labels


def _is_drawn(label: str, draw: Callable[[], float]) -> bool:
    percent = _PERCENT.fullmatch(label)
    return percent is not None and draw() * 100 < float(percent[1])


async def _labelled(operation: CompiledOperation, active: frozenset[str]) -> CompiledOperation:
    """Planned once for each set of labels, off the event loop like every plan."""
    known = operation.labelled.get(active)
    if known is None:
        known = await asyncio.to_thread(compile_labelled, operation, active)
        if len(operation.labelled) >= _MOST_VARIANTS:
            operation.labelled.clear()
        operation.labelled[active] = known
    return known
