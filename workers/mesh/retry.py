"""When to try again: exponential back-off with full jitter.

Source: M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
"""

from __future__ import annotations

import random

from shared_models.kernel.jobs import Retry


def delay_before(attempt: int, policy: Retry, rng: random.Random) -> float:
    """Seconds to wait after failed attempt number `attempt` (1 is the first).

    Uniform between half and all of `base * 2 ** (attempt - 1)`, which is at most `longest`: the lower half keeps a
    failing neighbour from being hammered, the upper spreads those that failed together.
    """
    ceiling = min(policy.longest, policy.base * 2.0 ** min(attempt - 1, 60))
    return rng.uniform(ceiling / 2, ceiling)
