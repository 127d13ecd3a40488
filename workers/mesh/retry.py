"""When to try again: exponential back-off with full jitter.

Source: M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
"""

from __future__ import annotations

import random

BASE_SECONDS = 0.5
LONGEST_SECONDS = 600.0


def delay_before(attempt: int, rng: random.Random) -> float:
    """Seconds to wait after failed attempt number `attempt` (1 is the first).

    Uniform between half and all of `0.5 * 2 ** (attempt - 1)`, at most ten minutes: the lower half keeps a
    failing neighbour from being hammered, the upper spreads those that failed together.
    """
    ceiling = min(LONGEST_SECONDS, BASE_SECONDS * 2.0 ** (attempt - 1))
    return rng.uniform(ceiling / 2, ceiling)
