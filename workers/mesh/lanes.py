"""How many messages of each lane may be in flight: what makes premium work never wait behind bulk work.

Redis is kept as shallow as the workers are wide, so the order in which jobs are claimed is the order in
which they run. Ceilings keep a lower lane from filling the workers; floors keep it moving when they are full.
"""

from __future__ import annotations

from collections.abc import Mapping

from shared_models.kernel.tenancy import Lane

#: The largest part of the capacity that a lane may occupy. What is left is there for the lanes above. Bulk work, which
#: may be long, has fewer messages than there are threads, so that it never occupies all of them.
CEILING = {Lane.INTERACTIVE: 1.0, Lane.PREMIUM: 0.9, Lane.STANDARD: 0.75, Lane.BULK: 0.375}

#: The part that a lane may occupy even when the capacity is used up, at least one message.
FLOOR = {Lane.INTERACTIVE: 0.25, Lane.PREMIUM: 0.15, Lane.STANDARD: 0.1, Lane.BULK: 0.05}

#: Messages in flight per worker thread: one that runs and one that waits in Redis to follow it.
PER_THREAD = 2


def allowances(threads: int, in_flight: Mapping[Lane, int]) -> dict[Lane, int]:
    """How many more messages of each lane may be dispatched, if it alone had work.

    `threads` are those of all live workers; without any, nothing is dispatched.
    """
    if threads <= 0:
        return dict.fromkeys(Lane, 0)
    capacity = threads * PER_THREAD
    free = capacity - sum(in_flight.values())
    return {lane: _allowance(lane, capacity, free, in_flight.get(lane, 0)) for lane in Lane}


def _allowance(lane: Lane, capacity: int, free: int, used: int) -> int:
    below_ceiling = max(1, int(capacity * CEILING[lane])) - used
    below_floor = max(1, int(capacity * FLOOR[lane])) - used
    return max(0, min(free, below_ceiling), below_floor)
