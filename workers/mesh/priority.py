"""Standing back: on a machine that is shared with routers and subgraphs, jobs take the processor time that is left.

A lane says which job goes before which. That nobody who waits for an answer waits for a job is for the operating system
to see to: without it, a worker that is busy with an import gets as much as the subgraph that places an order.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

#: Where Linux shares out processor time by sessions first, a niceness counts within the own session alone; so the
#: session is made as nice as its process. There is no such file elsewhere, or it may not be written.
_SESSION = Path("/proc/self/autogroup")


def stand_back(niceness: int) -> None:
    """Makes this process nicer by so much. To be called before it has other threads."""
    os.nice(niceness)
    with contextlib.suppress(OSError):
        _SESSION.write_text(str(niceness))
