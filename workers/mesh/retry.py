"""When to try again: exponential back-off with full jitter.

Source: M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
"""

from __future__ import annotations

import random

from shared_models.kernel.jobs import Retry

#: The longest wait that an actor, or whoever it asked, may ask for.
LONGEST_ASKED = 86_400.0


def delay_before(attempt: int, policy: Retry, rng: random.Random) -> float:
    """Seconds to wait after failed attempt number `attempt` (1 is the first).

    Uniform between half and all of `base * 2 ** (attempt - 1)`, which is at most `longest`: the lower half keeps a
    failing neighbour from being hammered, the upper spreads those that failed together.
    """
    ceiling = min(policy.longest, policy.base * 2.0 ** min(attempt - 1, 60))
    return rng.uniform(ceiling / 2, ceiling)


def delay_as_asked(seconds: float) -> float:
    """Seconds to wait when so many were asked for: no number, and less than none, are none."""
    return min(seconds, LONGEST_ASKED) if seconds > 0 else 0.0
